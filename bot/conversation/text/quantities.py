"""Reads numbers out of text: digits with separators, English number words, currency, units, literal codes.

Knows nothing of dates and times, which `dates` reads. Linear in the length of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_NUMBER = re.compile(
    r"(?=[\d$€£¥₹UEG])(?<![\w.,])(?P<currency>[$€£¥₹]|USD|EUR|GBP)?\s?(?P<number>\d(?:\d|[,.'](?=\d)"
    r"|[ \u00a0\u202f](?=\d{3}(?!\d))){0,30})"
    r"(?P<ordinal>st|nd|rd|th|\.?º)?(?:\s?(?P<power>k|thousand|million|billion|bn|mn)\b)?"
    r"(?:\s?(?P<unit>%|°[CF]?|[$€£¥₹]|[^\W\d_]{1,12}))?",
    re.IGNORECASE,
)
_ONE_SEPARATOR = re.compile(r"\d{1,3}([,.])\d{3}")
_GROUPED = re.compile(r"\d{1,3}(?:([,.' \u00a0\u202f])\d{3})(?:\1\d{3})*(?:[.,]\d{1,9})?")
_CODE = re.compile(
    r"(?<![\w.])(?=[\w.-]{0,40}\d)(?:[A-Za-z]+\d(?:[\w-]|\.(?=\w))*|\d+[A-Za-z]+\d[\w-]*"
    r"|\d+(?:\.\d+){2,})(?!\w)"
)
_POWERS = {"k": 1e3, "thousand": 1e3, "million": 1e6, "mn": 1e6, "billion": 1e9, "bn": 1e9}
_UNIT_NAMES = (
    "% percent pct prozent|$ usd dollar dollars|€ eur euro euros|£ gbp pound pounds|¥ yen jpy|₹ rupee"
    " rupees|s sec secs second seconds sek|min mins minute minutes minuten|h hr hrs hour hours heure"
    " heures stunde stunden hora horas|day days tag tage tagen jour jours día días dia dias|week weeks"
    " woche wochen semaine semaines semana semanas|month months monat monate mois mes meses|year years"
    " jahr jahre an ans año años|ms|kb|mb|gb|tb|kib|mib|gib|mm|cm|m meter meters metre metres|km|g gram"
    " grams|kg kilo kilos|mg|l liter litre liters litres|ml|mph|kmh|px|°c|°f|°"
)
_UNITS = {alias: group.split()[0] for group in _UNIT_NAMES.split("|") for alias in group.split()}
_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
    " seventeen eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_VALUES = (
    {word: value for value, word in enumerate(_ONES.split())}
    | {word: 10 * value for value, word in enumerate(_TENS.split(), 2)}
    | {"dozen": 12, "hundred": 100, "twice": 2, "thrice": 3, "both": 2, "couple": 2, "pair": 2}
    | {"fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10, "fourth": 4, "third": 3}
)
NUMBER_WORDS = frozenset([*_VALUES, "thousand", "million"])
_SPELLED = re.compile(
    r"(?<![\w-])(?:(?:" + "|".join([*_VALUES, "thousand", "million", "and"]) + r")(?:[ -]|(?![\w])))+",
    re.IGNORECASE,
)
_PRONOUN_ONE = re.compile(
    r"\b(?:no|any|some|every|each|this|that|which|the|another|last|next|good|only|new|old|other|right)"
    r"[ -]one\b"
    r"|(?<!-)\bone(?: of\b| another\b| more\b|'s\b|\s*[.,;:!?]|$)",
    re.IGNORECASE,
)
_ONE = re.compile(r"\b(?:a|an|single)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number: the values that it may mean (`1.000` is one or a thousand) and its unit, "" without one."""

    values: frozenset[float]
    unit: str


def missing(numbers: Iterable[Quantity], said: Iterable[Quantity]) -> bool:
    """Whether one of `numbers` is not among those said. A unit that only one side names does no harm."""
    units: dict[float, set[str]] = {}
    for number in said:
        for value in number.values:
            units.setdefault(value, set()).add(number.unit)
    return not all(
        any(
            value in units and ("" in (number.unit, *units[value]) or number.unit in units[value])
            for value in number.values
        )
        for number in numbers
    )


def quantities(text: str) -> list[Quantity]:
    """The numbers of `text`, in digits first. `one` counts only where it numbers something."""
    found = [_quantity(match) for match in _NUMBER.finditer(_CODE.sub(" ", text))]
    for match in _SPELLED.finditer(_PRONOUN_ONE.sub(" ", text)):
        value = _spelled(match[0].lower().replace("-", " ").split())
        if value is not None:
            after = re.match(r"\s?([^\W\d_]{1,12})", text[match.end() : match.end() + 14])
            found.append(Quantity(frozenset([value]), _UNITS.get(after[1].lower(), "") if after else ""))
    return found


def implied(text: str) -> list[Quantity]:
    """Numbers that a source says without a numeral: an article says one."""
    return [Quantity(frozenset([1.0]), "")] if _ONE.search(text) else []


def codes(text: str) -> list[str]:
    """Literal codes that mix letters and digits, such as `TR7729` and `1.2.3`, in lower case."""
    return [code.lower() for code in _CODE.findall(text) if code.lower()[-2:] not in ("am", "pm")]


def _quantity(match: re.Match[str]) -> Quantity:
    values = _values(match["number"])
    power = _POWERS.get((match["power"] or "").lower(), 1.0)
    unit = _UNITS.get((match["currency"] or match["unit"] or "").lower(), "")
    return Quantity(frozenset(value * power for value in values), unit)


def _values(number: str) -> set[float]:
    if _ONE_SEPARATOR.fullmatch(number):
        return {_float(number.replace(",", ".")), _float(re.sub(r"[,.]", "", number))}
    grouped = _GROUPED.fullmatch(number)
    if grouped:
        return {_float(number.replace(grouped[1], "").replace(",", "."))}
    return {_float(number.replace(",", "."))} - {-1.0}


def _float(number: str) -> float:
    try:
        return float(number.strip("."))
    except ValueError:
        return -1.0


def _spelled(parts: list[str]) -> float | None:
    """The value of number words in a row: `two hundred and five`, `twenty one`."""
    total, current, is_any = 0.0, 0.0, False
    for part in parts:
        if part in ("thousand", "million"):
            total += (current or 1) * _POWERS[part]
            current = 0
        elif part in ("hundred", "dozen"):
            current = (current or 1) * _VALUES[part]
        elif part != "and":
            current += _VALUES[part]
        else:
            continue
        is_any = True
    return total + current if is_any else None
