"""Schedules: when a channel is told what was said there, in words as people write them and as what is kept.

Pure: no clock, no storage. Times of day hold in a time zone of the IANA database, so they stay what people
see on their clocks when summer time begins or ends.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from bot.errors import CommandError

DIGESTS = "digests"
"""The setting of a channel that holds its schedules."""
MAX_SCHEDULES = 5
LATE = timedelta(hours=1)
"""What was due longer ago, while the bot was away, is not told any more; the next one covers it."""

EXAMPLE = "/digest every weekday 9:00"
WEEKDAYS = (0, 1, 2, 3, 4)
EVERY_DAY = (0, 1, 2, 3, 4, 5, 6)
_SHORT = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

_DAYS: dict[tuple[int, ...], str] = {
    EVERY_DAY: "daily|days?|tägl(?:ich)?|tage?s?|jours?|quotidien(?:nement)?|diario|diariamente|d[ií]as?",
    WEEKDAYS: "weekdays?|work(?:ing)? ?days?|business days?|werktags?|werktagen?|wochentags?|arbeitstage?s?|"
    "ouvrables?|ouvr[ée]s?|semaine|laborables?|h[áa]bil(?:es)?|[úu]t(?:il|eis)",
    (5, 6): "week-?ends?|wochenenden?|fin de semana|fins de semana",
    (0,): "mon(?:day)?s?|mo(?:ntags?)?|lun(?:di|es)?s?|segundas?(?:-feiras?)?",
    (1,): "tue(?:s(?:day)?)?s?|di(?:enstags?)?|mar(?:di|tes)?s?|ter[çc]as?(?:-feiras?)?",
    (2,): "wed(?:nesday)?s?|mi(?:ttwochs?)?|mer(?:credi)?s?|mi[ée](?:rcoles)?|quartas?(?:-feiras?)?",
    (3,): "thu(?:rs(?:day)?)?s?|do(?:nnerstags?)?|jeu(?:di)?s?|jue(?:ves)?|quintas?(?:-feiras?)?",
    (4,): "fri(?:day)?s?|fr(?:eitags?)?|ven(?:dredi)?s?|vie(?:rnes)?|sextas?(?:-feiras?)?",
    (5,): "sat(?:urday)?s?|sa(?:mstags?)?|sam(?:edi)?s?|s[áa]b(?:ado)?s?",
    (6,): "sun(?:day)?s?|so(?:nntags?)?|dim(?:anche)?s?|dom(?:ingo)?s?",
}
_UNSPACED: dict[tuple[int, ...], str] = {
    EVERY_DAY: "每天|每日|毎日",
    WEEKDAYS: "工作日|平日",
    (5, 6): "周末|週末",
    **{
        (day,): f"(?:周|星期|礼拜){chinese}|{japanese}曜日?"
        for day, chinese, japanese in zip(range(6), "一二三四五六", "月火水木金土", strict=True)
    },
    (6,): "(?:周|星期|礼拜)[日天]|日曜日?",
}
"""The same in scripts that are written without spaces."""
_FILLERS = (
    "every|each|on|at|the|and|in|jede[nsrm]?|immer|am|um|und|chaque|tous|toutes|les?|la|à|et|en|cada|tod[ao]s?|"
    "los?|las|el|y|de|às|as?|e|os?|from|von|vom|du|del"
)
_CLOCK = re.compile(
    r"(?<![\d:])(?P<hour>\d{1,2})(?:\s?(?:[:.]|h|点|時)\s?(?P<minute>\d{2})分?)?"
    r"(?:\s?(?P<half>[ap])\.?m\b\.?|\s?(?:uhr|h|o'clock|点|時)(?![a-z]))?(?![\d:])"
)
_WORDS = {
    days: re.compile(rf"(?<![^\W\d_])(?:{words})(?![^\W\d_])|(?:{_UNSPACED[days]})")
    for days, words in _DAYS.items()
}
_MARKS = "\ue000\ue001\ue002\ue003\ue004\ue005\ue006"
"""Stand in a text for the days from Monday to Sunday, `_CLOCK_MARK` for the time of day."""
_CLOCK_MARK = "\ue007"
_RANGE = re.compile(
    rf"([{_MARKS}])\s*(?:to|through|till?|until|bis(?: zum)?|au|jusqu'au|al?|à|até|hasta|到|至|から|[-–—~〜])"
    rf"\s*(?:[ao]\s+|el\s+)?([{_MARKS}])(?:\s*まで)?"
)
_FILLER = re.compile(rf"(?<![^\W\d_])(?:{_FILLERS})(?![^\W\d_])|[每的早上毎週に]|[\s,;、，]+")


@dataclass(frozen=True, slots=True)
class Rhythm:
    """On which days (0 is Monday), at which time of day, in which zone."""

    days: tuple[int, ...]
    at: str
    zone: str = "UTC"

    @property
    def in_words(self) -> str:
        """As people read it: `every weekday at 09:00 (Europe/Berlin)`."""
        days = {EVERY_DAY: "every day", WEEKDAYS: "every weekday", (5, 6): "every weekend day"}.get(self.days)
        return f"{days or 'every ' + ', '.join(_SHORT[day] for day in self.days)} at {self.at} ({self.zone})"

    def after(self, moment: datetime) -> datetime:
        """The first time after a moment, in UTC. Of a time that the clock skips, the one that it shows then;
        of one that it shows twice, the first."""
        zone, at = ZoneInfo(self.zone), time.fromisoformat(self.at)
        today = moment.astimezone(zone).date()
        days = (today + timedelta(days=ahead) for ahead in range(-1, 9))
        return next(due for due in self._due(days, at, zone) if due > moment)

    def last(self, moment: datetime) -> datetime:
        """The last time that was not after a moment, in UTC."""
        zone, at = ZoneInfo(self.zone), time.fromisoformat(self.at)
        today = moment.astimezone(zone).date()
        days = (today - timedelta(days=ago) for ago in range(-1, 9))
        return next(due for due in self._due(days, at, zone) if due <= moment)

    def _due(self, days: Iterable[date], at: time, zone: ZoneInfo) -> Iterable[datetime]:
        return (datetime.combine(day, at, zone).astimezone(UTC) for day in days if day.weekday() in self.days)


@dataclass(frozen=True, slots=True)
class Schedule:
    """One digest of a channel. `since` is up to when it was told, `seen` the last time that it was due and
    was seen to; both ISO times in UTC. `failures` in a row end it."""

    number: int
    rhythm: Rhythm
    since: str
    seen: str
    style: str = "bullets"
    language: str = ""
    failures: int = 0

    def due(self, now: datetime) -> datetime | None:
        """When it was due last, if nobody saw to that yet."""
        last = self.rhythm.last(now)
        return last if last > datetime.fromisoformat(self.seen) else None

    def told(self, due: datetime, *, is_late: bool) -> Schedule:
        """The same after a time at which it was due: told, or left to the next one."""
        seen = due.isoformat()
        return replace(self, seen=seen) if is_late else replace(self, seen=seen, since=seen)


def read_schedules(value: str | None) -> list[Schedule]:
    """The schedules that a setting holds."""
    kept = json.loads(value) if value else []
    return [Schedule(**{**one, "rhythm": _rhythm(one["rhythm"])}) for one in kept]


def write_schedules(schedules: list[Schedule]) -> str | None:
    """What a setting is to hold, None where there are no schedules."""
    return json.dumps([asdict(one) for one in schedules]) if schedules else None


def read_rhythm(text: str, zone: str = "UTC") -> Rhythm:
    """The rhythm that people mean by `every weekday 9:00`, `montags und freitags um 18 Uhr`, `每天9点`.
    Raises CommandError with an example."""
    plain = unicodedata.normalize("NFKC", text).casefold().strip()
    clocks = list(_CLOCK.finditer(plain))
    if len(clocks) != 1:
        raise _misunderstood("Give me one time of day.")
    at = _time_of(clocks[0])
    left = plain[: clocks[0].start()] + _CLOCK_MARK + plain[clocks[0].end() :]
    found: set[tuple[int, ...]] = set()
    for days, words in _WORDS.items():
        is_one = len(days) == 1
        left, count = words.subn(f" {_MARKS[days[0]]} " if is_one else " ", left)
        if count and not is_one:
            found.add(days)
    left = _RANGE.sub(lambda match: _days_between(match[1], match[2]), left)
    found |= {(_MARKS.index(mark),) for mark in left if mark in _MARKS}
    left = re.sub(f"[{_MARKS}{_CLOCK_MARK}]", " ", left)
    if left := _FILLER.sub("", left).strip(" .!"):
        raise _misunderstood(f"I do not understand `{left[:40]}`.")
    if len(found) > 1:
        found.discard(EVERY_DAY)  # "every day of the week", "todos los días laborables"
    days = tuple(sorted({day for days in found for day in days})) or EVERY_DAY
    return Rhythm(days, at, find_zone(zone))


def _days_between(first: str, last: str) -> str:
    """The marks of all days from one to another: `fri-mon` goes over the end of the week."""
    begin = _MARKS.index(first)
    return " ".join((_MARKS * 2)[begin : begin + (_MARKS.index(last) - begin) % len(_MARKS) + 1])


@cache
def all_zones() -> tuple[str, ...]:
    """The IANA names of all time zones, places first."""
    return tuple(sorted(available_timezones(), key=lambda name: ("/" not in name, name)))


def find_zone(name: str) -> str:
    """The IANA name of a time zone, whatever its case; a city alone will do. Raises CommandError."""
    wanted = name.strip().casefold().replace(" ", "_")
    zones = {known.casefold(): known for known in all_zones()}
    cities = {known.rpartition("/")[2]: known for known in zones}
    if found := zones.get(wanted) or zones.get(cities.get(wanted, "")):
        return found
    raise CommandError(
        f"I know no time zone `{name[:40]}`. For example: `/digest zone:Europe/Berlin daily 9:00`"
    )


def _rhythm(kept: dict[str, object]) -> Rhythm:
    days = kept["days"]
    assert isinstance(days, list)
    return Rhythm(tuple(days), str(kept["at"]), str(kept["zone"]))


def _time_of(found: re.Match[str]) -> str:
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    if found["half"]:
        hour = hour % 12 + (12 if found["half"] == "p" else 0) if 1 <= hour <= 12 else 24
    if hour > 23 or minute > 59:
        raise _misunderstood("That is no time of day.")
    return f"{hour:02d}:{minute:02d}"


def _misunderstood(problem: str) -> CommandError:
    return CommandError(f"{problem} For example: `{EXAMPLE}`, `/digest monday and thursday 17:30`")
