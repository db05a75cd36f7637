"""What is looked for after a break, and what is found: pure decisions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.messages import Command, ConversationKey
from bot.platforms.gaps import LATE, MARGIN, Depth, Past, Place, depth_for, depth_of, differences, gaps_in
from bot.storage.known import KnownMessage, Reach

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
CHANNEL, OTHER = ConversationKey("list", "w", "1"), ConversationKey("list", "w", "2")
ELSEWHERE = ConversationKey("list", "v", "3")


def ago(**time: float) -> datetime:
    return NOW - timedelta(**time)


def past(name: str, sent_at: datetime, edited_at: datetime | None = None) -> Past[str]:
    return Past(name, sent_at, edited_at, name)


def known(
    name: str,
    sent_at: datetime,
    edited_at: datetime | None = None,
    *,
    is_own: bool = False,
    is_deleted: bool = False,
    is_command: bool = False,
) -> KnownMessage:
    return KnownMessage(name, sent_at, edited_at, is_own, is_deleted, is_command, was_told=True)


# --- how far back ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "options", "depth"),
    [
        ("chat", {}, Depth(100)),
        ("ask", {"question": "why?"}, Depth(100)),
        ("write", {}, Depth(0)),
        ("summarize", {}, Depth(100, has_threads=True)),
        ("summarize", {"last": "2,500"}, Depth(2500, has_threads=True)),
        ("summarize", {"last": "many"}, Depth(100, has_threads=True)),
        ("summarize", {"last": "999999"}, Depth(20_000, has_threads=True)),
        ("summarize", {"since": "2h"}, Depth(20_000, NOW - timedelta(hours=2), has_threads=True)),
        ("summarize", {"since": "last spring"}, Depth(20_000, has_threads=True)),
        ("summarize", {"since": "my last message"}, Depth(20_000, is_since_visit=True, has_threads=True)),
        ("summarize", {"from": "1.5"}, Depth(20_000, ids=("1.5",), has_threads=True)),
        ("catchup", {}, Depth(20_000, is_since_visit=True, has_threads=True)),
        ("search", {"words": "x", "from": "Ann"}, Depth(500, has_threads=True)),
        ("search", {"words": "x", "last": "30"}, Depth(30, has_threads=True)),
        ("digested", {"since": NOW.isoformat()}, Depth(20_000, NOW, has_threads=True)),
    ],
)
def test_an_answer_says_how_far_back_it_reads(name: str, options: dict[str, str], depth: Depth) -> None:
    command = None if name == "chat" else Command(name, options)
    assert depth_of(command, NOW, 500) == depth


@pytest.mark.parametrize(
    ("command", "limit", "depth"),
    [
        (None, 500, 100),
        (None, 20, 20),
        ("ask", 500, 100),
        ("summarize", 500, 500),
        ("help", 500, 0),
        ("summarize", 0, 0),
    ],
)
def test_a_command_about_the_channel_reads_more(command: str | None, limit: int, depth: int) -> None:
    assert depth_for(Command(command) if command else None, limit) == depth


# --- where to look ---------------------------------------------------------------------------


def test_news_come_first_then_what_was_active_and_the_newest_first() -> None:
    reach = [
        Reach(CHANNEL, ago(hours=5), ago(days=9)),
        Reach(OTHER, ago(hours=3), ago(days=9)),
    ]
    new = ConversationKey("list", "w", "new")
    places = [Place(new, ago(hours=1)), Place(CHANNEL, ago(hours=2)), Place(OTHER, ago(hours=3))]
    gaps = gaps_in(places, reach, NOW)
    assert list(gaps) == [new, CHANNEL, OTHER]
    assert set(gaps.values()) == {ago(hours=3) - MARGIN}


def test_where_memory_has_the_last_message_waits_for_the_news() -> None:
    reach = [Reach(CHANNEL, ago(hours=5), ago(days=9)), Reach(OTHER, ago(hours=3), ago(days=9))]
    places = [Place(CHANNEL, ago(hours=1), "answer", is_known=True), Place(OTHER, ago(hours=2), "news")]
    assert list(gaps_in(places, reach, NOW)) == [OTHER, CHANNEL]


def test_what_was_silent_for_long_is_left_alone() -> None:
    reach = [Reach(CHANNEL, ago(days=8), ago(days=9)), Reach(OTHER, ago(days=1), ago(days=9))]
    silent = Place(ConversationKey("list", "w", "silent"), ago(days=30))
    assert list(gaps_in([silent, Place(CHANNEL, ago(days=8))], reach, NOW)) == [OTHER]


def test_where_nothing_is_known_nothing_was_missed() -> None:
    assert gaps_in([Place(ELSEWHERE, ago(minutes=1))], [Reach(CHANNEL, NOW, NOW)], NOW) == {
        CHANNEL: NOW - MARGIN
    }


def test_a_bot_that_was_connected_may_have_missed_something_even_there() -> None:
    gaps = gaps_in([Place(ELSEWHERE, ago(minutes=1))], [], NOW, connected_since=ago(hours=1))
    assert gaps == {ELSEWHERE: NOW - LATE - MARGIN}


def test_what_was_heard_after_the_break_is_no_sign_of_having_heard_before() -> None:
    reach = [Reach(CHANNEL, ago(hours=5), ago(days=9)), Reach(OTHER, None, ago(minutes=2))]
    gaps = gaps_in([], reach, NOW)
    assert gaps == dict.fromkeys((OTHER, CHANNEL), ago(hours=5) - MARGIN)


# --- what differs ----------------------------------------------------------------------------

EVERYTHING = (ago(days=1), NOW)


def test_what_memory_never_had_is_new_and_the_oldest_first() -> None:
    read = [past("c", ago(minutes=1)), past("b", ago(minutes=2)), past("a", ago(minutes=3))]
    found = differences(read, [known("b", ago(minutes=2))], since=ago(hours=1), covered=EVERYTHING)
    assert [message.id for message in found.new] == ["a", "c"]
    assert found.edited == () and found.gone == ()


def test_what_is_older_than_the_gap_is_not_new() -> None:
    found = differences([past("a", ago(hours=2))], [], since=ago(hours=1), covered=EVERYTHING)
    assert found.new == ()


def test_what_was_deleted_from_memory_does_not_come_back() -> None:
    there = [past("a", ago(minutes=2), ago(minutes=1))]
    memory = [known("a", ago(minutes=2), is_deleted=True)]
    assert differences(there, memory, since=ago(hours=1), covered=EVERYTHING) == differences(
        [], [], since=NOW, covered=EVERYTHING
    )


def test_what_was_edited_since_is_told_once() -> None:
    there = [past("a", ago(minutes=9), ago(minutes=5)), past("b", ago(minutes=9), ago(minutes=5))]
    memory = [known("a", ago(minutes=9)), known("b", ago(minutes=9), ago(minutes=5))]
    found = differences(there, memory, since=ago(hours=1), covered=EVERYTHING)
    assert [message.id for message in found.edited] == ["a"]


def test_what_is_not_there_any_more_is_gone() -> None:
    memory = [
        known("before what was read", ago(days=2)),
        known("gone", ago(hours=3)),
        known("its answer", ago(hours=3), is_own=True),
        known("a command", ago(hours=3), is_command=True),
        known("known to be gone", ago(hours=3), is_deleted=True),
        known("after it", NOW + timedelta(minutes=1)),
    ]
    found = differences([past("a", ago(minutes=1))], memory, since=ago(hours=1), covered=EVERYTHING)
    assert found.gone == ("gone", "its answer")
