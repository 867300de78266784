"""Everything that a folder, a manifest or a server may hold to do harm, beside good pictures."""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from annotation.sources.base import provenance
from tests.fakes.pictures import bombs, odd
from tests.fakes.pictures.bombs import saved
from tests.fakes.web import Answer, body, endless, redirect, status

Make = Callable[[], bytes]
SECRET = b"what nobody is to read"

TAKEN: dict[str, Make] = {
    "good.jpg": lambda: odd.jpeg(0),
    "without an ending": lambda: odd.jpeg(1),
    "telling.jpg": lambda: odd.telling(2),
    "polyglot-zip.jpg": lambda: odd.jpeg_and_zip(3),
    "polyglot-html.jpg": lambda: odd.jpeg_and_html(4),
    "polyglot-jar.gif": lambda: odd.gif_and_jar(5),
    "polyglot-php.png": lambda: odd.png_and_php(6),
    "phone.jpg": lambda: odd.phone_photograph(7),
    "ink.jpg": lambda: odd.cmyk((0, 255, 255, 0)),
    "ink-of-a-press.jpg": lambda: odd.cmyk((255, 0, 0, 0), with_adobe=False, with_profile=True),
    "sixteen-bits.png": odd.sixteen_bits,
    "line.png": lambda: saved(Image.new("RGB", (1, 10_000), "red"), "PNG"),
    "overlong.png": bombs.overlong_pixels,
}
REFUSED: dict[str, tuple[Make, str]] = {
    "bomb-pixels.png": (bombs.pixel_bomb, "at most 50 million pixels"),
    "bomb-text.png": (lambda: bombs.text_bomb(b"zTXt"), "can't be decoded"),
    "bomb-profile.png": (lambda: bombs.text_bomb(b"iCCP"), "can't be decoded"),
    "bomb-scans.jpg": (lambda: bombs.many_scans((4000, 3000), 2000), "too many steps"),
    "bomb-tiles.tif": (bombs.tile_bomb, "tiles that are far larger"),
    "bomb-frames.gif": (lambda: bombs.many_frames(300), "animated or has several pages"),
    "bomb-pages.tif": (lambda: bombs.many_pages(2000), "animated or has several pages"),
    "bomb-crumbs.jpg": (lambda: bombs.crumbs("JPEG", 2_100_000), "tiny pieces"),
    "animated.gif": (odd.animated, "animated or has several pages"),
    "truncated.jpg": (lambda: odd.jpeg(20)[:-500], "damaged or cut short"),
    "truncated.png": (lambda: saved(odd.photograph(21), "PNG")[:-100], "damaged or cut short"),
    "empty.jpg": (lambda: b"", "The file is empty."),
    "zeros.jpg": (lambda: bytes(5000), "not an image in a format"),
    "page.jpg": (lambda: b"<!doctype html><script>alert(1)</script>", "not an image in a format"),
    "drawing.jpg": (lambda: b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "not an image in a format"),
    "drawing.svg": (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not an image in a format"),
    "script.eps": (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not an image in a format"),
    "wrong.png": (lambda: odd.jpeg(22), "ends in .png but holds a JPEG image"),
    "wrong.jpg.exe": (lambda: odd.jpeg(23), "ends in .exe but holds a JPEG image"),
}
NAMES = {
    "right-to-left-\u202egpj.png": "\\u202egpj.png",
    "صورة.png": "صورة.png",
    "x" * 251 + ".png": "x" * 251 + ".png",
    "ä" * 125 + "x.png": "ä" * 125 + "x.png",
    "line\nbreak\x1b[31m.png": "line\\nbreak\\x1b[31m.png",
    "<img src=x onerror=alert(1)>.png": "<img src=x onerror=alert(1)>.png",
    "'; DROP TABLE annotation_candidate; --.png": "'; DROP TABLE annotation_candidate; --.png",
    os.fsdecode(b"\xff\xfe.png"): "\\udcff\\udcfe.png",
    "--help.png": "--help.png",
}
"""Names of good pictures, and how each ends as it is kept."""


@dataclass
class Corpus:
    """Where it lies, what must be taken from it, and what refused, with part of the reason."""

    root: Path
    taken: set[str] = field(default_factory=set)
    refused: dict[str, str] = field(default_factory=dict)


def folder(root: Path) -> Corpus:
    """A folder of the class n01 with all of it; beside it lies what must not be read."""
    corpus, within = Corpus(root), root / "n01"
    within.mkdir(parents=True)
    (root.parent / "secret.jpg").write_bytes(SECRET)
    for name, make in TAKEN.items():
        (within / name).write_bytes(make())
        corpus.taken.add(f"n01/{name}")
    for name, (make, reason) in REFUSED.items():
        (within / name).write_bytes(make())
        corpus.refused[f"n01/{name}"] = reason
    for number, (name, ending) in enumerate(NAMES.items()):
        (within / name).write_bytes(saved(odd.photograph(100 + number), "PNG"))
        corpus.taken.add(provenance(f"n01/{name}"))
        assert provenance(f"n01/{name}").endswith(ending)
    _links(corpus, within)
    return corpus


def _links(corpus: Corpus, within: Path) -> None:
    (within / "link-out.jpg").symlink_to(corpus.root.parent / "secret.jpg")
    (within / "link-up.jpg").symlink_to("../../secret.jpg")
    (within / "link-device.jpg").symlink_to("/dev/zero")
    (within / "link-round.jpg").symlink_to("link-round.jpg")
    (within / "link-nowhere.jpg").symlink_to("nowhere.jpg")
    (within / "link-in.jpg").symlink_to("good.jpg")
    (within / "link-folder").symlink_to(corpus.root.parent)
    os.mkfifo(within / "pipe.jpg")
    out = "leads out of its folder"
    corpus.refused |= {f"n01/link-{name}.jpg": out for name in ("out", "up", "device")}
    corpus.refused |= {
        "n01/link-round.jpg": "can't be followed",
        "n01/link-nowhere.jpg": "no such file",
        "n01/link-in.jpg": "The same image was taken from n01/good.jpg already.",
        "n01/link-folder": "link to a folder",
        "n01/pipe.jpg": "not a regular file",
    }


def manifest(root: Path) -> Corpus:
    """A manifest whose rows climb, repeat and contradict each other."""
    corpus = Corpus(root / "pool.csv", taken={"a.png", "b.png"})
    root.mkdir(parents=True)
    (root.parent / "secret.jpg").write_bytes(SECRET)
    for number, name in enumerate(("a.png", "b.png", "other.png")):
        (root / name).write_bytes(saved(odd.photograph(200 + number), "PNG"))
    (root / "again.png").write_bytes((root / "a.png").read_bytes())
    rows = [
        ("a.png", "n01", ""),
        ("./a.png", "n01", ""),  # the same place: it exists already
        ("again.png", "n01", "The same image was taken from a.png already."),
        ("b.png", "n02", ""),
        ("b.png", "n01", "in class 'n02' already"),
        ("other.png", "n99", "n99"),
        ("../secret.jpg", "n01", "leads out of its folder"),
        ("/etc/passwd", "n01", "absolute"),
        ("c\0d.png", "n01", "can't be followed"),
        ("missing.png", "n01", "no such file"),
        ("a.png/", "n01", ""),
    ]
    lines = [f'"{path}",{class_id}' for path, class_id, _ in rows]
    corpus.root.write_text("path,class_id\n" + "\n".join(lines) + "\n")
    corpus.refused = {provenance(path): reason for path, _, reason in rows if reason}
    return corpus


def addresses(table: Path, urls: Iterable[str]) -> Path:
    """A manifest of addresses."""
    table.parent.mkdir(parents=True)
    table.write_text("url,class_id\n" + "".join(f"{url},n01\n" for url in urls))
    return table


def web(private: str) -> dict[str, tuple[Answer | list[Answer], str]]:
    """What a server answers path by path, and why that is refused; `private` is a server nobody may ask."""
    return {
        "/good.jpg": (body(odd.jpeg(300)), ""),
        "/good.php": (body(odd.jpeg(301)), ""),
        "/moved.jpg": (redirect("/moved-here"), ""),
        "/moved-here": (body(odd.jpeg(302)), ""),
        "/to-private-number.jpg": (redirect(f"http://{private}/secret.jpg"), "only"),
        "/to-private-name.jpg": (redirect("http://rebound.example/secret.jpg"), "not public"),
        "/to-metadata.jpg": (redirect("http://169.254.169.254/latest/meta-data/"), "not public"),
        "/to-file.jpg": (redirect("file:///etc/passwd"), "none of the web"),
        "/round.jpg": (redirect("/round.jpg"), "more than 5 times"),
        "/gone.jpg": (status(410), "no such file (410)"),
        "/page.jpg": (body(b"<html>The page was not found</html>"), "not an image in a format"),
        "/endless.jpg": (endless(), "more than the"),
        "/packed.jpg": (body(b"\x1f\x8b", Content_Encoding="gzip"), "not unpacked"),
        "/bomb.png": (body(bombs.pixel_bomb()), "at most 50 million pixels"),
        "/empty.jpg": (body(b""), "The file is empty."),
    }
