import pytest

from annotation.platforms.paid import PlatformRefused
from annotation.platforms.prolific import ProlificPlatform
from tests.annotation.platforms.prolific import given
from tests.fakes.prolific import Account


def test_members_come_and_go_once(platform: ProlificPlatform, account: Account) -> None:
    group = platform.groups.make("qualified")
    first, second = (given.person(account).id for _ in range(2))
    for _ in range(2):
        platform.groups.add(group, {first, second})
        assert platform.groups.members(group) == {first, second}
    for _ in range(2):
        platform.groups.remove(group, {first})
        assert platform.groups.members(group) == {second}


def test_a_group_is_found_by_its_exact_name(platform: ProlificPlatform) -> None:
    group = platform.groups.make("Qualified")
    assert platform.groups.find("qualified") is None
    assert platform.groups.find("Qualified") == group


@pytest.mark.parametrize("name", ["", " a", "a\n", "x" * 101, "a\u202eb"])
def test_a_name_that_could_not_be_told_from_another_is_refused(platform: ProlificPlatform, name: str) -> None:
    with pytest.raises(PlatformRefused, match="name"):
        platform.groups.make(name)


def test_a_name_is_text(platform: ProlificPlatform) -> None:
    name = '<b>"=1+1"</b>, ; ?&#'
    assert platform.groups.find(name) is None
    assert platform.groups.make(name) == platform.groups.find(name)
