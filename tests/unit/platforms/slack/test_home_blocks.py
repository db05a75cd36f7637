"""How the home tab looks: within Slack's limits whatever there is to tell, and calling nobody."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from bot.conversation.schedules import Rhythm, Schedule
from bot.messages import ConversationKey
from bot.platforms.slack.home_blocks import COMMANDS, HOME, LABELS, MAX_DIGESTS, Glance, Kept, home_view
from bot.platforms.slack.names import Person
from bot.storage.records import Tally, Traces
from tests.integration.slack.fake_blocks import view_problems
from tests.unit.platforms.slack.payloads import buttons_of, label_of, text_of

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
KEPT = Kept(Traces(12, 5, 2, 1, 0, datetime(2026, 11, 3, 23, 30, tzinfo=UTC)))


def digest(channel: str, at: str = "09:00", thread: str | None = None) -> tuple[ConversationKey, Schedule]:
    rhythm = Rhythm((0, 1, 2, 3, 4, 5), at, "America/Argentina/ComodRivadavia")
    return ConversationKey("slack", "T1", channel, thread), Schedule(
        1, rhythm, NOW.isoformat(), NOW.isoformat()
    )


def glance(**known: object) -> Glance:
    return Glance("Parley", "`script` is ready.", NOW, **known)  # type: ignore[arg-type]


def test_what_is_known_is_told_in_numbers() -> None:
    text = text_of(home_view(glance(kept=KEPT, digests=[], is_whole=True)))
    assert "12 messages, 5 answers, 2 facts and 1 setting, since 2026-11-03" in text
    assert "Memory: on" in text and "In the whole workspace" not in text and "None. Who manages" in text


def test_times_are_those_of_the_person() -> None:
    person = Person(zone=timezone(timedelta(hours=1)))
    text = text_of(home_view(glance(kept=KEPT, person=person)))
    assert "since 2026-11-04" in text and "Time zone: UTC+01:00" in text


def test_what_is_not_known_yet_is_told_apart_from_what_cannot_be_known() -> None:
    assert text_of(home_view(glance())).count("One moment") == 4
    view = home_view(glance(is_whole=True))
    assert text_of(view).count("I cannot look that up") == 4
    assert list(buttons_of(view)) == [f"{HOME}help", f"{HOME}export", f"{HOME}forget"]


def test_who_manages_the_workspace_sees_its_numbers() -> None:
    tally = Tally(1234, NOW, 5, 20, 3, 1, 2)
    assert "workspace: 1,234 messages of 5 people" in text_of(
        home_view(glance(kept=replace(KEPT, everywhere=tally)))
    )


def test_what_was_set_is_told_and_memory_can_be_switched() -> None:
    view = home_view(glance(kept=replace(KEPT, is_left_out=True, has_wish=True)))
    assert "Memory: off" in text_of(view) and "How I answer you: as you said" in text_of(view)
    assert f"{HOME}take-in" in buttons_of(view) and f"{HOME}leave-out" not in buttons_of(view)


def test_digests_come_in_the_order_of_their_times_and_the_last_ones_are_counted() -> None:
    late, soon = digest("C2", "23:59"), digest("C1", "00:30", "1.2")
    text = text_of(home_view(glance(digests=[late, soon, digest("D1", "12:00")])))
    assert text.index("<#C1> (a thread)") < text.index("our direct messages") < text.index("<#C2>")
    assert "<#D1>" not in text and "2026-11-24 03:30 UTC" in text
    view = home_view(glance(digests=[digest(f"C{number:020d}") for number in range(50)]))
    assert view_problems(view) == []
    assert text_of(view).count("<#C") == MAX_DIGESTS and "… and 38 more" in text_of(view)


@pytest.mark.parametrize("language", ["", "sv", *LABELS])
def test_every_language_keeps_to_the_limits(language: str) -> None:
    assert LABELS.get(language, LABELS["en"]).keys() == LABELS["en"].keys()
    view = home_view(glance(kept=KEPT, person=Person(language=language), notice="Soon"))
    assert view_problems(view) == []
    buttons = buttons_of(view)
    assert label_of(buttons[f"{HOME}forget"]) == LABELS.get(language, LABELS["en"])["forget"]
    assert {name.removeprefix(HOME) for name in buttons} <= COMMANDS.keys()


def test_the_mark_tells_looks_apart() -> None:
    marks = [home_view(one)["private_metadata"] for one in (glance(), glance(), glance(kept=KEPT))]
    assert marks[0] == marks[1] != marks[2]
