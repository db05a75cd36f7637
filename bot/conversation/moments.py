"""Points in time in people's own words, in seven languages: `seit gestern 9 Uhr`, `the last 2 hours`,
`desde hace 3 días`, `昨日から`. Each becomes a value that `text.times` reads. Pure; knows no clock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

from bot.conversation.lexicon import (
    Form,
    Line,
    a_number,
    either,
    maybe,
    named,
    number_of,
    phrase,
    phrases,
    sequence,
    shape,
    words,
)
from bot.conversation.text.dates import MONTHS
from bot.conversation.text.languages import folded
from bot.conversation.words import LOCALES
from bot.conversation.words import words as words_of

UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
VISIT = "my last message"

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAYS = ("today", "yesterday", *_WEEKDAYS)
_WEEK = "1w"
_MOST_DAYS, _MOST_MONTHS = 31, 12
_AFTERNOON = ("下午", "午後", "晚上")

_AT = shape(r"(?:[,の的]|(?P<at>at|um|gegen|a las?|a partir das?|as|a|vers)(?= ))")
_CLOCK = shape(
    r"(?:(?P<half_day>上午|下午|午前|午後|早上|晚上) ?)?(?<![\d.,:/-])"
    r"(?<!\bthe )(?<!\bdem )(?<!\ble )(?<!\bel )(?<!\bdia )(?P<hour>\d{1,2})"  # those go before days
    r"(?: ?(?P<mark>[:h點点時时](?!間|间)|\.(?= ?\d{2}(?!\d))|uhr|o'clock|heures|horas|hs)"
    r"(?: ?(?P<minute>\d{2})(?!\d))?(?P<half>半)?分?)?"
    r"(?: ?(?P<meridiem>[ap]\.?m\.?))?(?: ?(?:uhr|h))?(?![a-z\d:./-]\d|[a-z\d])"
)
_NO_CLOCK = r"(?! ?(?:uhr|h\b|hs\b|horas|heures|o'clock|[ap]\.?m\b))"
_NO_DATE = r"(?<![\w.,:/-])(?<!\bat )(?<!\bum )(?<!\blas )(?<!\bas )"
_DATES = (
    shape(r"(?<!\d)(?P<date>\d{4}-\d{2}-\d{2})(?!\d)"),
    shape(r"(?<![\w.,:/-])(?P<dd>\d{1,2})\.(?P<mm>\d{1,2})\.(?:(?P<yy>\d{4}|\d{2}))?(?!\d)"),
    shape(r"(?:(?P<yy>\d{4})年 ?)?(?<!\d)(?P<mm>\d{1,2})月 ?(?P<dd>\d{1,2})[日号號]"),
)
_LOOSE_DATES = (
    shape(rf"{_NO_DATE}(?P<dd>\d{{1,2}})\.(?P<mm>\d{{1,2}})(?![\w:./-]){_NO_CLOCK}"),
    shape(r"(?<![\w.,:/-])(?P<either>\d{1,2}/\d{1,2})(?:/(?P<yy>\d{4}|\d{2}))?(?![\w:/-])"),
)
"""What may be something else where no word says that it is a time."""
_ANY_NUMBERS = shape(r"(?<![\w.,:/-])(?P<wrong>\d{1,2}(?:[:./-]\d{1,4})*\.?)(?!\w)")
_ROMANCE = shape(r"(?:depuis|a partir d[eao]s?|desde)(?: (?:las?|as|les))?(?= )")
"""Behind these words `9h` is a time of day; behind others it is nine hours ago."""

Parts = Mapping[str, str]
Value = Callable[[Parts], str | None]


class Moments:
    """Reads the points in time in a line; what it reads is struck out."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def take(self) -> str | None:
        """The first point in time that is plain, None where there is none."""
        for form, value in _forms():
            found = self._line.search(form)
            if found is None:
                continue
            begin, match = found
            parts = {name: self._line.left[slice(*span)] for name, span in match.parts.items()}
            if (meant := value(parts)) is not None:
                self._line.strike(begin, match.end)
                return meant
        return None


@cache
def _forms() -> tuple[tuple[Form, Value], ...]:
    """All forms, those first that others would find a part of."""
    filler, last = maybe(words("filler")), words("last")
    since, behind = words("since"), words("since behind")
    number, day = named("n", a_number()), named("day", phrase(*_days()))
    noon = named("named", words("noon", "midnight"))

    def bounded(*forms: Form) -> Form:
        return sequence(maybe(since), filler, *forms, maybe(behind))

    forms: list[tuple[Form, Value]] = [(bounded(words("visit")), lambda parts: VISIT)]
    forms += [(bounded(form), _amount(unit)) for unit, form in _ago()]
    clock = sequence(maybe(_AT), _CLOCK)
    dates, loose = either(*_DATES, *_named_dates()), either(*_LOOSE_DATES)
    forms += [
        (bounded(dates, clock), _date),
        (bounded(dates), _date),
        (sequence(since, filler, loose, clock, maybe(behind)), _date),
        (sequence(since, filler, loose, maybe(behind)), _date),
        (sequence(loose, behind), _date),
        (bounded(clock, filler, day), _day),
        (sequence(_ROMANCE, _CLOCK), _time),
        (bounded(maybe(last), day, maybe(last), clock), _day),
        (bounded(maybe(last), day, maybe(last)), _day),
    ]
    for unit, name in UNITS.items():
        of_unit = words(name)
        forms += [
            (bounded(maybe(last), shape(rf"(?<![a-z\d.,:])(?P<n>\d{{1,4}}) ?{unit}(?!\w)")), _amount(unit)),
            (bounded(last, number, of_unit), _amount(unit)),
            (bounded(number, maybe(last), of_unit, maybe(last)), _amount(unit)),
            (bounded(last, of_unit), _amount(unit)),
        ]
    return (
        *forms,
        (sequence(since, filler, noon), _noon_or_midnight),
        (sequence(noon, behind), _noon_or_midnight),
        (sequence(since, filler, maybe(_AT), _CLOCK, maybe(behind)), _time),
        (sequence(_CLOCK, behind), _time),
        (_CLOCK, _plain_time),
        (sequence(since, filler, maybe(_AT), _ANY_NUMBERS), lambda parts: parts["wrong"]),
    )


@cache
def _named_dates() -> tuple[Form, Form]:
    """`20 November 2026`, `Nov 20`, `el 20 de noviembre`."""
    month = sequence(named("month", phrase(*_months())), maybe(shape(r"\.")))
    number = shape(r"(?<![\d.,:/-])(?P<dd>\d{1,2})(?![\d:])(?:st|nd|rd|th|er|\.)?(?!\w)")
    year = maybe(shape(r"(?:,|de)? ?(?P<yy>\d{4})(?!\d)"))
    of = maybe(phrase("of", "de", "del", "do"))
    return sequence(number, of, month, year), sequence(month, maybe(phrase("the")), number, year)


@cache
def _months() -> dict[str, int]:
    return {folded(name): month for name, month in MONTHS.items()}


@cache
def _days() -> dict[str, str]:
    """What days are called, folded, and what `text.times` calls them."""
    tables = [words_of(locale).times for locale in (*LOCALES, "en")]
    called = {folded(table[day]): day for table in tables for day in _DAYS}
    return called | {phrase: day for day in (*_DAYS, _WEEK) for phrase in phrases(day)}


@cache
def _ago() -> tuple[tuple[str, Form], ...]:
    """Units, and how so many of them ago is said."""
    said = {
        (unit, folded(words_of(locale).times[name]).replace("{n}", "1"))
        for locale in (*LOCALES, "en")
        for unit in UNITS
        for name in (unit, f"1{unit}")
    }
    forms = []
    for unit, text in sorted(said, key=lambda one: -len(one[1])):
        before, _, after = text.partition("1")
        around = [phrase(part.strip()) for part in (before, after) if part.strip()]
        number = named("n", a_number())
        forms.append(
            (
                unit,
                sequence(*around[:1], number, *around[1:]) if before.strip() else sequence(number, *around),
            )
        )
    return tuple(forms)


def _amount(unit: str) -> Value:
    return lambda parts: f"{number_of(parts['n']) if 'n' in parts else 1}{unit}"


def _time(parts: Parts) -> str | None:
    """`HH:MM`, None where that is no time of day."""
    hour, minute = int(parts["hour"]), int(parts.get("minute", 0)) + 30 * ("half" in parts)
    meridiem, half_day = parts.get("meridiem", ""), parts.get("half_day", "")
    if meridiem or half_day:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + 12 * (half_day in _AFTERNOON or meridiem.startswith("p"))
    return f"{hour}:{minute:02}" if hour < 24 and minute < 60 else None


def _plain_time(parts: Parts) -> str | None:
    """A time of day that is plain without any word around it."""
    return _time(parts) if parts.get("mark") == ":" or "meridiem" in parts else None


def _noon_or_midnight(parts: Parts) -> str:
    return "12:00" if parts["named"] in phrases("noon") else "0:00"


def _day(parts: Parts) -> str | None:
    day = _days()[parts["day"]]
    if "hour" not in parts:
        return day
    time = _time_behind(parts)
    return f"{day} {time}" if time and day != _WEEK else None


def _time_behind(parts: Parts) -> str | None:
    """The time of day beside a day, where it is plain that it is one."""
    return _time(parts) if parts.keys() & {"mark", "meridiem", "at"} else None


def _date(parts: Parts) -> str | None:
    """`2026-11-20 09:00`, or `20.11. 09:00` without a year; of two that it may be, what is written."""
    time = _time_behind(parts) if "hour" in parts else ""
    date = _date_of(parts)
    if date is None or time is None:
        return None
    return f"{date} {time:0>5}" if time else date


def _date_of(parts: Parts) -> str | None:
    if "date" in parts:
        return parts["date"]
    year = parts.get("yy", "")
    year = f"20{year}" if len(year) == len("26") else year
    if "either" in parts:
        first, second = map(int, parts["either"].split("/"))
        if first != second and max(first, second) <= _MOST_MONTHS:
            return "/".join(filter(None, [parts["either"], year]))
        day, month = max(first, second), min(first, second)
    else:
        day = int(parts["dd"])
        month = _months()[parts["month"]] if "month" in parts else int(parts["mm"])
    if not (1 <= month <= _MOST_MONTHS and 1 <= day <= _MOST_DAYS):
        return None
    return f"{year}-{month:02}-{day:02}" if year else f"{day}.{month}."
