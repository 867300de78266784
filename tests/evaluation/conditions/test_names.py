"""How a condition is asked for, and what is refused."""

import pytest

from evaluation import conditions
from evaluation.conditions.corruptions.base import Corruption
from evaluation.errors import CannotRequest
from evaluation.models import Run


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("clean", "clean"),
        (" gaussian_noise:3 ", "gaussian_noise:3"),
        ("gaussian_noise:03", "gaussian_noise:3"),
        ("gaussian_noise:3@0", "gaussian_noise:3"),
        ("gaussian_noise:3@7", "gaussian_noise:3@7"),
        ("rotation_translation:-30, 10,-0", "rotation_translation:-30,10,0"),
        ("worst_rotation_translation:30,10", "worst_rotation_translation:30,10,0"),
        ("pgd:linf,8", "pgd:linf,8,20"),
        ("pgd:l2,0.5,40", "pgd:l2,0.5,40"),
    ],
)
def test_a_condition_has_one_spelling(asked: str, name: str) -> None:
    assert conditions.get(asked).name == name
    assert conditions.get(name).name == name


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ("", "There is no condition ''; there are: clean, gaussian_noise:SEVERITY"),
        ("Fog:1", "no condition 'Fog:1'"),
        ("fog:1:2", "severity is '1:2'"),
        ("fog:1@", "no condition"),
        ("fog", r"fog:SEVERITY: expected severity \(1 to 5\); found 'nothing'"),
        ("fog:6", "severity is '6'; it must be a whole number from 1 to 5"),
        ("fog:2.5", "whole number"),
        ("fog:nan", "whole number"),
        ("fog:1e0", "whole number"),
        ("fog:1,2", "expected severity"),
        ("clean:1", "clean: expected nothing after the name"),
        ("clean@1", "clean leaves nothing to chance"),
        ("contrast:1@2", "contrast leaves nothing to chance"),
        ("pgd:l1,8", "norm is 'l1'; it must be one of linf, l2"),
        ("pgd:linf", r"pgd:NORM,SIZE\[,STEPS\]: expected norm \(linf or l2\), size"),
        ("rotation_translation:181,0,0", "angle is '181'"),
    ],
)
def test_what_is_no_condition_is_refused_with_the_way_to_spell_it(asked: str, reason: str) -> None:
    with pytest.raises(CannotRequest, match=reason):
        conditions.get(asked)


def test_a_bare_kind_stands_for_all_of_its_settings() -> None:
    assert [each.name for each in conditions.expand("fog")] == [f"fog:{severity}" for severity in range(1, 6)]
    assert [each.name for each in conditions.expand("fog:2")] == ["fog:2"]
    assert [each.name for each in conditions.expand("clean")] == ["clean"]
    grid = {each.name for each in conditions.expand("rotation_translation")}
    assert len(grid) == 31 * 5 * 5
    assert {"rotation_translation:0,0,0", "rotation_translation:-30,10,-5"} <= grid
    with pytest.raises(CannotRequest, match=r"pgd needs its settings: pgd:NORM,SIZE\[,STEPS\]"):
        conditions.expand("pgd")


def test_there_are_fifteen_corruptions_at_five_severities() -> None:
    found = conditions.expand("corruptions")
    assert len(found) == len({each.name for each in found}) == 75
    assert all(isinstance(each, Corruption) and len(each.severities) == 5 for each in found)


def test_every_name_fits_its_column() -> None:
    longest = [
        "worst_rotation_translation:179.999,99.999,10000@999999999",
        "rotation_translation:-179.999,-99.999,-99.999",
    ]
    assert all(conditions.get(name).name == name for name in longest)
    assert max(map(len, longest)) <= (Run._meta.get_field("condition").max_length or 0)
