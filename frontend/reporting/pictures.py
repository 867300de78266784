"""The classes that lost most, with their images: which pictures are here, and which are covered."""

from collections.abc import Container, Mapping
from dataclasses import dataclass

from evaluation.reports.content import Content, SeenImage


@dataclass(frozen=True)
class Picture:
    """An image of a class, with what was found of it. `source` is its address, empty where the picture is gone."""

    seen: SeenImage
    source: str
    is_covered: bool


@dataclass(frozen=True)
class Drop:
    """A class whose accuracy fell; the change is a difference of fractions."""

    class_id: str
    name: str
    change: float
    original: list[Picture]
    new: list[Picture]


def candidates_of(content: Content) -> list[int]:
    """Those whose pictures a report shows."""
    worst = content["classes"]["worst"] if content["classes"] else []
    return [seen["candidate"] for drop in worst for seen in (*drop["original"], *drop["new"])]


def drops(content: Content, *, sources: Mapping[int, str], covered: Container[int]) -> list[Drop]:
    """With the pictures that are among the `sources`, by candidate."""

    def picture(seen: SeenImage) -> Picture:
        pk = seen["candidate"]
        return Picture(seen, sources.get(pk, ""), pk in covered)

    return [
        Drop(
            drop["class_id"],
            drop["name"],
            drop["change"],
            [picture(each) for each in drop["original"]],
            [picture(each) for each in drop["new"]],
        )
        for drop in (content["classes"]["worst"] if content["classes"] else [])
    ]
