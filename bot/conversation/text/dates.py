"""Reads days and times of day out of text in many shapes, and says whether two of them may be the same.

Days that depend on when they were said ("tomorrow", "on Friday") are resolved against the message's own time.
Knows no clock and no time zone but that of the time it is given.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

_MONTH_NAMES = (
    "january janvier januar enero janeiro gennaio jan|february février februar febrero fevereiro febbraio feb"
    "|march mars märz marzo março mar|april avril abril aprile apr|may mai mayo maio maggio"
    "|june juin juni junio junho giugno jun|july juillet juli julio julho luglio jul"
    "|august août agosto aug|september septembre septiembre setembro settembre sept sep"
    "|october octobre oktober octubre outubro ottobre oct|november novembre noviembre novembro nov"
    "|december décembre dezember diciembre dezembro dicembre dec"
)
_WEEKDAY_NAMES = (
    "monday lundi montag lunes segunda-feira lunedì mon|tuesday mardi dienstag martes terça-feira martedì"
    " tue tues|wednesday mercredi mittwoch miércoles quarta-feira mercoledì wed|thursday jeudi donnerstag"
    " jueves quinta-feira giovedì thu thurs|friday vendredi freitag viernes sexta-feira venerdì fri"
    "|saturday samedi samstag sábado sabato|sunday dimanche sonntag domingo domenica"
)
MONTHS = {name: at for at, names in enumerate(_MONTH_NAMES.split("|"), 1) for name in names.split()}
_WEEKDAYS = {name: at for at, names in enumerate(_WEEKDAY_NAMES.split("|")) for name in names.split()}
_RELATIVE = {
    word: days
    for days, names in {
        0: "today tonight heute aujourd'hui hoy hoje oggi 今天 今日",
        1: "tomorrow morgen demain mañana amanhã domani 明天 明日",
        2: "übermorgen après-demain 后天",
        -1: "yesterday gestern hier ayer ontem ieri 昨天 昨日",
    }.items()
    for word in names.split()
}


def _one_of(names: dict[str, int]) -> str:
    return "|".join(sorted(names, key=len, reverse=True))


_DAY = r"(?P<{0}>\d{{1,2}})(?:st|nd|rd|th|\.|er)?"
_DATES = re.compile(
    r"(?:(?<!\w)(?=\w)|(?=[今明昨后]))(?:"  # where a word begins: what else there is, is passed quickly
    r"(?P<iso>\b\d{4}-\d{2}-\d{2}\b)|(?P<slashed>\b\d{1,2}[/.]\d{1,2}[/.]\d{2,4}\b)"
    rf"|\b{_DAY.format('day')}\s?(?:of\s|de\s)?(?P<month>{_one_of(MONTHS)})\b(?:,?\s(?P<year>\d{{4}}))?"
    rf"|\b(?P<month2>{_one_of(MONTHS)})\.?\s(?:the\s)?{_DAY.format('day2')}\b(?!:)(?:,?\s(?P<year2>\d{{4}}))?"
    rf"|\b(?P<which>next|last|this)?\s?\b(?P<weekday>{_one_of(_WEEKDAYS)})s?\b"
    rf"|(?<!\w)(?P<relative>{_one_of(_RELATIVE)})(?!\w)|(?P<cjk>[今明昨后][天日])"
    rf"|\b(?:in|of|since|until|till|by|next|last|this|during|im|en|em)\s(?P<month3>{_one_of(MONTHS)})\b"
    r"|\b(?:the\s)?(?P<day3>\d{1,2})(?:st|nd|rd|th)\b(?P<this>\sof\sthis\smonth)?)",
    re.IGNORECASE,
)
_TIMES = re.compile(
    r"(?=[\dnm])(?:\b(?P<hour>\d{1,2})(?:[:.h](?P<minute>\d{2}))?\s?(?P<half>am|pm|a\.m\.|p\.m\.)(?!\w)"
    r"|(?<![\d:.])(?P<hour2>\d{1,2}):(?P<minute2>\d{2})(?![:\d])"
    r"|\b(?P<hour3>\d{1,2})(?:h(?P<minute3>\d{2})?|\s?uhr|\s?o'clock)\b|(?P<hour4>\d{1,2})[点點时時]"
    r"|\b(?P<word>noon|midday|midnight)\b)",
    re.IGNORECASE,
)
_HALF_DAY = 12 * 60


@dataclass(frozen=True, slots=True)
class Day:
    """What is known of a day; None for what is not. `word` is the relative word as it was written."""

    year: int | None = None
    month: int | None = None
    day: int | None = None
    weekday: int | None = None
    word: str = ""

    def agrees(self, other: Day) -> bool:
        """Whether both may be one day, with at least one thing known of both."""
        pairs = [
            (mine, theirs)
            for mine, theirs in (
                (self.year, other.year), (self.month, other.month), (self.day, other.day),
                (self.weekday, other.weekday),
            )
            if mine is not None and theirs is not None
        ]  # fmt: skip
        is_same_word = bool(self.word) and self.word == other.word
        return is_same_word or (bool(pairs) and all(mine == theirs for mine, theirs in pairs))


@dataclass(frozen=True, slots=True)
class TimeOfDay:
    """Minutes after midnight; `is_sure` where the half of the day is known."""

    minutes: int
    is_sure: bool

    def agrees(self, other: TimeOfDay) -> bool:
        if self.is_sure and other.is_sure:
            return self.minutes == other.minutes
        return self.minutes % _HALF_DAY == other.minutes % _HALF_DAY


def days(text: str, said_at: datetime | None) -> list[Day]:
    """The days that `text` names. Without `said_at`, words such as `tomorrow` stay words."""
    return [day for match in _DATES.finditer(text) for day in _days(match, said_at)]


def day_of(moment: datetime) -> Day:
    """The whole day of a moment, in its own zone."""
    return _whole(moment.date())


def times_of_day(text: str) -> list[TimeOfDay]:
    """The times of day that `text` names."""
    found = [_time(match) for match in _TIMES.finditer(text)]
    return [moment for moment in found if moment.minutes < 24 * 60]


def without_dates(text: str) -> str:
    """`text` with its days and times blanked out, for what reads other numbers."""
    return _TIMES.sub(" ", _DATES.sub(" ", text))


def _days(match: re.Match[str], said_at: datetime | None) -> list[Day]:
    part = {name: value.lower() for name, value in match.groupdict().items() if value}
    word = part.get("relative") or part.get("cjk")
    if word:
        return _relative(word, said_at)
    if "weekday" in part:
        return _weekday(_WEEKDAYS[part["weekday"]], part.get("which", ""), said_at)
    if "iso" in part or "slashed" in part:
        return _numeric(part.get("iso") or part["slashed"])
    month = MONTHS.get(part.get("month") or part.get("month2") or part.get("month3") or "")
    if part.get("month3") == "may" and not match["month3"].istitle():
        return []
    day = int(part.get("day") or part.get("day2") or part.get("day3") or 0) or None
    year = int(part.get("year") or part.get("year2") or 0) or None
    if "this" in part and said_at:
        month = said_at.month
    return _named(year, month, day, said_at) if day is None or day <= 31 else []


def _named(year: int | None, month: int | None, day: int | None, said_at: datetime | None) -> list[Day]:
    """A day by name; its weekday is known where its year can be told: the nearest to when it was said."""
    if not (month and day) or not (year or said_at):
        return [Day(year, month, day)]
    years = [year] if year else [said_at.year + shift for shift in (-1, 0, 1)] if said_at else []
    wholes = [whole for choice in years if (whole := _date(choice, month, day))]
    if not wholes:
        return []
    near = said_at.date() if said_at else wholes[0]
    return [_whole(min(wholes, key=lambda whole: abs((whole - near).days)))]


def _numeric(text: str) -> list[Day]:
    first, second, third = (int(part) for part in re.split(r"[-/.]", text))
    if "-" in text:
        orders = [(first, second, third)]
    else:
        year = third + 2000 if third < 100 else third
        orders = [(year, second, first), (year, first, second)]
    return [_whole(whole) for order in orders if (whole := _date(*order))]


def _relative(word: str, said_at: datetime | None) -> list[Day]:
    if said_at is None:
        return [Day(word=word)]
    found = _whole(said_at.date() + timedelta(days=_RELATIVE[word]))
    return [Day(found.year, found.month, found.day, found.weekday, word)]


def _weekday(weekday: int, which: str, said_at: datetime | None) -> list[Day]:
    """The next day of that name and the one before, since the tense of a sentence is not read."""
    if said_at is None:
        return [Day(weekday=weekday)]
    ahead = said_at.date() + timedelta(days=(weekday - said_at.weekday()) % 7)
    weeks = {"next": (0, 1), "last": (-1,), "this": (0,)}.get(
        which, (-1, 0, 1) if ahead == said_at.date() else (-1, 0)
    )
    return [_whole(ahead + timedelta(weeks=week)) for week in weeks]


def _whole(day: date) -> Day:
    return Day(day.year, day.month, day.day, day.weekday())


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _time(match: re.Match[str]) -> TimeOfDay:
    if match["word"]:
        return TimeOfDay(0 if match["word"].lower() == "midnight" else _HALF_DAY, True)
    hour = int(match["hour"] or match["hour2"] or match["hour3"] or match["hour4"])
    minute = int(match["minute"] or match["minute2"] or match["minute3"] or 0)
    if match["half"]:
        hour = hour % 12 + 12 * match["half"].lower().startswith("p")
    return TimeOfDay(hour * 60 + minute, bool(match["half"]) or hour > 12)
