"""Tar (POSIX ustar) as bytes: the same files make the same bytes on any day.

`tarfile` takes ten times as long to make a header, which three entries per image would feel.
"""

import struct

BLOCK = 512
FILE, FOLDER = b"0", b"5"
END = bytes(2 * BLOCK)
MAX_NAME, MAX_PREFIX = 100, 155
MAX_OCTAL = 8**11

MODES = {FILE: b"0000644\0", FOLDER: b"0000755\0"}
OWNER = b"0000000\0" * 2  # and group
TIME = b"00000000000\0"
BLANKS = b" " * 8  # what the checksum counts in its own place
AFTER_KIND = (
    bytes(100) + b"ustar\x0000" + bytes(64) + b"0000000\0" * 2
)  # a link's goal, names of owner and group, a device
HEADER = struct.Struct(f"{MAX_NAME}s8s16s12s12s8s1s{len(AFTER_KIND)}s{MAX_PREFIX}s12x")
SUMS = {kind: sum(mode + OWNER + TIME + BLANKS + kind + AFTER_KIND) for kind, mode in MODES.items()}


def header(name: str, num_bytes: int, kind: bytes = FILE) -> bytes:
    """The block before a file or folder: owned by nobody, of 1970, readable by all."""
    short, prefix = _split(name.encode())
    size = _size(num_bytes)
    checksum = b"%06o\0 " % (SUMS[kind] + sum(short) + sum(size) + sum(prefix))
    return HEADER.pack(short, MODES[kind], OWNER, size, TIME, checksum, kind, AFTER_KIND, prefix)


def entry(name: str, content: bytes) -> bytes:
    """A small file with all that is around it."""
    return header(name, len(content)) + content + padding(len(content))


def padding(num_bytes: int) -> bytes:
    """What fills the last block of a file."""
    return bytes(-num_bytes % BLOCK)


def _size(num_bytes: int) -> bytes:
    if num_bytes < MAX_OCTAL:
        return b"%011o\0" % num_bytes
    return b"\x80" + num_bytes.to_bytes(11, "big")  # as GNU tar writes what octal digits can't say


def _split(name: bytes) -> tuple[bytes, bytes]:
    if len(name) <= MAX_NAME:
        return name, b""
    cut = name.rfind(b"/", 0, MAX_PREFIX + 1)
    short, prefix = name[cut + 1 :], name[: max(cut, 0)]
    if cut < 1 or len(short) > MAX_NAME:
        raise ValueError(f"A tar can't hold a file called {name!r}.")
    return short, prefix
