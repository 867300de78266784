"""Writes an export piece after piece, so that whoever takes it over goes on where the last one stopped."""

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from threading import Event

from annotation.errors import CannotExport, ExportLeaseLost, IncompletePiece, MissingContent
from annotation.exports import reading, records
from annotation.exports.base import Folders, OneFile, PictureFiles, Piece, SoFar, Written, check_whole
from annotation.exports.contents import contents_of
from annotation.exports.planning import plan_of
from annotation.exports.records import Held
from annotation.exports.targets import target_of
from annotation.exports.targets.base import Target

RENEW_AFTER = timedelta(seconds=10)
HOLD_SECONDS = 1

Clock = Callable[[], datetime]
OnPiece = Callable[[SoFar], None]
Numbered = tuple[int, Piece]


@dataclass(frozen=True)
class Rules:
    """How to write: until when, whether pictures may be hard links, and whom to tell of each piece."""

    is_time_up: Callable[[], bool] = lambda: False
    may_link: bool = True
    on_piece: OnPiece = lambda so_far: None


def write(*, held: Held, clock: Clock, rules: Rules | None = None) -> bool:
    """Write what is missing, one piece at least; whether the export is finished, and not only its time up."""
    rules = rules or Rules()
    with target_of(held.export, may_link=rules.may_link) as target:
        try:
            plan = plan_of(contents_of(held.export.test_set), held.export.layout)
            return _Writing(held, clock, plan, target).run(rules)
        except (CannotExport, MissingContent):
            target.discard()
            raise


def _turn(numbered: Numbered) -> int:
    """What may be written at the same time: what needs nothing earlier, or pictures whose folders are there; but each
    by itself, in its order, what tells of the others."""
    number, piece = numbered
    return number if piece.needs_earlier and not piece.pictures else -int(piece.needs_earlier)


class _Writing:
    def __init__(self, held: Held, clock: Clock, plan: Sequence[Piece], target: Target) -> None:
        self.held = held
        self.clock = clock
        self.plan = plan
        self.target = target
        self.renewed_at = clock()
        self.is_given_up = Event()
        self.has_begun = False  # a piece: preparing alone may take all the time there is, and would for ever

    def run(self, rules: Rules) -> bool:
        self._begin()
        so_far, by_number = records.so_far(self.held.export)
        *pieces, manifest = enumerate(self.plan)
        missing = set(self.held.export.pieces.exclude(missing=[]).values_list("number", flat=True))
        to_do = [each for each in pieces if each[0] not in by_number and each[0] not in missing]
        for turn, group in groupby(to_do, key=_turn):
            some = list(group)
            if turn > 0 and self._misses_some():
                continue  # it will not be whole, and what tells of the others can't be written without them
            if not self._write_all(some, so_far, rules):
                return False
        self._check_whole(so_far)
        if manifest[0] not in by_number:
            self._record(*manifest, self._files(manifest[1], so_far), so_far)
        last = so_far.files[manifest[1].name]
        self.target.complete(last)
        records.finish(held=self.held, manifest_sha256=last.sha256, now=self.clock())
        return True

    def _write_all(self, pieces: Sequence[Numbered], so_far: SoFar, rules: Rules) -> bool:
        """Write pieces, several at a time; whether there was time for all. Only this thread talks to the database."""
        num_at_once = self.target.num_at_once
        # Tables and the like first: they take one thread long, and at the end the others would wait for it.
        waiting = deque(sorted(pieces, key=lambda each: bool(each[1].pictures)))
        running: dict[Future[list[Written]], Numbered] = {}
        with ThreadPoolExecutor(num_at_once) as pool:

            def fill() -> None:
                # One more than are written at a time, so that none waits until the database has recorded another.
                while waiting and len(running) <= num_at_once and not (self.has_begun and rules.is_time_up()):
                    self.has_begun = True
                    numbered = waiting.popleft()
                    running[pool.submit(self._files, numbered[1], so_far)] = numbered

            try:
                fill()
                while running:
                    done, _ = wait(running, timeout=HOLD_SECONDS, return_when=FIRST_COMPLETED)
                    self.hold()
                    ended = [(running.pop(writing), writing) for writing in done]
                    fill()  # before recording: the disk need not wait for the database
                    for numbered, writing in ended:
                        self._settle(*numbered, writing, so_far)
                        rules.on_piece(so_far)
            except BaseException:
                self.is_given_up.set()
                raise
        return not waiting

    def hold(self) -> None:
        """Renew the lease now and then; raises where another consumer has taken over."""
        now = self.clock()
        if now - self.renewed_at >= RENEW_AFTER:
            records.renew(held=self.held, now=now)
            self.renewed_at = now

    def _begin(self) -> None:
        export = self.held.export
        if export.started_at is None:
            self.target.check_free()
            records.start(held=self.held, pieces=self.plan, now=self.clock())
            return
        names = list(export.pieces.order_by("number").values_list("name", flat=True))
        if names != [piece.name for piece in self.plan]:  # begun by another version of the layout
            self.target.clear(records.names_of(export))
            records.start(held=self.held, pieces=self.plan, now=self.clock())
        elif self.held.is_left or not self.target.resumes:
            self._verify()

    def _verify(self) -> None:
        """Look at all that is recorded: a consumer that died may have left less."""
        _, by_number = records.so_far(self.held.export)
        bad = [number for number, files in by_number.items() if not all(map(self._is_there, files))]
        records.reopen_pieces(held=self.held, numbers=bad)

    def _is_there(self, written: Written) -> bool:
        self.hold()
        return self.target.is_there(written)

    def _misses_some(self) -> bool:
        return self.held.export.pieces.exclude(missing=[]).exists()

    def _settle(self, number: int, piece: Piece, writing: Future[list[Written]], so_far: SoFar) -> None:
        try:
            files = writing.result()
            self.target.flush()  # while others are being written: what is recorded is there after a power cut too
            self._record(number, piece, files, so_far)
        except IncompletePiece as error:
            records.note_missing(held=self.held, number=number, missing=error.missing)

    def _record(self, number: int, piece: Piece, files: Sequence[Written], so_far: SoFar) -> None:
        records.finish_piece(held=self.held, number=number, files=files, now=self.clock())
        so_far.files.update((each.name, each) for each in files)
        so_far.num_images += len(piece.pictures)

    def _files(self, piece: Piece, so_far: SoFar) -> list[Written]:
        match piece:
            case Folders():
                return self.target.folders(piece.paths)
            case PictureFiles():
                return self.target.pictures(piece, self._go_on)
            case OneFile():
                contents = reading.contents(piece.pictures, go_on=self._go_on)
                return [self.target.file(piece.name, piece.chunks(contents, so_far))]
        raise TypeError(f"{piece} is no kind of piece that can be written.")

    def _go_on(self) -> None:
        if self.is_given_up.is_set():
            raise ExportLeaseLost(f"{self.held.export} is not written on.")

    def _check_whole(self, so_far: SoFar) -> None:
        """Refuse to call an export whole that misses an image, or a file that was there."""
        rows = list(self.held.export.pieces.exclude(missing=[]).order_by("number").values_list("missing", "num_images"))
        missing = [name for names, _ in rows for name in names]
        num_there = so_far.num_images + sum(num_images - len(names) for names, num_images in rows)
        lost = [f"{name} is gone from where it was written" for name in self.target.lacking(so_far.files.values())]
        check_whole(num_there, self.held.export.num_expected, [*missing, *lost])
