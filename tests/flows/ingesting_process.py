"""Takes in the folders whose collections it is told, each in a process of its own, which may be killed; see its test.

Forked from one that has loaded everything: many imports start in the time of one.
"""

import os
import sys
import time

import django

django.setup()

from django.db.models import F  # noqa: E402
from django.utils import timezone  # noqa: E402

from annotation import candidates  # noqa: E402
from annotation.candidates import ChunkReport, preparing  # noqa: E402
from annotation.models import Collection, CollectionRefusal, Origin  # noqa: E402
from annotation.sources import open_source  # noqa: E402


def go_on(collection: Collection) -> None:
    """From where the last process came to; how far this one has come is kept with what it has taken in."""

    def keep(chunk: ChunkReport) -> None:
        time.sleep(0.02)  # so that one who waits for a chunk comes in the middle
        Collection.objects.filter(pk=collection.pk).update(
            cursor=chunk.cursor,
            num_read=F("num_read") + chunk.num_read,
            num_created=F("num_created") + chunk.num_created,
            num_existing=F("num_existing") + chunk.num_existing,
            num_refused=F("num_refused") + len(chunk.refusals),
        )
        CollectionRefusal.objects.bulk_create(
            CollectionRefusal(collection=collection, source=each.source, reason=each.reason) for each in chunk.refusals
        )

    candidates.ingest(
        study=collection.study,
        origin=Origin.POOL,
        records=list(open_source(collection.address).after(collection.cursor)),
        now=timezone.now(),
        collection=collection,
        on_chunk=keep,
    )
    Collection.objects.filter(pk=collection.pk).update(state=Collection.State.FINISHED, ended_at=timezone.now())


def main() -> None:
    preparing.FILES_PER_CHUNK = 16
    print("ready", flush=True)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            go_on(Collection.objects.get(pk=int(line)))
            os._exit(0)
        print(child, flush=True)
        os.waitpid(child, 0)
        print("ended", flush=True)


if __name__ == "__main__":
    main()
