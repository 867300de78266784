"""The files in memory at once are bounded in bytes, although how large one is is not known before it is read."""

import threading
from contextlib import ExitStack
from typing import Any

from annotation.candidates import preparing
from annotation.candidates.preparing import FIRST_GUESS, Room

MOMENT, LONG = 0.2, 120


class Reader:
    """Another thread that wants to read a file, and holds it until it is told to let go."""

    def __init__(self, room: Room) -> None:
        self._room, self._has_begun, self._end = room, threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        with self._room.for_one():
            self._has_begun.set()
            self._end.wait(LONG)

    def has_begun(self, seconds: float = LONG) -> bool:
        return self._has_begun.wait(seconds)

    def end(self) -> None:
        self._end.set()
        self._thread.join()


def test_so_many_are_read_at_once_as_there_is_room_for() -> None:
    room = Room(2 * FIRST_GUESS)
    first, second = Reader(room), Reader(room)
    assert first.has_begun()
    assert second.has_begun()
    third = Reader(room)
    assert not third.has_begun(MOMENT)
    first.end()
    assert third.has_begun()
    second.end()
    third.end()


def test_a_file_that_turns_out_small_makes_room_for_others() -> None:
    room = Room(2 * FIRST_GUESS)
    with ExitStack() as held:
        settle = held.enter_context(room.for_one())
        held.enter_context(room.for_one())
        waiting = Reader(room)
        assert not waiting.has_begun(MOMENT)
        settle(0)
        assert waiting.has_begun()
        waiting.end()


def test_after_a_large_file_the_next_are_thought_to_be_as_large() -> None:
    room = Room(4 * FIRST_GUESS)
    with room.for_one() as settle:
        settle(3 * FIRST_GUESS)
    with room.for_one():
        waiting = Reader(room)
        assert not waiting.has_begun(MOMENT)
    assert waiting.has_begun()
    waiting.end()


def test_one_large_file_among_many_small_ones_is_soon_forgotten() -> None:
    room = Room(2 * FIRST_GUESS)
    for num_bytes in (2 * FIRST_GUESS, *(1000 for _ in range(10))):
        with room.for_one() as settle:
            settle(num_bytes)
    with room.for_one():
        other = Reader(room)
        assert other.has_begun()
        other.end()


def test_a_file_larger_than_all_the_room_is_read_by_itself() -> None:
    room = Room(FIRST_GUESS)
    with room.for_one() as settle:
        settle(5 * FIRST_GUESS)
        waiting = Reader(room)
        assert not waiting.has_begun(MOMENT)
    assert waiting.has_begun()
    waiting.end()


def test_the_first_files_need_not_wait_for_each_other(settings: Any) -> None:
    assert settings.DOWNLOAD_THREADS * FIRST_GUESS <= preparing.BYTES_AT_ONCE
