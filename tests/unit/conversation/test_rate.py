"""How much one person may ask for: a minute's worth at once, then as fast as the bucket fills."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.conversation.rate import NOTICE, PersonRate
from bot.messages import Author, Command, IncomingMessage
from tests.support import message

ANN, BEN = Author("1", "Ann"), Author("2", "Ben")


class Clock:
    """A clock that a test moves."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


def asked(number: int, author: Author = ANN, command: Command | None = None) -> IncomingMessage:
    return replace(message(f"question {number}", command, number=number), author=author)


def answered(rate: PersonRate, *messages: IncomingMessage) -> int:
    """How many of these are to be answered as they were asked."""
    return sum(one in rate.taken(one) for one in messages)


def test_a_burst_is_answered_up_to_a_minutes_worth(clock: Clock) -> None:
    rate = PersonRate(20, clock)
    assert answered(rate, *(asked(number) for number in range(200))) == 20


def test_it_goes_on_as_the_bucket_fills(clock: Clock) -> None:
    rate = PersonRate(20, clock)
    count = 0
    for number in range(200):
        clock.now_s = number * 0.3  # 200 in a minute
        count += answered(rate, asked(number))
    assert 39 <= count <= 40
    clock.now_s += 60
    assert answered(rate, *(asked(300 + number) for number in range(30))) == 20


def test_others_are_not_counted_with_them(clock: Clock) -> None:
    rate = PersonRate(2, clock)
    assert answered(rate, *(asked(number) for number in range(5))) == 2
    assert answered(rate, asked(10, BEN), asked(11, BEN), asked(12, BEN)) == 2


def test_what_is_too_much_is_remembered_and_told_once_in_a_burst(clock: Clock) -> None:
    rate = PersonRate(4, clock)
    taken = [rate.taken(asked(number)) for number in range(8)]
    assert [len(one) for one in taken] == [1, 1, 1, 1, 2, 1, 1, 1]
    kept, notice = taken[4]
    assert kept == replace(asked(4), is_addressed=False)
    assert notice.command == Command(NOTICE, {"wait": "15"}) and notice.is_addressed
    assert notice.event_id != kept.event_id and notice.message_id == kept.message_id
    clock.now_s = 20  # one may be asked, and is; the burst is not over
    assert [len(rate.taken(asked(number))) for number in (10, 11)] == [1, 1]
    clock.now_s = 120
    assert [len(rate.taken(asked(number))) for number in range(12, 18)] == [1, 1, 1, 1, 2, 1]


def test_commands_count_and_leave_nothing_behind(clock: Clock) -> None:
    rate = PersonRate(1, clock)
    commands = [asked(number, command=Command("help")) for number in range(3)]
    taken = [rate.taken(command) for command in commands]
    assert taken[0] == (commands[0],) and taken[2] == ()
    assert [one.command.name for one in taken[1] if one.command] == [NOTICE]


def test_stopping_is_always_free(clock: Clock) -> None:
    rate = PersonRate(1, clock)
    stops = [asked(number, command=Command("stop")) for number in range(5)]
    assert answered(rate, *stops) == 5 and answered(rate, asked(9)) == 1
    assert answered(rate, asked(10, command=Command("stop"))) == 1


def test_the_same_event_counts_once(clock: Clock) -> None:
    rate = PersonRate(2, clock)
    assert answered(rate, *[asked(1)] * 5, asked(2)) == 6
    assert rate.taken(asked(3))[0] == replace(asked(3), is_addressed=False)
    clock.now_s = 300
    assert answered(rate, asked(3)) == 0, "a late copy of what was refused is not taken up"


def test_a_refused_command_is_told_at_once_where_the_platform_can(clock: Clock) -> None:
    rate = PersonRate(1, clock)
    first, second = (asked(number, command=Command("help")) for number in (1, 2))
    assert rate.refusal(first) == "" and rate.taken(first) == (first,)
    assert "in 60 s" in rate.refusal(second)
    assert rate.taken(second) == (), "told already"


def test_other_peoples_talk_costs_nothing(clock: Clock) -> None:
    rate = PersonRate(1, clock)
    talk = [replace(asked(number), is_addressed=False) for number in range(9)]
    assert [rate.taken(one) for one in talk] == [(one,) for one in talk]


def test_without_a_limit_everything_is_taken() -> None:
    assert answered(PersonRate(0), *(asked(number) for number in range(100))) == 100


def test_memory_of_people_and_events_is_bounded(clock: Clock) -> None:
    rate = PersonRate(3, clock)
    for number in range(12_000):
        rate.taken(asked(number, Author(str(number), "Somebody")))
    assert len(rate._buckets) <= 5_000 and len(rate._admitted) <= 2_000
