"""How far a channel was read, how often Slack is asked, and how Slack's times and threads are understood."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime

import pytest

from bot.messages import ConversationKey
from bot.platforms.gaps import Depth
from bot.platforms.slack import quota
from bot.platforms.slack.payloads import Payload
from bot.platforms.slack.quota import LimitedError, Quota
from bot.platforms.slack.stretches import FIRST_TS, Hole, Stretches, Thread
from bot.platforms.slack.visit import Visit, thread_in, thread_of, to_ts
from bot.storage.digests import Place

LINK, ROOT = "https://a.slack.com/archives/C1/p1700000000000100", "1700000000.000050"


def ts(number: int) -> str:
    return f"{1_700_000_000 + number}.000100"


# --- stretches -------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(30))
def test_whatever_is_read_in_whatever_pieces_nothing_is_read_twice_and_nothing_left_out(seed: int) -> None:
    """A channel that grows, read back by pages of any length, each reading given up anywhere."""
    dice = random.Random(seed)
    messages, read, stretches = [ts(0)], list[str](), Stretches()
    for _ in range(40):
        messages += [ts(len(messages) + number) for number in range(dice.randrange(6))]
        hole: Hole | None = stretches.newest_hole()
        while hole is not None:
            inside = [one for one in messages if hole.after < one and (not hole.before or one < hole.before)]
            page = inside[-dice.randrange(1, 5) :]
            read += page
            first = hole.after if len(page) == len(inside) else page[0]
            rest = stretches.fill(hole, first, max(page, default=hole.after))
            assert (rest is None) == (len(page) == len(inside))
            hole = rest or stretches.hole_before(hole.after)
            if dice.random() < 0.4:
                break
        stretches = Stretches.from_json(stretches.to_json())
    while (hole := stretches.newest_hole_between()) is not None:
        read += [one for one in messages if hole.after < one < hole.before]
        assert stretches.fill(hole, hole.after, hole.after) is None
    hole = stretches.newest_hole()
    read += [one for one in messages if hole.after < one]
    assert sorted(read) == messages
    assert len(stretches.spans) == 1


def test_a_channel_that_was_never_read_has_one_hole() -> None:
    assert Stretches.from_json(None).newest_hole() == Hole(FIRST_TS)
    assert Stretches().newest_hole_between() is None


def test_threads_wait_until_they_are_read() -> None:
    stretches = Stretches()
    stretches.found(ts(1), Thread(ts(9), 3))
    assert Stretches.from_json(stretches.to_json()) == stretches
    stretches.read_thread(ts(1), ts(9))
    stretches.found(ts(1), Thread(ts(9), 3))
    assert not stretches.unread
    stretches.found(ts(1), Thread(ts(12), 4))
    assert stretches.unread == {ts(1): Thread(ts(12), 4)}


# --- visits ----------------------------------------------------------------------------------


def visit(*, key: ConversationKey | None = None) -> Visit:
    key = key or ConversationKey("slack", "T1", "C1")
    return Visit(None, key, Depth(100, has_threads=True), 0.0)  # type: ignore[arg-type]


def test_missing_names_what_was_not_read_and_is_wanted() -> None:
    reading = visit()
    reading.stretches.spans = [(ts(50), ts(90))]
    reading.stretches.unread = {
        ts(60): Thread(ts(70), 3),
        ts(61): Thread(ts(80), 4),
        ts(51): Thread(ts(52), 9),
    }
    reading.is_current, reading.why = True, "Slack is slow"
    assert reading.wanted_threads(ts(55)) == [ts(61), ts(60)]
    missing = reading.missing(ts(55))
    assert (missing.messages, missing.threads, missing.before, missing.why) == (7, 2, None, "Slack is slow")
    assert reading.missing(ts(20)).before == datetime.fromtimestamp(float(ts(50)), UTC)
    reading.is_current = False
    assert reading.missing(ts(85)).lacks_newest


def test_progress_is_told_in_messages_and_threads() -> None:
    reading = visit()
    assert reading.line == "reading"
    reading.read = 1400
    assert reading.line == "read 1,400 messages"
    reading.threads, reading.threads_left = 12, 19
    assert reading.line == "read 1,400 messages, 12 of 31 threads"


def test_times_are_slacks_to_the_microsecond() -> None:
    moment = datetime(2026, 11, 24, 3, 12, 6, 25, tzinfo=UTC)
    assert to_ts(moment) == f"{int(moment.timestamp())}.000025"
    assert to_ts(Place(1_700_000_000_000_100, 1, 2)) == "1700000000.000100"
    assert to_ts(datetime.min.replace(tzinfo=UTC)) == FIRST_TS


@pytest.mark.parametrize(
    ("link", "root"),
    [
        (
            f"{LINK}?thread_ts={ROOT}&cid=C1",
            ROOT,
        ),
        (
            f"<{LINK}?cid=C1&thread_ts={ROOT}>",
            ROOT,
        ),
        (LINK, None),
        (f"thread_ts={ROOT}", None),
    ],
)
def test_links_to_replies_name_their_thread(link: str, root: str | None) -> None:
    assert thread_in(link) == root


@pytest.mark.parametrize(
    ("message", "thread"),
    [
        ({"ts": ts(1), "thread_ts": ts(1), "reply_count": 2, "latest_reply": ts(5)}, Thread(ts(5), 2)),
        ({"ts": ts(2), "thread_ts": ts(1), "reply_count": 2, "latest_reply": ts(5)}, None),
        ({"ts": ts(1), "thread_ts": ts(1), "reply_count": 0, "latest_reply": ts(1)}, None),
        ({"ts": ts(1)}, None),
        ({"ts": ts(1), "reply_count": "2", "latest_reply": 5}, None),
    ],
)
def test_roots_say_what_replies_they_have(message: Payload, thread: Thread | None) -> None:
    assert thread_of(message) == thread


# --- quotas ----------------------------------------------------------------------------------


async def test_turns_come_at_once_for_a_while_and_then_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quota, "INTERVAL_S", 0.02)
    monkeypatch.setattr(quota, "BURST", 5)
    loop = asyncio.get_running_loop()
    turns, begun = Quota(), loop.time()
    for _ in range(5):
        await turns.turn(begun + 1)
    assert loop.time() - begun < 0.02
    await asyncio.gather(*(turns.turn(begun + 1) for _ in range(5)))
    assert loop.time() - begun >= 5 * 0.02


async def test_a_turn_that_would_come_too_late_is_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quota, "BURST", 1)
    loop = asyncio.get_running_loop()
    turns, begun = Quota(), loop.time()
    await turns.turn(begun + 0.5)
    with pytest.raises(LimitedError):
        await turns.turn(begun + 0.5)
    turns = Quota()
    turns.close(60.0)
    with pytest.raises(LimitedError):
        await turns.turn(begun + 30.0)
    assert loop.time() - begun < 0.3


async def test_what_nobody_waits_for_leaves_turns_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quota, "BURST", 4)
    monkeypatch.setattr(quota, "SPARE", 2)
    turns, until = Quota(), asyncio.get_running_loop().time() + 0.5
    for _ in range(2):
        await turns.turn(until, is_urgent=False)
    with pytest.raises(LimitedError):
        await turns.turn(until, is_urgent=False)
    for _ in range(2):
        await turns.turn(until)
