"""The words of a question that say what it is about, and how well a message has them.

Pure. A word is compared by its stem, so that "deployed" finds "deployment"; words of one circle ("meeting",
"call") find each other at a discount. Scripts without spaces are compared by pairs of characters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

from bot.conversation.memory.kindred import KINDRED
from bot.conversation.memory.stems import stem_of
from bot.conversation.text.detect import detect
from bot.conversation.text.small_words import SMALL_WORDS

MAX_TERMS = 12
MAX_CHARS = 2000
KINDRED_WEIGHT = 0.6
"""What a word of the same circle counts beside the word itself."""

_WORD = re.compile(r"[^\W_]+(?:['’.\-/@][^\W_]+)*")
_CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_CJK_RUN = re.compile(
    "[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+|[^\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+"
)
_CJK_SMALL = re.compile(
    "什么时候|甚麼時候|什么|什麼|时候|時候|哪里|哪裡|哪儿|哪个|哪個|怎么|怎麼|多少|我们|我們|你们|他们|是不是|有没有"
    "|请问|請問|告诉|知道|[的了吗嗎呢吧啊是在有和与我你他她它这那哪谁誰几幾个個就都也还能]"
    "|教えて|場所|です|ます|ました|ですか|どこ|いつ|だれ|誰|なに|何|どれ|どの|この|その|[はがをにでとものかねよへや]"
)
_ASKING_WORDS = """
    what's who's where's when's which whose whom how's tell know say said says mention mentioned anyone
    anybody someone somebody remember remind again find need want please use used using should would might may
    shall must ever thing something called name named many much long often old big soon going happen
    happens happened were channel message messages also still really actually exactly currently now
    today whats i'll i'd i've we're we've you're they're let's let like got give think
"""
_ASKING = frozenset(_ASKING_WORDS.split())
_ASKED_FOR_WORDS = """
    time day date weekday week month hour evening number name reason cause place location colour color size
    price cost amount kind type sort person people man woman way trick answer measurement rule
"""
_ASKED_FOR = frozenset(map(stem_of, _ASKED_FOR_WORDS.split()))
ASKED_FOR_WEIGHT = 0.3
MIN_SHARED = 5
"""Letters at the beginning that two forms of a word share at least, and SHARED of the longer one."""
SHARED = 0.7
_DATE = (
    r"\d|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day|\b(?:january|february|march|april|june|july|august"
    r"|september|october|november|december)\b|\b(?:noon|midnight|tomorrow|morning|evening|weekend)\b"
    r"|tag\b|montag|lundi|mardi|lunes|martes|[月日点號号時曜周週]"
)
_AMOUNT = r"\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|hundred)\b"
_NAME = r"(?-i:(?<=\s)[A-Z][a-z]+)|@|[\u3040-\u9fff]"
_ASKS_AND_TELLS = (
    (
        r"\bwhen\b|\b(?:what|which) (?:day|date|time)\b|\bhow long\b|\bwann\b|\bquand\b|\bcu[aá]ndo\b"
        r"|什么时候|几点|いつ",
        _DATE,
    ),
    (
        r"\bhow (?:much|many)\b|\bnumber\b|\bprice\b|\bcost|\bwie ?viel|\bcombien\b|\bcu[aá]nt|多少|几",
        _AMOUNT,
    ),
    (r"\bwho\b|\bwhose\b|\bwer\b|\bqui\b|\bqui[eé]n\b|谁|誰", _NAME),
    (r"\blink\b|\burl\b|\bwebsite\b|\baddress\b", r"https?://|@|\d"),
)
_KINDS = [(re.compile(asks, re.I), re.compile(tells, re.I)) for asks, tells in _ASKS_AND_TELLS]
_ASKS = re.compile(
    r"\b(?:what|which|when|where|who|whom|whose|why|how|until when|link|url|wann|wo|wer|wem|welche[rmns]?|wie"
    r"|quand|où|qui|quel(?:le)?s?|combien|cuándo|dónde|quién|qué|cuál|quando|onde|quem|qual)\b"
    r"|什么|甚麼|哪|谁|誰|几|多少|怎么|いつ|どこ|だれ|何|教えて"
)
_ASKS_BOT = re.compile(r"\b(?:(?:are|do|can|could|will|would) you|you are|your name|the weather)\b")
_SMALL_TALK = re.compile(r"\b(?:i|i'm|me|my|you|your|good|nice|hello|hi|thanks?|please)\b")
_ABOUT_US = re.compile(
    r"\b(?:we|us|our|ours|wir|uns|unser\w*|nous|notre|nos|nosotros|nuestr\w+|nós|noss[ao]s?)\b"
    r"|\b(?:did|has|have|hat|haben) (?:any|some|every)?\w+ (?:\w+ ){0,3}?(?:say|said|mention(?:ed)?|decided?"
    r"|agreed?|propose[ds]?|suggest(?:ed)?|gesagt|entschieden|vorgeschlagen)\b"
    r"|我们|我們|咱们|私たち|みんな"
)
KIND_BONUS = 0.1
"""What a message gains that has what the question asks for: a date for "when", a number for "how many"."""
QUESTION_FACTOR, BOT_FACTOR = 0.6, 0.75
"""Questions and the bot's own words seldom tell what somebody wants to know."""


@dataclass(frozen=True, slots=True)
class Term:
    """One word of a question: as written, as its stem, and the stems of its circle.

    `weight` is small for what names only the kind of answer that is wanted, such as "colour" or "time".
    """

    word: str
    stem: str
    kindred: tuple[str, ...] = ()
    weight: float = 1.0

    @property
    def sought(self) -> str:
        """What to search for, so that other forms of the word are found too."""
        return self.stem[: max(len(self.stem) - 2, MIN_SHARED)]


def terms_of(question: str) -> list[Term]:
    """The words of `question` that carry meaning, each once, in its order; names are among them."""
    text = unicodedata.normalize("NFKC", question[:MAX_CHARS])
    small = SMALL_WORDS["en"] | SMALL_WORDS.get(detect(text) or "en", frozenset())
    found: dict[str, Term] = {}
    for word in _words(text):
        folded = word.casefold().replace("’", "'")
        if _CJK.search(folded):
            for piece in _pieces(folded):
                found.setdefault(piece, Term(piece, piece))
        elif not _is_small(word, folded.removesuffix("'s"), small):
            stem = stem_of(folded)
            weight = ASKED_FOR_WEIGHT if stem in _ASKED_FOR else 1.0
            found.setdefault(stem, Term(folded.removesuffix("'s"), stem, KINDRED.get(stem, ()), weight))
    return list(found.values())[:MAX_TERMS]


def _words(text: str) -> list[str]:
    """Words, mixed ones cut where a script without spaces begins or ends."""
    return [run for word in _WORD.findall(text) for run in _CJK_RUN.findall(word)]


def _pieces(run: str) -> list[str]:
    """What is left of a run without its small words, in pairs of characters."""
    kept = [piece for piece in _CJK_SMALL.sub(" ", run).split() if piece]
    return [pair for piece in kept for pair in _pairs(piece)]


def _pairs(piece: str) -> list[str]:
    return [piece[at : at + 2] for at in range(len(piece) - 1)] or [piece]


def _is_small(word: str, folded: str, small: frozenset[str]) -> bool:
    """Whether a word says nothing by itself. What is written in capitals (IT, WHO) is a name."""
    if len(word) > 1 and word.isupper():
        return False
    return len(folded) < 2 or folded in small or folded in _ASKING


def coverage(terms: Sequence[Term], weights: Mapping[str, float], question: str, text: str) -> float:
    """How much of the weight of `terms` a message has: from 0 to 1, and KIND_BONUS on top.

    `weights` are by stem: rarer words weigh more.
    """
    total = sum(weights[term.stem] * term.weight for term in terms)
    if not total:
        return 0.0
    has = _Has(text)
    found = sum(weights[term.stem] * term.weight * has.share(term) for term in terms)
    bonus = KIND_BONUS if any(asks.search(question) and tells.search(text) for asks, tells in _KINDS) else 0.0
    return found / total + bonus * bool(found)


def is_asking(text: str, terms: Sequence[Term]) -> bool:
    """Whether somebody wants to know something, rather than to chat with the one who is asked: a question,
    or a few telling words without "I" and "you"."""
    folded = text.casefold()
    if "?" in text or "？" in text or _ASKS.search(folded):
        return _ASKS_BOT.search(folded) is None
    return len(terms) > 1 and not _SMALL_TALK.search(folded)


def is_about_us(text: str) -> bool:
    """Whether a question is about the people here and what they said ("what did we decide?")."""
    return _ABOUT_US.search(text.casefold()) is not None


def matched(terms: Sequence[Term], text: str) -> list[Term]:
    """The terms that a message has, itself or by their circle."""
    has = _Has(text)
    return [term for term in terms if has.share(term)]


class _Has:
    """The stems of a text."""

    def __init__(self, text: str) -> None:
        text = unicodedata.normalize("NFKC", text[:MAX_CHARS])
        self._text = text.casefold()
        self._stems = {stem_of(part) for word in _WORD.findall(self._text) for part in _parts(word)}

    def share(self, term: Term) -> float:
        if _CJK.search(term.stem):
            return float(term.stem in self._text)
        if term.stem in self._stems:
            return 1.0
        if any(_is_form(term.stem, stem) for stem in self._stems):
            return 0.9
        return KINDRED_WEIGHT if any(stem in self._stems for stem in term.kindred) else 0.0


def _is_form(one: str, other: str) -> bool:
    """Whether two stems are forms of one word, by what they share at the beginning."""
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
    return shared >= MIN_SHARED and shared >= SHARED * max(len(one), len(other))


def _parts(word: str) -> list[str]:
    """A word, and its parts where it is put together (`on-call`)."""
    return [word, *re.split(r"[.\-/@]", word)] if re.search(r"[.\-/@]", word) else [word]
