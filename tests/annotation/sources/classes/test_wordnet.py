"""Classes out of Debian's WordNet: names, gloss, wider words, a link, and the nearest other class."""

import builtins
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from annotation.errors import UnreadableSource
from annotation.sources.classes import WordNet, is_synset_id, taxonomy, wordnet

TENCH, GOLDFISH, BOW, SHARK, CRANE_BIRD, CRANE = (
    "n01440764", "n01443537", "n02879718", "n01484850", "n02012849", "n03126707",
)  # fmt: skip


@pytest.fixture(scope="module")
def database(wordnet_dir: Path) -> Iterator[WordNet]:
    with WordNet(wordnet_dir) as opened:
        yield opened


def test_a_class_is_described(database: WordNet) -> None:
    found = database.record(SHARK)
    assert (found.class_id, found.name, found.synonyms[0]) == (SHARK, "great white shark", "white shark")
    assert found.definition == "large aggressive shark widespread in warm seas; known to attack humans"
    assert found.wider_words == ("mackerel shark", "shark", "elasmobranch")
    (link,) = found.links
    assert link == (
        "Wikipedia: great white shark",
        "https://en.wikipedia.org/wiki/Special:Search?search=great+white+shark",
    )


def test_a_gloss_has_its_examples_as_lists_like_imagenet_s_have_them(database: WordNet) -> None:
    church = 'a place for public (especially Christian) worship; "the church was empty"'
    assert database.record("n03028079").definition == church


def test_wider_words_are_no_names_of_the_class_and_not_too_wide(database: WordNet) -> None:
    assert database.record(BOW).wider_words == ("weapon", "instrument", "device")
    assert database.record("n02088364").wider_words == ("hound", "hunting dog", "dog")
    assert database.record("n09193705").wider_words == ("mountain",)  # alp: above it come elevation and formation
    assert "entity" not in database.record("n10565667").wider_words


def test_the_nearest_class_is_near_and_among_those_given(database: WordNet) -> None:
    ids = [TENCH, GOLDFISH, BOW, CRANE_BIRD, CRANE]
    nearest = database.nearest(ids)
    assert (nearest[TENCH], nearest[GOLDFISH], nearest[CRANE]) == (GOLDFISH, TENCH, BOW)
    assert database.nearest([TENCH]) == {}


def test_distances_are_those_of_nltk_s_path_similarity(database: WordNet) -> None:
    """On every pair of a sample over the whole list of nouns, with some of two ways up among them."""
    every = sorted(offset for offset in _offsets(database))
    sample = [every[place] for place in np.random.default_rng(0).integers(0, len(every), 120)]
    synsets = [database._reader.synset_from_pos_and_offset("n", offset) for offset in sample]
    found = taxonomy.distances([taxonomy.steps_up(synset, wordnet._wider) for synset in synsets])
    theirs = [[first.path_similarity(second) for second in synsets] for first in synsets]
    assert np.allclose(1 / (1 + found), np.array(theirs, dtype=float))


def _offsets(database: WordNet) -> list[int]:
    lines = database._nouns.read_bytes().splitlines()
    return [int(line[:8]) for line in lines if not line.startswith(b" ")]


@pytest.mark.parametrize(
    "class_id",
    ["n01440765", "n99999999", "n00000000", "v01440764", "n1440764", "n014407640", "n0144076４", "", "n../../x"],
)
def test_an_id_that_is_no_noun_of_this_database_is_not_known(database: WordNet, class_id: str) -> None:
    assert not database.knows(class_id)
    with pytest.raises(UnreadableSource, match=r"is no id of a WordNet noun|has no noun"):
        database.record(class_id)


def test_an_id_is_an_n_and_eight_digits() -> None:
    assert is_synset_id(TENCH)
    assert not is_synset_id(TENCH + "\n")


def test_no_file_stays_open(wordnet_dir: Path) -> None:
    def num_open() -> int:
        places = [os.path.realpath(descriptor) for descriptor in Path("/proc/self/fd").iterdir()]
        return sum(place.startswith(str(wordnet_dir.resolve())) for place in places)

    before = num_open()
    with WordNet(wordnet_dir) as database:
        assert database.record(TENCH).name == "tench"
        assert num_open() > before
    assert num_open() == before


# --- databases that are none ---


@pytest.fixture
def copy(wordnet_dir: Path, tmp_path: Path) -> Path:
    """Of everything that is read, to be damaged."""
    for path in wordnet_dir.iterdir():
        if path.is_file():
            shutil.copy(path, tmp_path)
    return tmp_path


def damage(path: Path, old: bytes, new: bytes) -> None:
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new))


def test_a_database_that_lies_elsewhere_is_read(copy: Path) -> None:
    with WordNet(copy) as database:
        assert database.record(TENCH).name == "tench"


def test_a_folder_that_holds_none_is_refused(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(UnreadableSource, match="is no WordNet database"):
            WordNet(folder)


def test_another_version_is_refused(copy: Path) -> None:
    damage(copy / "data.adj", b"WordNet 3.0 Copyright", b"WordNet 3.1 Copyright")
    with pytest.raises(UnreadableSource, match=r"This is WordNet 3\.1; class ids such as n01440764 are those of 3\.0"):
        WordNet(copy)


@pytest.mark.parametrize("name", ["index.verb", "data.adj", "noun.exc"])
def test_a_database_that_lacks_a_file_is_refused(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(UnreadableSource, match="can't be read"):
        WordNet(copy)


@pytest.mark.parametrize("garbage", [b"\xff\xfe\x00" * 100, b"abandon n one two\n", b"x\n"])
def test_a_database_that_is_garbage_is_refused(copy: Path, garbage: bytes) -> None:
    (copy / "index.noun").write_bytes(garbage)
    with pytest.raises(UnreadableSource, match="can't be read"):
        WordNet(copy)


def test_a_noun_that_is_garbage_is_refused(copy: Path) -> None:
    damage(copy / "data.noun", b"01440764 05 n 02 tench", b"01440764 05 n zz tench")
    with WordNet(copy) as database, pytest.raises(UnreadableSource, match="can't be read"):
        database.record(TENCH)


def test_without_nltk_the_refusal_says_what_to_install(wordnet_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **options: Any) -> Any:
        if name.split(".")[0] == "nltk":
            raise ImportError(name)
        return real(name, *args, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UnreadableSource, match=r"pip install 'twinset\[wordnet\]'"):
        WordNet(wordnet_dir)
