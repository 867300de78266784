"""Writes the exports whose numbers it reads, each in a process of its own, which may be killed; see its test.

With the word `slowly` it takes a breath after each piece, so that one who waits for a piece comes in the middle.
Forked from one that has loaded everything: twenty consumers start in the time of one.
"""

import os
import sys
import time
from collections.abc import Callable
from typing import Any

import django

django.setup()

from annotation import tasks  # noqa: E402
from annotation.exports import imagefolder, parquet, records, webdataset  # noqa: E402


def with_a_breath(call: Callable[..., None]) -> Callable[..., None]:
    def called(**given: Any) -> None:
        call(**given)
        time.sleep(0.02)

    return called


def main() -> None:
    webdataset.IMAGES_PER_SHARD = imagefolder.IMAGES_PER_PIECE = parquet.IMAGES_PER_FILE = 8

    print("ready", flush=True)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            number, *slowly = line.split()
            if slowly:
                records.finish_piece = with_a_breath(records.finish_piece)
            tasks.write_export(int(number))
            os._exit(0)
        print(child, flush=True)
        os.waitpid(child, 0)
        print("ended", flush=True)


if __name__ == "__main__":
    main()
