"""Scoring without a queue: messages are noted, not sent."""

from typing import Any

import pytest

from evaluation import classifiers, tasks


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The run ids of the messages that were put on the queue."""
    messages: list[int] = []

    def apply_async(arguments: tuple[int], **_options: Any) -> None:
        messages.append(arguments[0])

    monkeypatch.setattr(tasks.score_shard, "apply_async", apply_async)
    monkeypatch.setattr(tasks, "_num_waiting", lambda: len(messages))
    return messages


@pytest.fixture(autouse=True)
def _nothing_loaded() -> None:
    classifiers._loaded.cache_clear()
