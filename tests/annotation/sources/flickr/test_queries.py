"""With which words a class is searched for."""

from annotation.sources.flickr import ClassQuery


def test_a_class_is_searched_for_by_each_of_its_names() -> None:
    assert ClassQuery("n1", "amphibious vehicle", ("amphibian",)).narrow() == ["amphibious vehicle", "amphibian"]


def test_no_name_is_searched_for_twice_however_it_is_written() -> None:
    asked = ClassQuery("n1", "Ice cream", ("ice  cream", "ICE-CREAM", " ", "ice cream "))
    assert asked.narrow() == ["Ice cream"]


def test_a_hyphen_before_a_word_does_not_exclude_it() -> None:
    assert ClassQuery("n1", "-bow", ("--",)).narrow() == ["bow"]


def test_wider_searches_add_the_words_for_kinds_it_is_one_of() -> None:
    assert ClassQuery("n1", "beagle", ("basset",), ("dog", "hound")).wider() == [
        "beagle dog",
        "basset dog",
        "beagle hound",
        "basset hound",
    ]


def test_a_word_that_a_name_has_already_is_not_added() -> None:
    assert ClassQuery("n1", "hunting dog", (), ("Dog",)).wider() == ["huntingdog"]


def test_compounds_are_searched_for_in_one_word_too() -> None:
    assert ClassQuery("n1", "ice cream", ("gelato",)).wider() == ["icecream"]
    assert ClassQuery("n1", "jack-o'-lantern").wider() == ["jacko'lantern"]


def test_a_compound_that_is_a_name_itself_is_not_searched_for_again() -> None:
    assert ClassQuery("n1", "ice cream", ("icecream",)).wider() == []


def test_one_word_is_taken_apart_only_at_a_word_that_is_known() -> None:
    assert ClassQuery("n1", "sheepdog", (), ("dog",)).wider() == ["sheepdog dog", "sheep dog"]
    assert ClassQuery("n1", "icecream").wider() == []


def test_a_wider_search_is_never_one_of_the_names() -> None:
    asked = ClassQuery("n1", "sheepdog", ("Sheep-Dog",), ("dog",))
    assert asked.narrow() == ["sheepdog", "Sheep-Dog"]
    assert asked.wider() == ["sheepdog dog"]
