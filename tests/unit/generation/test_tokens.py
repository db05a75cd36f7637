"""Counting tokens: each text is asked once, the cache stays within its bytes, crashes are survived once."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import EngineDeadError, PromptTooLongError
from bot.generation.tokens import CountCache, TokenCounter
from bot.generation.wire import Count, Counted, WireError


@given(st.dictionaries(st.text(max_size=60), st.integers(0, 99), max_size=60))
def test_the_cache_is_right_about_what_it_knows_and_stays_within_its_limit(counts):
    cache = CountCache(2000)
    for text, count in counts.items():
        cache.put(text, count)
        assert cache.used_bytes <= 2000
    assert all(cache.get(text) in (None, count) for text, count in counts.items())


def test_the_least_recently_used_goes_first():
    cache = CountCache(4 * 204)
    for number, text in enumerate("abcd"):
        cache.put(text, number)
    cache.get("a")
    cache.put("e", 4)
    assert cache.get("b") is None
    assert cache.get("a") == 0


class Process:
    """Answers Count frames with the length of each text."""

    def __init__(self, counter: TokenCounter) -> None:
        self.counter = counter
        self.asked: list[Count] = []
        self.answers = True

    def send(self, frame: object) -> None:
        assert isinstance(frame, Count)
        self.asked.append(frame)
        if self.answers:
            self.counter.answered(Counted(frame.count_id, tuple(map(len, frame.texts))))


async def test_each_text_is_asked_once():
    counter = TokenCounter(10_000)
    process = Process(counter)
    counter.attach(process.send)
    assert await counter.count(["one", "three", "one"]) == [3, 5, 3]
    assert await counter.count(["three", "", "one"]) == [5, 0, 3]
    assert [frame.texts for frame in process.asked] == [("one", "three"), ("",)]
    assert await counter.count([]) == []


async def test_questions_wait_for_a_process_and_survive_one_crash():
    counter = TokenCounter(10_000)
    process = Process(counter)
    process.answers = False
    task = asyncio.create_task(counter.count(["abc"]))
    await asyncio.sleep(0)
    assert process.asked == []
    counter.attach(process.send)
    counter.detach()
    assert not task.done()
    process.answers = True
    counter.attach(process.send)
    assert await task == [3]
    assert len(process.asked) == 2


async def test_a_question_that_sees_two_processes_die_is_given_up():
    counter = TokenCounter(10_000)
    process = Process(counter)
    process.answers = False
    task = asyncio.create_task(counter.count(["abc"]))
    await asyncio.sleep(0)
    for _ in range(2):
        counter.attach(process.send)
        counter.detach()
    with pytest.raises(EngineDeadError):
        await task


async def test_texts_too_large_for_a_frame_are_too_long():
    counter = TokenCounter(10_000)

    def send(frame: object) -> None:
        raise WireError("too large")

    counter.attach(send)
    with pytest.raises(PromptTooLongError):
        await counter.count(["abc"])
