"""Chooses the messages, or the sentences of long ones, that tell most of a conversation, to be quoted.

A learned model (`selector`) weighs place, length, words, speaker and centrality in a graph (LexRank); maximal
marginal relevance (Carbonell and Goldstein 1998, SIGIR) drops repetition; questions bring their answers. Pure
Python, the same every time; the graph is limited, so that time grows linearly.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from bot.conversation.text.features import Scene, features, scene
from bot.conversation.text.graph import Links, links, vectors
from bot.conversation.text.kinds import Kind, kind_of, kind_of_text
from bot.conversation.text.selector import Selector, load_selector, outlook
from bot.conversation.text.units import Unit, beginning, meaningful, tokenize, units
from bot.conversation.text.words import stem
from bot.messages import Turn

__all__ = ["Choice", "Kind", "choose", "kind_of", "matching", "relevant"]

MAX_CANDIDATES = 400
STRETCHES = 20
"""A long conversation is cut in so many parts, each of which sends its candidates: none is skipped."""
MIN_WORDS = 2
"""Words with a meaning that a span must have to be quoted, where any has so many."""
SAME = 0.85
"""Spans with a greater cosine say the same; only the first chosen of them is quoted."""
REPETITION = 0.3
"""What a span loses that repeats what was chosen before: this times the cosine."""
MAX_WISHED = 12
ANSWER_WITHIN = 3
"""An answer that names no question stands at most so many messages after it."""
WORTH_OF_ANSWER = 0.5
"""The least score of such an answer, as a part of the question's."""
LEAST_MATCH = 0.34
"""A message is relevant that matches at least this part of what the best one does."""
MIN_FORM = 4
"""Letters that a word keeps at least without its ending."""
MAX_TOPIC_WORDS = 5
"""With more words than these, `about` is no topic but an instruction."""
KIND_WEIGHTS: dict[Kind, float] = {"decision": 1.3, "action": 1.15}

_ASKING_WORDS = (
    "summarize summarise summary summaries tldr describe explain list tell give discuss discussed discussion"
    " discussing talk talked said say think thought opinion about following passage paragraph text article"
    " reference bullet points sentence sentences brief briefly short main please resume resumen résume résumé"
    " résumer zusammenfassen zusammenfassung resuma resumo"
)
_INFLECTIONS = ("en", "es", "os", "as", "e", "n", "s", "o", "a")
_ASKING = frozenset(beginning(word) for word in _ASKING_WORDS.split())


@dataclass(frozen=True, slots=True)
class Choice:
    """A message worth quoting: `index` into the turns passed in, characters `begin` to `end` of its text
    (None: to the end). Several parts of one long message are several choices. `answers` is the index of the
    message that it answers, where that was chosen too."""

    index: int
    score: float
    kind: Kind
    answers: int | None = None
    begin: int = 0
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """Candidates of a conversation in its order, their scores, how alike they are, what the length of a
    summary is read from, and how many words that is."""

    spans: list[Unit]
    scores: list[float]
    similar: Links
    outlook: list[float]
    wished_words: float


def choose(turns: Sequence[Turn], count: int | None, about: str = "") -> list[Choice]:
    """At most `count` choices that tell most, in the order of the conversation; None: as many as a summary
    of it has. With a topic in `about`, only from messages that are relevant to it (none: an empty list)."""
    turns = _as_learnt(turns)
    reading = read(turns, about, load_selector())
    if not reading.spans:
        return []
    picked = _with_answers(turns, reading, _picked(turns, reading, count), count)
    choices = [_choice(reading, at) for at in sorted(picked)]
    return _joined(turns, _answers_marked(turns, choices))


def _as_learnt(turns: Sequence[Turn]) -> Sequence[Turn]:
    """What one person wrote all of is read as a text: the selector learnt from texts without authors."""
    authors = {turn.author.id if turn.author else "" for turn in turns}
    return [replace(turn, author=None) for turn in turns] if len(authors) == 1 else turns


# --- reading ---------------------------------------------------------------------------------


def read(turns: Sequence[Turn], about: str, selector: Selector) -> Reading:
    """Judge the candidates of a conversation; an empty reading where there are none."""
    wanted = _wanted(turns, about)
    spans = units(turns)
    view = scene(turns, spans, about)
    places = _candidates(view, wanted)
    if not places:
        return Reading([], [], [], [], 0.0)
    chosen = [spans[place] for place in places]
    similar = links(vectors([span.words for span in chosen], view.frequencies, len(spans)))
    rows = features(view, places, similar)
    judged = [selector.judge(row, span.tokens) for row, span in zip(rows, chosen, strict=True)]
    scores = [
        own.score * KIND_WEIGHTS.get(kind_of_text(span.text), 1.0)
        for own, span in zip(judged, chosen, strict=True)
    ]
    seen = outlook(judged, rows[0])
    return Reading(chosen, scores, similar, seen, selector.wished_words(seen))


def _candidates(view: Scene, wanted: Collection[int]) -> list[int]:
    """Places of the spans that may be chosen: all of a short conversation, the best of each stretch of a
    long one."""
    filled = [place for place, span in enumerate(view.spans) if span.turn in wanted]
    places = [place for place in filled if len(view.spans[place].words) >= MIN_WORDS] or filled
    if len(places) <= MAX_CANDIDATES:
        return places
    size = math.ceil(len(places) / STRETCHES)
    each = MAX_CANDIDATES // STRETCHES
    stretches = (places[at : at + size] for at in range(0, len(places), size))
    return [
        place
        for stretch in stretches
        for place in sorted(sorted(stretch, key=lambda place: -_prior(view, place))[:each])
    ]


def _prior(view: Scene, place: int) -> float:
    """A cheap first guess: enough words, and words that are said often here."""
    words = view.spans[place].words
    common = sum(math.log(view.counts[word] + 1) for word in words[:20]) / max(len(words), 1)
    return min(len(words), 12) * common * KIND_WEIGHTS.get(kind_of_text(view.spans[place].text), 1.0)


def relevant(turns: Sequence[Turn], about: str) -> list[int]:
    """Indices of the messages that `about` is found in and of direct replies to them; all where it asks for
    nothing in particular ("summarise this")."""
    hits = set(matching(turns, about))
    ids = {turns[index].message_id for index in hits}
    return [index for index, turn in enumerate(turns) if index in hits or turn.reply_to in ids]


def matching(turns: Sequence[Turn], about: str) -> list[int]:
    """Indices of the messages that have words of `about` themselves, in any form; all without a topic."""
    asked = {form: word for word in _topic(about) for form in _forms(word)}
    if not asked:
        return list(range(len(turns)))
    found = [
        {asked[form] for word in _words_of(turn) for form in _forms(word) if form in asked} for turn in turns
    ]
    frequencies = Counter(word for own in found for word in own)
    weights = [sum(math.log(1 + len(turns) / frequencies[word]) for word in own) for own in found]
    least = max(weights, default=0.0) * LEAST_MATCH
    return [index for index, weight in enumerate(weights) if weight and weight >= least]


def _wanted(turns: Sequence[Turn], about: str) -> Collection[int]:
    """Which messages may be chosen from: the relevant ones where `about` names a topic. A question or an
    instruction only weighs, for its words need not be those of the messages that it is about."""
    is_topic = len(tokenize(about)) <= MAX_TOPIC_WORDS and kind_of_text(about) != "question"
    return set(relevant(turns, about)) if is_topic else range(len(turns))


def _topic(about: str) -> set[str]:
    """The words that name the topic, without those that only say that something is asked."""
    return {word for word in meaningful(tokenize(about)) if beginning(word) not in _ASKING}


@lru_cache(maxsize=20_000)
def _forms(word: str) -> tuple[str, str]:
    """What two forms of one word share: the English stem, or the word without a common ending of other
    languages ("Küchen"). A mere prefix is no form: `battery` is not `battering`."""
    bare = next((word.removesuffix(end) for end in _INFLECTIONS if word.endswith(end)), word)
    return stem(word), bare if len(bare) >= MIN_FORM else word


def _words_of(turn: Turn) -> list[str]:
    return tokenize(f"{turn.author.name if turn.author else ''} {turn.text}")


# --- picking ---------------------------------------------------------------------------------


def order(reading: Reading, limit: int) -> list[int]:
    """Places in `reading.spans`, the best first, each discounted by its likeness to those before."""
    first = {span.text.lower(): at for at, span in reversed(list(enumerate(reading.spans)))}
    left, likeness, found = set(first.values()), [0.0] * len(reading.spans), list[int]()
    while left and len(found) < limit:
        best = max(left, key=lambda at: (reading.scores[at] * (1 - REPETITION * likeness[at]), -at))
        left.discard(best)
        found.append(best)
        for other, cosine in reading.similar[best].items():
            likeness[other] = max(likeness[other], cosine)
            if cosine >= SAME:
                left.discard(other)
    return found


def size(turns: Sequence[Turn], span: Unit) -> int:
    """Words of a span as it is shown, with its author's name."""
    author = turns[span.turn].author
    return max(len(span.tokens), 1) + (len(author.name.split()) if author else 0)


def _picked(turns: Sequence[Turn], reading: Reading, count: int | None) -> list[int]:
    """The best places: `count`, or as many as come nearest to the words that are wished for."""
    ordered = order(reading, MAX_WISHED if count is None else count)
    if count is not None:
        return ordered
    words, kept = 0, list[int]()
    for at in ordered:
        more = words + size(turns, reading.spans[at])
        if kept and abs(more - reading.wished_words) > abs(words - reading.wished_words):
            break
        kept.append(at)
        words = more
    return kept


def _with_answers(turns: Sequence[Turn], reading: Reading, picked: list[int], count: int | None) -> list[int]:
    """`picked` with the answers to its questions; what was picked last makes room for them."""
    limit = len(picked) if count is not None else MAX_WISHED
    found: list[int] = []
    for at in picked:
        answer = _answer(turns, reading, at)
        found += [place for place in (at, answer) if place is not None and place not in found]
    return found[:limit]


def _answer(turns: Sequence[Turn], reading: Reading, at: int) -> int | None:
    """The place of the best span of the message that answers the question at place `at`."""
    question = reading.spans[at]
    if kind_of_text(question.text) != "question" or turns[question.turn].author is None:
        return None
    least = WORTH_OF_ANSWER * reading.scores[at]
    fitting = [
        place
        for place, span in enumerate(reading.spans)
        if _is_answer(turns, question.turn, span.turn) and kind_of_text(span.text) != "question"
    ]
    replies = [place for place in fitting if turns[reading.spans[place].turn].reply_to is not None]
    spans = replies or [place for place in fitting if reading.scores[place] >= least]
    first = min((reading.spans[place].turn for place in spans), default=None)
    return max(
        (place for place in spans if reading.spans[place].turn == first),
        key=lambda place: reading.scores[place],
        default=None,
    )


def _is_answer(turns: Sequence[Turn], question: int, index: int) -> bool:
    """Whether a message may answer a question: it says so, or another person wrote it soon after."""
    asked, said = turns[question], turns[index]
    if said.reply_to is not None:
        return said.reply_to == asked.message_id
    return 0 < index - question <= ANSWER_WITHIN and said.author != asked.author


def _choice(reading: Reading, at: int) -> Choice:
    span = reading.spans[at]
    return Choice(span.turn, reading.scores[at], kind_of_text(span.text), None, span.begin, span.end)


def _answers_marked(turns: Sequence[Turn], choices: list[Choice]) -> list[Choice]:
    marked: list[Choice] = []
    for choice in choices:
        asked = [
            other.index
            for other in marked
            if other.kind == "question" and _is_answer(turns, other.index, choice.index)
        ]
        if asked and choice.kind != "question":
            kind: Kind = "answer" if choice.kind == "statement" else choice.kind
            choice = replace(choice, kind=kind, answers=asked[-1])
        marked.append(choice)
    return marked


def _joined(turns: Sequence[Turn], choices: list[Choice]) -> list[Choice]:
    """Choices with neighbouring sentences of one message made one."""
    joined: list[Choice] = []
    for choice in choices:
        last = joined[-1] if joined else None
        if (
            last is not None
            and last.index == choice.index
            and not turns[choice.index].text[last.end : choice.begin].strip()
        ):
            score, kind = max((last.score, last.kind), (choice.score, choice.kind))
            joined[-1] = replace(last, score=score, kind=kind, end=choice.end)
        else:
            joined.append(choice)
    return joined
