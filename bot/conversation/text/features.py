"""What the selector sees of each span of a conversation: place, length, words, speaker, centrality.

Pure arithmetic over spans and messages; what each number weighs was learnt (`bot/training/selector.py`).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bot.conversation.text.graph import Links, ranks
from bot.conversation.text.kinds import kind_of_text
from bot.conversation.text.units import Unit, beginning, meaningful, tokenize
from bot.messages import Turn

OF_CONVERSATION = 9
"""How many numbers at the end of a row are the same for every span of a conversation."""

_NAME = re.compile(r"(?<=[a-z0-9,;] )[A-ZÀ-ÖØ-Þ][\w’'-]+")
_FIRST_PERSON_WORDS = (
    "i i'm i'll i've i'd me my we our us we'll we've we're je nous ich wir yo nosotros eu nós"
)
_SECOND_PERSON_WORDS = "you your you're you'll tu vous du ihr usted você"
_POLITE_WORDS = (
    "thanks thank hi hello hey bye great okay ok yes yeah welcome please sorry cool right sure no lol"
    " merci gracias danke obrigado"
)
_FIRST_PERSON = frozenset(_FIRST_PERSON_WORDS.split())
_SECOND_PERSON = frozenset(_SECOND_PERSON_WORDS.split())
_POLITE = frozenset(_POLITE_WORDS.split())


@dataclass(frozen=True, slots=True)
class Scene:
    """What all spans of one conversation are compared with.

    `frequencies` counts the spans that have a word, `counts` how often it is said, `speakers` the spans of
    each author; `about` are the beginnings of the words of what was asked for.
    """

    turns: Sequence[Turn]
    spans: Sequence[Unit]
    frequencies: Counter[str]
    counts: Counter[str]
    total: int
    about: frozenset[str]
    speakers: Counter[str]
    conversation: list[float]


def scene(turns: Sequence[Turn], spans: Sequence[Unit], about: str) -> Scene:
    """Counts over the whole conversation, in one pass."""
    counts = Counter(word for span in spans for word in span.words)
    speakers = Counter(_speaker(turns[span.turn]) for span in spans)
    asked = frozenset(beginning(word) for word in meaningful(tokenize(about)))
    return Scene(
        turns,
        spans,
        Counter(word for span in spans for word in set(span.words)),
        counts,
        counts.total() or 1,
        asked,
        speakers,
        _of_conversation(turns, spans, speakers, bool(asked)),
    )


def features(view: Scene, places: Sequence[int], links: Links) -> list[list[float]]:
    """One row for each span of `places` (in `view.spans`), among which `links` runs."""
    lead = set(view.spans[0].words) if view.spans else set()
    central = _of_graph(view, places, links)
    return [
        _of_text(view.spans[place])
        + _of_place(view, place)
        + _of_words(view, view.spans[place], lead)
        + _of_neighbours(view, place)
        + graph
        + view.conversation
        for place, graph in zip(places, central, strict=True)
    ]


def _of_graph(view: Scene, places: Sequence[int], links: Links) -> list[list[float]]:
    """How central and how long each span is beside the others."""
    found, lengths = ranks(links), [len(view.spans[place].tokens) for place in places]
    by_rank, by_length = _order(found), _order(lengths)
    last, mean = max(len(places) - 1, 1), sum(lengths) / max(len(lengths), 1)
    return [
        [
            found[at] / max(found),
            found[at] / 3,
            by_rank[at] / last,
            float(by_rank[at] < 3),
            by_length[at] / last,
            float(by_length[at] < 3),
            max(links[at].values(), default=0.0),
            math.log1p(lengths[at]) - math.log1p(mean),
        ]
        for at in range(len(places))
    ]


def _order(values: Sequence[float]) -> list[int]:
    """The place of each value among all, the greatest first."""
    order = [0] * len(values)
    for rank, at in enumerate(sorted(range(len(values)), key=lambda at: -values[at])):
        order[at] = rank
    return order


def _of_text(span: Unit) -> list[float]:
    text, tokens, size = span.text, span.tokens, max(len(span.tokens), 1)
    kind = kind_of_text(text)
    return [
        math.log1p(len(tokens)) / 3,
        min(len(tokens), 60) / 30,
        math.log1p(len(span.words)) / 3,
        len(span.words) / size,
        len(set(tokens)) / size,
        sum(map(len, tokens)) / size / 5,
        sum(char.isdigit() for char in text) / len(text) * 10,
        math.log1p(len(_NAME.findall(text))),
        float("?" in text),
        float("!" in text),
        float(text.count('"') > 1),
        text.count(",") / size * 5,
        sum(token in _FIRST_PERSON for token in tokens) / size * 5,
        sum(token in _SECOND_PERSON for token in tokens) / size * 5,
        sum(token in _POLITE for token in tokens) / size * 5,
        float(bool(tokens) and tokens[0] in _POLITE),
        float(kind == "decision"),
        float(kind == "action"),
        float(kind == "link"),
        float("(" in text),
        float(":" in text),
        float(text[:1].isupper()),
        float(text[-1:] in ".!?。！？"),
    ]


def _of_place(view: Scene, place: int) -> list[float]:
    span, total = view.spans[place], len(view.spans)
    speaker = _speaker(view.turns[span.turn])
    return [
        place / max(total - 1, 1),
        1 / (1 + place),
        float(place == 0),
        float(place == 1),
        float(place == 2),
        1 / (total - place),
        float(place == total - 1),
        span.turn / max(len(view.turns) - 1, 1),
        span.place / max(span.places - 1, 1),
        float(span.place == 0),
        float(span.place == span.places - 1),
        float(span.places == 1),
        math.log(span.places),
        view.speakers[speaker] / total,
        float(speaker == _speaker(view.turns[0])),
    ]


def _of_words(view: Scene, span: Unit, lead: set[str]) -> list[float]:
    own, total = set(span.words), len(view.spans)
    size, asked = max(len(own), 1), len(view.about) or 1
    rare = [math.log(1 + total / view.frequencies[word]) for word in own]
    shared = sum(view.frequencies[word] > 1 for word in own)
    hits = len(view.about & {beginning(word) for word in own})
    return [
        sum(view.counts[word] for word in own) / size / math.sqrt(view.total),
        shared / size,
        math.log1p(shared),
        sum(view.frequencies[word] - 1 for word in own) / max(total - 1, 1),
        math.fsum(rare) / size / 3,
        max(rare, default=0.0) / 5,
        len(own & lead) / size,
        hits / asked,
        hits / size,
        float(bool(view.about & {beginning(word) for word in tokenize(_name(view.turns[span.turn]))})),
        math.log1p(hits),
    ]


def _of_neighbours(view: Scene, place: int) -> list[float]:
    span = view.spans[place]
    before = view.spans[place - 1] if place else None
    after = view.spans[place + 1] if place + 1 < len(view.spans) else None
    own = set(span.words)
    near = {beginning(word) for unit in (before, after) if unit for word in unit.words}
    return [
        float(before is not None and "?" in before.text),
        float(after is not None and "?" in after.text),
        len(own.intersection(before.words)) / max(len(own), 1) if before else 0.0,
        len(own.intersection(after.words)) / max(len(own), 1) if after else 0.0,
        math.log1p(len(before.tokens)) / 3 if before else 0.0,
        math.log1p(len(after.tokens)) / 3 if after else 0.0,
        len(view.about & near) / (len(view.about) or 1),
        float(before is not None and before.turn == span.turn),
    ]


def _of_conversation(
    turns: Sequence[Turn], spans: Sequence[Unit], speakers: Counter[str], has_about: bool
) -> list[float]:
    total, words = max(len(spans), 1), sum(len(span.tokens) for span in spans)
    return [
        math.log1p(len(spans)) / 3,
        math.log1p(len(turns)) / 3,
        math.log1p(words) / 5,
        float(len(turns) == 1),
        math.log1p(len(speakers)),
        float("" in speakers),
        float(has_about),
        words / total / 20,
        sum("?" in span.text for span in spans) / total,
    ]


def _speaker(turn: Turn) -> str:
    return turn.author.id if turn.author else ""


def _name(turn: Turn) -> str:
    return turn.author.name if turn.author else ""
