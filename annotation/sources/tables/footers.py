"""What the footer of a parquet file says of its columns, read here and not by the library.

pyarrow ends the whole process where it is asked for a column that a damaged footer describes wrongly.
"""

import struct
from dataclasses import dataclass
from typing import IO, Any

from annotation.errors import UnreadableSource

MARK = b"PAR1"
MAX_BYTES = 64 * 1024 * 1024
MAX_DEPTH = 20
SCHEMA, ROW_GROUPS, NUM_CHILDREN, COLUMNS, CHUNK_METADATA = 2, 4, 5, 1, 3
KIND, ENCODINGS, PATH, CODEC, NUM_VALUES, NUM_BYTES, NUM_PACKED, DATA_AT, DICTIONARY_AT = 1, 2, 3, 4, 5, 6, 7, 9, 11
"""Numbers of the fields, as the format has them."""
BYTE_ARRAY = 6
DELTAS = {5: "DELTA_BINARY_PACKED", 6: "DELTA_LENGTH_BYTE_ARRAY", 7: "DELTA_BYTE_ARRAY"}

Fields = dict[int, Any]


@dataclass(frozen=True)
class Chunk:
    """A column of a row group."""

    name: str
    num_bytes: int
    """Unpacked."""
    delta: str
    """How texts in it are encoded as differences; empty where they are not."""
    is_packed: bool
    start: int
    """Where its pages lie in the file."""
    num_packed: int


def read_groups(file: IO[bytes], shown: str) -> list[list[Chunk]]:
    """Of every row group its columns, as many as the schema has."""
    try:
        fields, _ = read_struct(_footer(file))
        num_columns = sum(1 for each in fields[SCHEMA] if not each.get(NUM_CHILDREN))
        groups = [[_chunk(each[CHUNK_METADATA]) for each in group[COLUMNS]] for group in fields.get(ROW_GROUPS, [])]
    except (KeyError, IndexError, TypeError, AttributeError, ValueError, struct.error) as error:
        raise UnreadableSource(f"{shown} can't be read as parquet: its footer is damaged, or encrypted.") from error
    if any(len(group) != num_columns for group in groups):
        raise UnreadableSource(f"{shown} can't be read as parquet: its footer is damaged.")
    file.seek(0)
    return groups


def _chunk(fields: Fields) -> Chunk:
    name = ".".join(part.decode("utf-8", "surrogateescape") for part in fields[PATH])
    deltas = [DELTAS[each] for each in fields[ENCODINGS] if each in DELTAS] if fields[KIND] == BYTE_ARRAY else []
    start, dictionary = int(fields[DATA_AT]), int(fields.get(DICTIONARY_AT, 0))
    return Chunk(
        name,
        int(fields[NUM_BYTES]),
        next(iter(deltas), ""),
        is_packed=bool(fields[CODEC]),
        start=dictionary if 0 < dictionary < start else start,
        num_packed=int(fields[NUM_PACKED]) if fields[NUM_VALUES] else 0,  # of a column without rows, no page is read
    )


def _footer(file: IO[bytes]) -> bytes:
    end = file.seek(0, 2)
    file.seek(max(0, end - 8))
    tail = file.read(8)
    num_bytes = int.from_bytes(tail[:4], "little")
    if tail[4:] != MARK or not 0 < num_bytes <= min(MAX_BYTES, end - 8):
        raise ValueError
    file.seek(end - 8 - num_bytes)
    return file.read(num_bytes)


def read_struct(data: bytes) -> tuple[Fields, int]:
    """Thrift's compact protocol: the fields by their numbers, and the place behind."""
    return _struct(data, 0, 0)


def _struct(data: bytes, place: int, depth: int) -> tuple[Fields, int]:
    if depth > MAX_DEPTH:
        raise ValueError
    fields: Fields = {}
    number = 0
    while kind := data[place]:
        place += 1
        if kind >> 4:
            number += kind >> 4
        else:
            value, place = _varint(data, place)
            number = (value >> 1) ^ -(value & 1)
        fields[number], place = _value(data, place, kind & 15, depth)
    return fields, place + 1


def _value(data: bytes, place: int, kind: int, depth: int) -> tuple[Any, int]:
    if kind in (1, 2):  # true and false lie in the header
        return kind == 1, place
    if kind == 3:
        return data[place], place + 1
    if kind in (4, 5, 6):
        value, place = _varint(data, place)
        return (value >> 1) ^ -(value & 1), place
    if kind == 7:
        return struct.unpack_from("<d", data, place)[0], place + 8
    if kind == 8:
        length, place = _varint(data, place)
        if place + length > len(data):
            raise ValueError
        return data[place : place + length], place + length
    if kind in (9, 10):
        return _list(data, place, depth)
    if kind == 12:
        return _struct(data, place, depth + 1)
    raise ValueError  # there are no maps in a footer


def _list(data: bytes, place: int, depth: int) -> tuple[list[Any], int]:
    header = data[place]
    length, place = header >> 4, place + 1
    if length == 15:
        length, place = _varint(data, place)
    if length > len(data):
        raise ValueError
    values = []
    for _ in range(length):
        if header & 15 in (1, 2):
            value, place = data[place] == 1, place + 1
        else:
            value, place = _value(data, place, header & 15, depth + 1)
        values.append(value)
    return values, place


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while shift < 70:
        byte = data[place]
        place += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, place
        shift += 7
    raise ValueError
