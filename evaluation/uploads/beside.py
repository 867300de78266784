"""What a file lacks and is given beside it: names of images or class ids, one a line or as a JSON list."""

import json

from evaluation.errors import InvalidPredictions

MAX_LIST_BYTES = 100_000_000


def listed(content: bytes, what: str) -> list[str]:
    """The texts of a list, in its order."""
    if len(content) > MAX_LIST_BYTES:
        raise InvalidPredictions(
            f"The list of {what} has {len(content):,} bytes; at most {MAX_LIST_BYTES:,} are taken."
        )
    try:
        text = content.decode("utf-8-sig").strip()
        values = json.loads(text) if text.startswith("[") else text.splitlines()
    except UnicodeDecodeError as error:
        raise InvalidPredictions(f"The list of {what} is not UTF-8 text.") from error
    except (ValueError, RecursionError) as error:
        raise InvalidPredictions(f"The list of {what} begins like JSON and is none: {error}.") from error
    odd = next((number for number, each in enumerate(values, 1) if not isinstance(each, str | int) or each == ""), None)
    if odd is not None or not values:
        raise InvalidPredictions(f"The list of {what} " + (f"has no name at place {odd:,}." if odd else "is empty."))
    return [str(each).strip() for each in values]
