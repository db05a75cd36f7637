"""When digests are due: words in seven languages, time zones, and what is kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.conversation.schedules import (
    EVERY_DAY,
    WEEKDAYS,
    Rhythm,
    Schedule,
    find_zone,
    read_rhythm,
    read_schedules,
    write_schedules,
)
from bot.errors import CommandError


@pytest.mark.parametrize(
    ("text", "days", "at"),
    [
        ("every weekday 9:00", WEEKDAYS, "09:00"),
        ("weekdays at 9am", WEEKDAYS, "09:00"),
        ("Daily 18:30", EVERY_DAY, "18:30"),
        ("9", EVERY_DAY, "09:00"),
        ("every saturday at 12am", (5,), "00:00"),
        ("mondays, thursdays and fridays 5pm", (0, 3, 4), "17:00"),
        ("weekend 10.15", (5, 6), "10:15"),
        ("jeden Werktag um 9 Uhr", WEEKDAYS, "09:00"),
        ("montags und freitags um 18:30 Uhr", (0, 4), "18:30"),
        ("tous les jours à 9h30", EVERY_DAY, "09:30"),
        ("chaque lundi à 8h", (0,), "08:00"),
        ("todos los días laborables a las 9", WEEKDAYS, "09:00"),
        ("cada miércoles 10:00", (2,), "10:00"),
        ("todos os dias úteis às 9:00", WEEKDAYS, "09:00"),
        ("toda segunda-feira às 8h", (0,), "08:00"),
        ("每天9点", EVERY_DAY, "09:00"),
        ("工作日9点30分", WEEKDAYS, "09:30"),
        ("每周一 9:00", (0,), "09:00"),
        ("毎日9時", EVERY_DAY, "09:00"),
        ("毎週月曜日 9時", (0,), "09:00"),
        ("monday to friday 9:00", WEEKDAYS, "09:00"),
        ("from tuesday through thursday at 5pm", (1, 2, 3), "17:00"),
        ("mon-fri 9:00", WEEKDAYS, "09:00"),
        ("9:00 Mon–Wed and Fri", (0, 1, 2, 4), "09:00"),
        ("fri-mon 9:00", (0, 4, 5, 6), "09:00"),
        ("Montag bis Freitag 9 Uhr", WEEKDAYS, "09:00"),
        ("Mo-Fr um 9", WEEKDAYS, "09:00"),
        ("du lundi au vendredi à 9h", WEEKDAYS, "09:00"),
        ("lunes a viernes 9:00", WEEKDAYS, "09:00"),
        ("de lunes a jueves a las 9", (0, 1, 2, 3), "09:00"),
        ("de segunda a sexta às 9h", WEEKDAYS, "09:00"),
        ("segunda-feira até quinta-feira 8h", (0, 1, 2, 3), "08:00"),
        ("周一到周五 9点", WEEKDAYS, "09:00"),
        ("月曜から金曜まで9時", WEEKDAYS, "09:00"),
        ("monday to sunday 9:00", EVERY_DAY, "09:00"),
        ("lundi à 9h, vendredi", (0, 4), "09:00"),
    ],
)
def test_times_in_peoples_words(text: str, days: tuple[int, ...], at: str) -> None:
    assert read_rhythm(text) == Rhythm(days, at)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "every weekday",
        "every blue moon 9:00",
        "9:00 and 10:00",
        "25:00",
        "9:75",
        "13pm",
        "every 2 hours",
        "monday towards friday 9:00",
        "月〜金 9時",
    ],
)
def test_what_is_no_such_time_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(CommandError, match=r"example|For example") as refused:
        read_rhythm(text)
    assert "For example" in refused.value.user_message


def test_zones_are_found_by_name_and_by_city() -> None:
    assert find_zone("europe/berlin") == "Europe/Berlin" == find_zone("Berlin")
    assert find_zone("new york") == "America/New_York" and find_zone("UTC") == "UTC"
    with pytest.raises(CommandError):
        find_zone("Atlantis")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_the_time_of_day_stays_when_summer_time_begins_and_ends() -> None:
    daily = Rhythm(EVERY_DAY, "09:00", "Europe/Berlin")
    assert daily.after(at("2026-03-28T07:00")) == at("2026-03-28T08:00")
    assert daily.after(at("2026-03-28T09:00")) == at("2026-03-29T07:00")
    assert daily.after(at("2026-10-24T08:00")) == at("2026-10-25T08:00")


def test_a_skipped_time_comes_an_hour_later_and_a_doubled_one_once() -> None:
    night = Rhythm((6,), "02:30", "Europe/Berlin")
    assert night.after(at("2026-03-28T00:00")) == at("2026-03-29T01:30")
    assert night.after(at("2026-10-24T12:00")) == at("2026-10-25T00:30")
    assert night.after(at("2026-10-25T00:30")) == at("2026-11-01T01:30")


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu"])
@pytest.mark.parametrize("days", [EVERY_DAY, (0,), (2, 6)])
def test_last_and_next_stand_around_every_moment(zone: str, days: tuple[int, ...]) -> None:
    rhythm = Rhythm(days, "23:59", zone)
    for hours in range(0, 24 * 8, 5):
        moment = at("2026-06-01T00:00") + timedelta(hours=hours)
        assert rhythm.last(moment) <= moment < rhythm.after(moment)
        assert rhythm.after(rhythm.last(moment)) == rhythm.after(moment)


def test_what_is_kept_reads_as_it_was() -> None:
    kept = Schedule(
        3, Rhythm((0, 4), "08:15", "Asia/Tokyo"), "2026-01-01T00:00+00:00", "2026-01-02T00:00+00:00"
    )
    assert read_schedules(write_schedules([kept])) == [kept]
    assert write_schedules([]) is None and read_schedules(None) == []
