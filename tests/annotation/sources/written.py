"""Archives and tables as others write them."""

import io
import json
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa


def pack(path: Path, members: Sequence[tuple[str, bytes] | tarfile.TarInfo], **options: int) -> Path:
    """A tar of files by name and content, and of members that are whatever they say."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.TarFile(path, "w", encoding="utf-8", errors="surrogateescape", **options) as tar:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                tar.addfile(member)
            else:
                info = tarfile.TarInfo(member[0])
                info.size = len(member[1])
                tar.addfile(info, io.BytesIO(member[1]))
    return path


def arrow_table(images: Sequence[Any], labels: Any, **more: Any) -> pa.Table:
    cells = [cell if isinstance(cell, dict) else {"bytes": cell, "path": None} for cell in images]
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    return pa.table({"image": pa.array(cells, kind), "label": labels} | more)


def save_arrow(folder: Path, tables: Sequence[pa.Table]) -> Path:
    """As `save_to_disk` lays them out."""
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"data-{number:05d}-of-{len(tables):05d}.arrow" for number in range(len(tables))]
    for name, table in zip(names, tables, strict=True):
        with pa.OSFile(str(folder / name), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table, max_chunksize=2)
    (folder / "state.json").write_text(json.dumps({"_data_files": [{"filename": name} for name in names]}))
    return folder
