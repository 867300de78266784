"""Croissant 1.0: `croissant.json` describes parquet files, with the SHA-256 of each, so that programs can load them."""

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import pyarrow as pa

from annotation.exports import citing, parquet
from annotation.exports.base import Contents, Layout, OneFile, Piece, SoFar, Written

CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
DATA_TYPES = {pa.int64(): "sc:Integer", pa.float64(): "sc:Float", pa.string(): "sc:Text"}
FILE_SET = "parquet-files"
PARQUET = "application/x-parquet"


def plan(contents: Contents) -> list[Piece]:
    return [*parquet.plan(contents), OneFile("croissant.json", chunks=partial(_chunks, contents), needs_earlier=True)]


def described(contents: Contents, so_far: SoFar) -> dict[str, Any]:
    """The description, once the files are written that it names."""
    manifest = contents.manifest
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": manifest["citation"].replace("/", "-").replace("@", "-"),
        "alternateName": manifest["citation"],
        "description": f"A frozen test set of {manifest['num_images']} images in {len(contents.classes)} classes, "
        f"drawn by the strategy {manifest['strategy']}; its manifest has the SHA-256 "
        f"{contents.test_set.content_sha256}.",
        "citeAs": citing.cited_as(contents),
        **_creators(contents),
        "version": f"{manifest['revision']}.0.0",
        "datePublished": f"{contents.test_set.frozen_at:%Y-%m-%d}",
        "license": sorted({picture.licence or "unknown" for picture in contents.pictures}),
        "url": f"urn:sha256:{contents.test_set.content_sha256}",
        "distribution": [*(_file(so_far.files[name]) for name in parquet.files_of(contents)), _file_set()],
        "recordSet": [
            {
                "@type": "cr:RecordSet",
                "@id": "images",
                "name": "images",
                "key": {"@id": "images/number"},
                "field": [_field(column) for column in parquet.COLUMNS],
            }
        ],
    }


def _creators(contents: Contents) -> dict[str, Any]:
    creators = [
        {"@type": "sc:Person", "name": f"{given} {family}"} if given else {"@type": "sc:Organization", "name": family}
        for family, given in citing.names_of(contents)
    ]
    return {"creator": creators} if creators else {}


def _chunks(contents: Contents, pictures: Iterator[bytes], so_far: SoFar) -> Iterator[bytes]:
    yield json.dumps(described(contents, so_far), indent=2, ensure_ascii=False).encode() + b"\n"


def _file(written: Written) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": written.name,
        "name": written.name,
        "contentUrl": written.name,
        "contentSize": f"{written.num_bytes} B",
        "encodingFormat": PARQUET,
        "sha256": written.sha256,
    }


def _file_set() -> dict[str, Any]:
    """All of them as one: a set of records has a single source."""
    return {
        "@type": "cr:FileSet",
        "@id": FILE_SET,
        "name": FILE_SET,
        "encodingFormat": PARQUET,
        "includes": "data/*.parquet",
    }


def _field(column: pa.Field) -> dict[str, Any]:
    source: dict[str, Any] = {"fileSet": {"@id": FILE_SET}, "extract": {"column": column.name}}
    if column.name == "image":
        source["transform"] = {"jsonPath": "bytes"}
    return {
        "@type": "cr:Field",
        "@id": f"images/{column.name}",
        "name": column.name,
        "dataType": "sc:ImageObject" if column.name == "image" else DATA_TYPES[column.type],
        "source": source,
    }


LAYOUT = Layout("Croissant", "parquet files, and croissant.json by which programs load them", plan, parquet.places)
