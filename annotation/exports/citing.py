"""What a stranger reads first: what an export is, how it is cited, checked and loaded, and its licences.

All of it follows from the frozen manifest, so that every export of a set says the same.
"""

import json
import re
from collections import Counter
from collections.abc import Sequence
from textwrap import indent
from typing import Any

from annotation.exports.base import Contents, OneFile, small_file
from annotation.models import TestSet

MOST_LICENCES = 12
NOT_KNOWN = "not known"
FORBIDDEN_IN_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")

DIVIDES = re.compile(r",|\band\b", re.IGNORECASE)
# Programs count braces of a value also behind a backslash: those of names are spelled out.
LATEX = str.maketrans(
    {sign: f"\\{sign}" for sign in "_%&#$"}
    | {
        "\\": r"{\textbackslash}",
        "{": r"{\textbraceleft}",
        "}": r"{\textbraceright}",
        "~": r"{\textasciitilde}",
        "^": r"{\textasciicircum}",
    }
)


def citation_file(contents: Contents) -> OneFile:
    """`CITATION.cff`, which GitHub, Zenodo and reference managers read."""
    test_set = contents.test_set
    facts: dict[str, Any] = {
        "cff-version": "1.2.0",
        "type": "dataset",
        "message": "If you use this test set, cite it by its id and its content hash.",
        "title": title_of(contents),
        "version": f"r{test_set.revision}",
        "date-released": f"{test_set.frozen_at:%Y-%m-%d}",
        "authors": _cff_authors(contents),
        "identifiers": [
            {"type": "other", "value": test_set.citation, "description": "The id of the frozen test set."},
            {
                "type": "other",
                "value": f"sha256:{test_set.content_sha256}",
                "description": "The content hash: the SHA-256 of frozen.json.",
            },
        ],
    }
    return small_file("CITATION.cff", "".join(f"{key}: {yaml(value)}\n" for key, value in facts.items()).encode())


def title_of(contents: Contents) -> str:
    manifest = contents.manifest
    simulated = ", from simulated judgements" if manifest["is_simulated"] else ""
    num_images, num_classes = manifest["num_images"], len(contents.classes)
    return f"{manifest['citation']}: a test set of {num_images:,} images in {num_classes:,} classes{simulated}"


def cited_as(contents: Contents) -> str:
    """The citation as a line: authors, where the set was frozen with some, then id and content hash."""
    cited = f"{contents.manifest['citation']}, sha256:{contents.test_set.content_sha256}"
    authors = "; ".join(contents.manifest.get("authors", []))
    return f"{authors} ({contents.test_set.frozen_at:%Y}). {cited}" if authors else cited


def bibtex(test_set: TestSet, num_images: int, authors: Sequence[str]) -> str:
    """For a paper that uses a frozen set; `authors` are those of its manifest."""
    names = " and ".join(_bibtex_name(author) for author in authors or [_nobody_named(test_set)])
    simulated = ", from simulated judgements" if test_set.is_simulated else ""
    return f"""@misc{{{test_set.study.slug}-{test_set.name}-r{test_set.revision},
  title = {{{_latex(test_set.citation)}: a test set of {num_images:,} images{simulated}}},
  author = {{{names}}},
  year = {{{test_set.frozen_at:%Y}}},
  note = {{Content hash sha256:{test_set.content_sha256}}},
}}"""


def readme(contents: Contents, loading: str) -> OneFile:
    """`README.md` of a layout; `loading` is the Python by which it is loaded."""
    return small_file("README.md", told(contents, loading).encode())


def told(contents: Contents, loading: str) -> str:
    """The same words in every layout."""
    manifest = contents.manifest
    simulated = "\nIts judgements are simulated: nobody has looked at these images.\n" * manifest["is_simulated"]
    judgements = "" if contents.judgements is None else " `judgements.csv` has every judgement that was used."
    return f"""# {manifest["citation"]}

A frozen test set of {manifest["num_images"]:,} images in {len(contents.classes):,} classes, drawn by the strategy
`{manifest["strategy"]}` with seed {manifest["seed"]}. It never changes.
Its content hash is the SHA-256 of `frozen.json`:

    {contents.test_set.content_sha256}

`classes.txt` has the name of each class, `images.csv` what is known of each image: how many workers saw and selected
it, where it comes from, its licence and its owner.{judgements}
{simulated}
## Cite

Name the id and the content hash; `CITATION.cff` has both.

{indent(cited_as(contents), " " * 4)}

## Check

    sha256sum --check --quiet SHA256SUMS

`manifest.json` has the same hashes, and how many images were promised and written.

## Load

```python
{loading}
```

## Licences

The licence of each image is in `images.csv`; in all:

{_licences(contents)}
"""


def licence_of_all(contents: Contents) -> str:
    """As the Hub names licences: that of Creative Commons which all images have, else `other`, or `unknown`."""
    found = {picture.licence.strip() for picture in contents.pictures}
    if not any(found):
        return "unknown"
    name = "-".join(found.pop().lower().split()) if len(found) == 1 else ""
    return name if re.fullmatch(r"cc-by(-nc)?(-sa|-nd)?-[234]\.[05]|cc0-1\.0", name) else "other"


def yaml(value: Any) -> str:
    """JSON, whose strings can't break out of their quotes whatever a class is called, is YAML: but for pairs of
    surrogates, which YAML does not join, and for characters that it allows only when they are escaped.
    """
    written = json.dumps(value, ensure_ascii=False)
    return FORBIDDEN_IN_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", written)


def _licences(contents: Contents) -> str:
    counts = Counter(" ".join(picture.licence.split()) or NOT_KNOWN for picture in contents.pictures)
    rows = [f"- {name}: {number:,} image{'' if number == 1 else 's'}" for name, number in counts.most_common()]
    if len(rows) > MOST_LICENCES:
        rows[MOST_LICENCES:] = [f"- and {len(rows) - MOST_LICENCES:,} others"]
    return "\n".join(rows)


def names_of(contents: Contents) -> list[tuple[str, str]]:
    """Of the authors of a set, as it was frozen."""
    return [_name_of(author) for author in contents.manifest.get("authors", [])]


def _name_of(author: str) -> tuple[str, str]:
    """Family and given name; the latter is empty for an organisation, and for who has one name."""
    family, _, given = author.partition(",")
    return family.strip(), given.strip()


def _cff_authors(contents: Contents) -> list[dict[str, str]]:
    told = [
        {"family-names": family, "given-names": given} if given else {"name": family}
        for family, given in names_of(contents)
    ]
    return told or [{"name": _nobody_named(contents.test_set)}]


def _bibtex_name(author: str) -> str:
    """Braces keep what is no person's name in one, and words that divide names or parts of them."""
    family, given = _name_of(author)
    if not given:
        return f"{{{_latex(family)}}}"
    return ", ".join(f"{{{_latex(part)}}}" if DIVIDES.search(part) else _latex(part) for part in (family, given))


def _nobody_named(test_set: TestSet) -> str:
    return f"The researchers of the study {test_set.citation.split('/', maxsplit=1)[0]}"


def _latex(text: str) -> str:
    return text.translate(LATEX)
