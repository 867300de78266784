"""Short codes that people type from a sheet of paper: no two signs of them look alike, and none spells a word."""

import secrets
import unicodedata

SIGNS = "23456789BCDFGHJKMNPQRSTVWXYZ"
LENGTH = 9
"""28 signs to the 9th: 43 bits."""
GROUP = 3


def new() -> str:
    """A code that nobody can guess."""
    return "".join(secrets.choice(SIGNS) for _ in range(LENGTH))


def spelled(code: str) -> str:
    """As it is printed and read aloud: in groups."""
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))


def read(typed: str) -> str:
    """The code that was meant: small letters, spaces, strokes and other scripts' digits are fine; empty where none can
    be."""
    signs = []
    for sign in unicodedata.normalize("NFKC", typed.strip()[: 4 * LENGTH]):
        if sign.isspace() or unicodedata.category(sign) in ("Pd", "Cf"):
            continue
        signs.append(str(unicodedata.digit(sign)) if sign.isdigit() else sign.upper())
    code = "".join(signs)
    return code if len(code) == LENGTH and set(code) <= set(SIGNS) else ""
