"""Writes the exports whose numbers it reads, each in a process of its own, which may be killed; see its test.

Forked from one that has loaded everything: twenty consumers start in the time of one.
"""

import os
import sys

import django

django.setup()

from annotation import tasks  # noqa: E402
from annotation.exports import imagefolder, parquet, webdataset  # noqa: E402


def main() -> None:
    webdataset.IMAGES_PER_SHARD = imagefolder.IMAGES_PER_PIECE = parquet.IMAGES_PER_FILE = 8

    print("ready", flush=True)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            tasks.write_export(int(line))
            os._exit(0)
        print(child, flush=True)
        os.waitpid(child, 0)
        print("ended", flush=True)


if __name__ == "__main__":
    main()
