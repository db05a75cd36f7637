"""Counting tokens by asking the engine's process, with a memory of what was asked before.

Torch-free; knows no tokenizer and no pipe: frames go out through a function that the worker gives.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final

from bot.errors import EngineDeadError, GenerationError, PromptTooLongError
from bot.generation.wire import Count, Counted, Frame, WireError

_ENTRY_BYTES: Final = 200  # about what a dictionary entry, a string object and an int take
_MAX_CRASHES: Final = 2

Send = Callable[[Frame], None]


class CountCache:
    """The token count of texts counted lately; the least recently used go when it is full. Pure."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._used_bytes = 0
        self._counts: OrderedDict[str, int] = OrderedDict()

    @property
    def used_bytes(self) -> int:
        """About how much memory it takes."""
        return self._used_bytes

    def get(self, text: str) -> int | None:
        """The count of `text`, or None when it is not known."""
        count = self._counts.get(text)
        if count is not None:
            self._counts.move_to_end(text)
        return count

    def put(self, text: str, count: int) -> None:
        """Remember a count; a text that takes more than a quarter of the cache is not kept."""
        size = _size(text)
        if text in self._counts or size > self._limit_bytes // 4:
            return
        self._counts[text] = count
        self._used_bytes += size
        while self._used_bytes > self._limit_bytes:
            oldest, _ = self._counts.popitem(last=False)
            self._used_bytes -= _size(oldest)


def _size(text: str) -> int:
    return 4 * len(text) + _ENTRY_BYTES  # a string takes up to four bytes a character


class _Question:
    """Texts that the process was asked about, or will be when it is ready."""

    def __init__(self, frame: Count) -> None:
        self.frame = frame
        self.answer: asyncio.Future[tuple[int, ...]] = asyncio.get_running_loop().create_future()
        self.crashes = 0

    def fail(self, error: GenerationError) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)


class TokenCounter:
    """Answers from its cache, asks the process for the rest, and asks again after a crash."""

    def __init__(self, cache_bytes: int) -> None:
        self._cache = CountCache(cache_bytes)
        self._ids = itertools.count()
        self._questions: dict[int, _Question] = {}
        self._send: Send | None = None

    async def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text. Waits until a process is there; raises GenerationError."""
        known = {text: count for text in texts if (count := self._cache.get(text)) is not None}
        missing = tuple(dict.fromkeys(text for text in texts if text not in known))
        if missing:
            counts = await self._ask(missing)
            known.update(zip(missing, counts, strict=True))
            for text, count in zip(missing, counts, strict=True):
                self._cache.put(text, count)
        return [known[text] for text in texts]

    async def _ask(self, texts: tuple[str, ...]) -> tuple[int, ...]:
        question = _Question(Count(next(self._ids), texts))
        self._questions[question.frame.count_id] = question
        try:
            self._put(question)
            return await question.answer
        finally:
            self._questions.pop(question.frame.count_id, None)

    def _put(self, question: _Question) -> None:
        if self._send is None:
            return
        try:
            self._send(question.frame)
        except WireError as error:
            question.fail(PromptTooLongError(str(error)))

    def attach(self, send: Send) -> None:
        """A process is ready: ask it what is not answered."""
        self._send = send
        for question in list(self._questions.values()):
            self._put(question)

    def detach(self) -> None:
        """The process is gone. Questions wait for the next one; those that saw two die are given up."""
        if self._send is None:
            return
        self._send = None
        for question in list(self._questions.values()):
            question.crashes += 1
            if question.crashes >= _MAX_CRASHES:
                question.fail(EngineDeadError("the engine's process died twice while it counted tokens"))

    def answered(self, frame: Counted) -> None:
        """The process answered."""
        question = self._questions.get(frame.count_id)
        if question is not None and not question.answer.done():
            question.answer.set_result(frame.counts)

    def fail_all(self, error: GenerationError) -> None:
        """No answer will ever come."""
        for question in list(self._questions.values()):
            question.fail(error)
