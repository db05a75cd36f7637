"""True and false statements about real dialogues, made by rule: what the check of grounding is measured with.

True ones are a sentence as it was said, told in the third person, and retold with other words and in
another order.
A false one is a true one with a speaker, a number, a day, a negation or the owner of an action changed.
The words
put for one another here were chosen without looking at the table that the check itself uses.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from bot.conversation.text.statements import Statement
from bot.messages import Author, Turn

DIALOGUES = Path(__file__).parent / "data" / "dialogues.jsonl"
NINE = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)
FALSE_KINDS = ("speaker", "number", "day", "negation", "owner")
TRUE_KINDS = ("verbatim", "third person", "paraphrase")
_SENTENCE = re.compile(r"[^.!?\n]+(?:\.(?=\S)[^.!?\n]*)*[.!?]?")
_THIRD = (
    (r"\bI'm\b|\bI am\b", "{s} is"), (r"\bI've\b|\bI have\b", "{s} has"), (r"\bI'll\b", "{s} will"),
    (r"\bI'd\b", "{s} would"), (r"\bI was\b", "{s} was"), (r"\bI\b", "{s}"), (r"\bmy\b", "{p}"),
    (r"\bme\b", "{o}"),
    (r"\bwe're\b", "they are"), (r"\bwe'll\b", "they will"), (r"\bwe\b", "they"), (r"\bour\b", "their"),
    (r"\bus\b", "them"), (r"\byou're\b|\byou are\b", "{y} is"), (r"\byou\b", "{y}"), (r"\byour\b", "{y}'s"),
)  # fmt: skip
_ACTS = (
    (r"I(?:'ll| will) (?!be\b)(.*)", "{n} will {0}"), (r"I need (.*)", "{n} needs {0}"),
    (r"I want (.*)", "{n} wants {0}"),
    (r"I(?:'d| would) like (.*)", "{n} would like {0}"), (r"I(?:'m| am) (.*)", "{n} is {0}"),
    (r"I(?:'ve| have) (.*)", "{n} has {0}"), (r"I can (.*)", "{n} can {0}"),
    (r"I'm going to (.*)", "{n} is going to {0}"),
)  # fmt: skip
_OTHER_WORDS = {
    "cheap": "inexpensive",
    "find": "locate",
    "book": "reserve",
    "help": "assist",
    "movie": "film",
    "restaurant": "eatery",
    "big": "large",
    "starts": "begins",
    "start": "begin",
    "called": "named",
    "phone": "telephone",
    "leaving": "departing",
    "leaves": "departs",
    "buy": "purchase",
    "look": "search",
    "center": "middle",
    "centre": "middle",
    "hotel": "lodging",
    "great": "wonderful",
    "expensive": "costly",
    "near": "close to",
    "ticket": "pass",
    "fast": "quickly",
    "house": "home",
    "guy": "man",
    "kids": "children",
    "talk": "speak",
    "need": "require",
    "needs": "requires",
    "wants": "wishes for",
    "show": "display",
    "bad": "terrible",
    "happy": "glad",
    "area": "district",
    "address": "location",
    "stay": "remain",
}
_NUMBER = re.compile(
    r"(?<![\w.,:$-])\d{1,4}(?![\w.,:-]*\d)|\b(?:two|three|four|five|six|seven|eight|nine|ten)\b"
)
_SPELLED = ("two", "three", "four", "five", "six", "seven")
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTH_NAMES = "January February March April June July August September October November December"
_MONTHS = _MONTH_NAMES.split()
_DAY = re.compile(
    rf"\b(?:{'|'.join([*_WEEKDAYS, *_MONTHS])}|tomorrow|today)\b"
    r"|\b\d{1,2}:\d\d\b|\b\d{1,2}(?= ?[ap]m\b)",
    re.IGNORECASE,
)
_AUXILIARY = re.compile(r"\b(?:is|are|was|were|will|would|can|could|has|have|should|does|did)\b(?! not)")
_DENIAL = re.compile(r"\bnot \b|n't\b|\bno (?=\w)|\bnever \b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Case:
    """One statement with the turns that it is about: how it was made, of which one, whether it is true."""

    kind: str
    is_true: bool
    statement: Statement
    turns: tuple[Turn, ...]
    said_at: int


def cases(*, is_held_out: bool, false_of_each: int, true_of_each: int, seed: int = 0) -> list[Case]:
    """Statements about one half of the dialogues: the held-out half, or the one that rules may be tried
    on."""
    rng = random.Random(seed)
    told = list(_told(rng, is_held_out))
    rng.shuffle(told)
    found: list[Case] = []
    for kind in TRUE_KINDS:
        found += [case for case in told if case.kind == kind][:true_of_each]
    base = [case for case in told if case.kind != "verbatim"]
    for kind in FALSE_KINDS:
        made = (_FALSIFIERS[kind](case, rng) for case in base)
        found += islice((case for case in made if case), false_of_each)
    return found


def _told(rng: random.Random, is_held_out: bool) -> Iterator[Case]:
    lines = DIALOGUES.read_text(encoding="utf-8").splitlines()[is_held_out::2]
    for line in lines:
        turns = tuple(
            Turn("user", text, Author(name.lower(), name), NINE + timedelta(seconds=40 * place), str(place))
            for place, (name, text) in enumerate(json.loads(line)["turns"])
        )
        for index in range(len(turns)):
            yield from _told_of(turns, index, rng)


def _told_of(turns: tuple[Turn, ...], index: int, rng: random.Random) -> Iterator[Case]:
    """The sentences of one message, each told in the three ways."""
    speaker, other = _name(turns, index), _partner(turns, index)
    for sentence in _SENTENCE.findall(turns[index].text):
        said = sentence.strip()
        if not 5 <= len(said.split()) <= 25 or '"' in said or "--" in said:
            continue
        third = third_person(said, speaker, other, rng)
        alone = (index,)
        wide = tuple(sorted({index, max(index - 1, 0), min(index + 1, len(turns) - 1)}))
        yield Case("verbatim", True, Statement(f"{speaker}: {said}", alone), turns, index)
        yield Case("third person", True, Statement(third, alone), turns, index)
        yield Case("paraphrase", True, Statement(paraphrase(third), wide), turns, index)


def third_person(said: str, speaker: str, other: str, rng: random.Random) -> str:
    """A sentence as somebody else tells it: "I will come" becomes "Ana will come"."""
    own = rng.choice([("she", "her", "her"), ("he", "his", "him")])
    forms = {"s": own[0], "p": own[1], "o": own[2], "y": other, "n": speaker}
    if said.endswith("?"):
        return f"{speaker} asks {other}: {_turned(said, forms)}"
    for pattern, shape in _ACTS:
        match = re.fullmatch(pattern, said)
        if match:
            return shape.format(_turned(match[1], forms), **forms)
    body = _turned(said, forms)
    is_name = body[:1].isupper() and (body.startswith(other) or body.split()[0] in ("I",))
    return f"{speaker} says that {body if is_name else body[0].lower() + body[1:]}"


def _turned(text: str, forms: dict[str, str]) -> str:
    for pattern, form in _THIRD:
        text = re.sub(pattern, form.format(**forms), text, flags=re.IGNORECASE if pattern[2] != "I" else 0)
    return text


def paraphrase(text: str) -> str:
    """The same with other words, and with a closing phrase of time or place put in front."""
    text = re.sub(r"[a-z]+", lambda match: _OTHER_WORDS.get(match[0], match[0]), text)
    match = re.fullmatch(r"([^,:?]{20,}) ((?:on|at|in|by|after|before) [^,:?]{3,25})([.!]?)", text)
    return f"{match[2][0].upper()}{match[2][1:]}, {match[1]}{match[3]}" if match else text


# --- what is false ------------------------------------------------------------------------------


def _swapped(case: Case, rng: random.Random) -> Case | None:
    """Another speaker, whose message is among the sources too, is made the one who said it."""
    index = case.said_at
    near = [at for at in (index - 1, index + 1) if 0 <= at < len(case.turns)]
    others = [at for at in near if _name(case.turns, at) != _name(case.turns, index)]
    if not others:
        return None
    at = rng.choice(others)
    one, other = _name(case.turns, index), _name(case.turns, at)
    text = re.sub(
        rf"\b(?:{one}|{other})\b", lambda match: other if match[0] == one else one, case.statement.text
    )
    sources = tuple(sorted({*case.statement.sources, at}))
    return Case("speaker", False, Statement(text, sources), case.turns, index)


def _owner(case: Case, rng: random.Random) -> Case | None:
    is_act = re.match(r"\w+ (?:will|needs|wants|would like|is going|has|can)\b", case.statement.text)
    swapped = _swapped(case, rng) if is_act else None
    return Case("owner", False, swapped.statement, case.turns, case.said_at) if swapped else None


def _number(case: Case, rng: random.Random) -> Case | None:
    match = _NUMBER.search(case.statement.text)
    if match is None or _DAY.search(case.statement.text):
        return None
    source = " ".join(case.turns[at].text for at in case.statement.sources)
    shown = match[0]
    choices = [str(number) for number in range(2, 1000)] if shown.isdigit() else _SPELLED
    other = rng.choice([choice for choice in choices if choice not in source.lower() and choice != shown])
    return _with(case, "number", match, other)


def _day(case: Case, rng: random.Random) -> Case | None:
    match = _DAY.search(case.statement.text)
    if match is None:
        return None
    shown = match[0]
    if shown[0].isdigit():
        hour, *rest = shown.split(":")
        other = ":".join([str((int(hour) + rng.randint(1, 5)) % 12 or 12), *rest])
    else:
        names = _MONTHS if shown.title() in _MONTHS else _WEEKDAYS
        kept = {"today": "Wednesday", "tomorrow": "Thursday"}.get(shown.lower(), shown.title())
        other = rng.choice([name for name in names if name != kept])
    return _with(case, "day", match, other)


def _negation(case: Case, rng: random.Random) -> Case | None:
    text = case.statement.text
    if text.count(" asks ") or text.lower().count(" no "):
        return None
    denial = _DENIAL.search(text)
    if denial:
        return _with(case, "negation", denial, "")
    match = _AUXILIARY.search(text)
    return _with(case, "negation", match, f"{match[0]} not") if match else None


def _with(case: Case, kind: str, match: re.Match[str], other: str) -> Case:
    text = case.statement.text
    changed = text[: match.start()] + other + text[match.end() :]
    return Case(kind, False, Statement(changed, case.statement.sources), case.turns, case.said_at)


_FALSIFIERS = {"speaker": _swapped, "number": _number, "day": _day, "negation": _negation, "owner": _owner}


def _name(turns: tuple[Turn, ...], index: int) -> str:
    author = turns[index].author
    return author.name if author else "someone"


def _partner(turns: tuple[Turn, ...], index: int) -> str:
    """Who is spoken to: the nearest other speaker before a message, or after it."""
    order = [*range(index - 1, -1, -1), *range(index + 1, len(turns))]
    names = (_name(turns, at) for at in order)
    return next((name for name in names if name != _name(turns, index)), "them")
