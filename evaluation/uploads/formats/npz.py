"""Named arrays of numpy in a zip archive, of which a small one can stand for very much."""

import io
import zipfile
import zlib

from evaluation.errors import InvalidPredictions
from evaluation.uploads.formats.base import Limits, Sheet, register, sheet_of
from evaluation.uploads.formats.npy import check_names, is_known, read_array

MAX_ARRAYS = 100
DAMAGED = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError)


@register("npz")
class Npz:
    """A file of numpy's `savez` with `images`, `top` or `logits`, and perhaps `classes`; other arrays are not read."""

    mark = b"PK\x03\x04"

    def read(self, content: bytes, limits: Limits) -> Sheet:
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                entries = archive.namelist()
                if len(entries) > MAX_ARRAYS:
                    raise InvalidPredictions(f"The file holds {len(entries):,} arrays; expected two or three.")
                names = [entry.removesuffix(".npy") for entry in entries]
                if len(set(names)) != len(names):
                    raise InvalidPredictions("The file holds two arrays of one name.")
                check_names(names)
                arrays = {}
                for name, entry in zip(names, entries, strict=True):
                    if is_known(name):
                        with archive.open(entry) as file:
                            arrays[name] = read_array(file, name, limits)
        except DAMAGED as error:
            raise InvalidPredictions(f"The file can't be read as npz: {str(error)[:200]}.") from error
        return sheet_of(arrays, limits)
