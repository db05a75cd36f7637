"""Makes the bot's small talk: conversations of one to six exchanges, drawn at random but repeatably.

Knows intents, questions that the small model cannot answer, and remarks; nothing about tokens or models.
Every conversation is a pure function of a seed and an index, so that training can resume anywhere.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.training.grammar import ANSWERS_ONLY, Intent, count, draw

Message = dict[str, str]

LANGUAGE_SHARES = {"en": 0.64, "es": 0.105, "fr": 0.105, "de": 0.105, "pt": 0.015, "zh": 0.015, "ja": 0.015}

ADDRESSES = (
    "Parley, ",
    "@Parley ",
    "hey Parley, ",
    "hey ",
    "ok ",
    "so ",
    "hey bot, ",
    "@Parley: ",
    "Parley ",
)
"""What people put before a message to the bot, in any language."""

FILLERS = {
    "en": (
        "please",
        "actually",
        "maybe",
        "just",
        "hmm,",
        "well,",
        "btw",
        "and",
        "but",
        "oh",
        "lol",
        "um",
        "then",
    ),
    "es": ("pues", "oye,", "bueno,", "a ver,", "por favor", "y", "pero", "entonces", "eh,", "mira,"),
    "fr": ("alors", "dis,", "euh", "bon,", "s'il te plaît", "et", "mais", "donc", "du coup", "eh bien,"),
    "de": ("also", "sag mal,", "äh", "bitte", "und", "aber", "denn", "eigentlich", "na ja,", "mal", "dann"),
}
CONTRACTIONS = (
    ("what is", "what's"),
    ("who is", "who's"),
    ("where is", "where's"),
    ("how is", "how's"),
    ("I am", "I'm"),
    ("do not", "don't"),
    ("can not", "can't"),
    ("cannot", "can't"),
    ("you are", "you're"),
    ("it is", "it's"),
    ("that is", "that's"),
    ("I will", "I'll"),
    ("are you", "r u"),
    ("please", "pls"),
    ("want to", "wanna"),
    ("I would", "I'd"),
)

Exchange = tuple[str, str, str]
"""Name of the intent, what the user writes, what the bot answers."""


@dataclass(frozen=True)
class DialogueSources:
    """What conversations are made of, all plain text."""

    intents: Sequence[Intent]
    unknown_questions: Sequence[tuple[str, str]]
    """Pairs of language and a question that a small model cannot answer."""
    remarks: Sequence[tuple[str, str]]
    """Pairs of language and something that a user may say without asking anything."""
    pairs: Sequence[tuple[str, str]] = ()
    """English question and answer pairs of a small-talk data set."""
    names: Sequence[str] = ("Alice", "Bob")
    """Speakers' names that may stand before a message."""


@dataclass(frozen=True)
class DialogueShares:
    """How often each kind of exchange is drawn, and how often a message is roughened."""

    common: float = 0.12
    unknown: float = 0.18
    remark: float = 0.05
    pair: float = 0.08
    name_prefix: float = 0.4
    single: float = 0.5
    follow_up: float = 0.5
    languages: dict[str, float] = field(default_factory=lambda: dict(LANGUAGE_SHARES))


class DialogueMaker:
    """Draws conversations; `conversation(index)` is always the same for the same sources and seed."""

    def __init__(self, sources: DialogueSources, shares: DialogueShares, seed: int) -> None:
        """Raises ValueError where a language with a share has no intents."""
        self._sources, self._shares, self._seed = sources, shares, seed
        self._open: dict[str, list[Intent]] = {}
        self._after: dict[str, dict[str, list[Intent]]] = {}
        for intent in sources.intents:
            if not intent.follows and intent.name not in ANSWERS_ONLY:
                self._open.setdefault(intent.language, []).append(intent)
            for previous in intent.follows:
                self._after.setdefault(intent.language, {}).setdefault(previous, []).append(intent)
        self._by_name = {(intent.language, intent.name): intent for intent in sources.intents}
        self._languages = [language for language in shares.languages if language in self._open]
        if not self._languages:
            raise ValueError("no intents to talk about")
        self._common: dict[str, list[tuple[Intent, str]]] = {}
        for intent in sources.intents:
            self._common.setdefault(intent.language, []).extend((intent, text) for text in intent.common)
        self._borrowed = _borrowed(sources)
        taken = {answer for intent in sources.intents for answer in intent.borrows}
        self._pairs = [pair for pair in sources.pairs if pair[1] not in taken]
        self._unknown = _by_language(sources.unknown_questions)
        self._remarks = _by_language(sources.remarks)

    def conversation(self, index: int) -> list[Message]:
        """Conversation number `index`: user and assistant messages in turn."""
        rng = random.Random(f"{self._seed}:dialogue:{index}")
        weights = [self._shares.languages[language] for language in self._languages]
        language = rng.choices(self._languages, weights)[0]
        length = 1 if rng.random() < self._shares.single else rng.randint(2, 6)
        speakers = [rng.choice(self._sources.names) for _ in range(rng.choice((1, 1, 2, 3)))]
        is_group = rng.random() < self._shares.name_prefix
        messages: list[Message] = []
        previous = ""
        for _ in range(length):
            previous, question, answer = self._exchange(language, previous, rng)
            question = roughen(question, rng, language)
            if is_group:
                question = f"{rng.choice(speakers)}: {question}"
            messages.append({"role": "user", "content": question})
            messages.append({"role": "assistant", "content": answer})
        return messages

    def _exchange(self, language: str, previous: str, rng: random.Random) -> tuple[str, str, str]:
        """The next intent's name, what the user writes and what the bot answers."""
        following = self._after.get(language, {}).get(previous, [])
        if following and rng.random() < self._shares.follow_up:
            return self._say(rng.choice(following), rng)
        common = self._common[language]
        if common and rng.random() < self._shares.common:
            intent, question = rng.choice(common)
            return intent.name, question, draw(rng.choice(intent.answers), rng)
        chance = rng.random()
        if chance < self._shares.unknown:
            return self._with_answer("unknown", language, self._unknown.get(language, []), rng)
        chance -= self._shares.unknown
        if 0 <= chance < self._shares.remark:
            return self._with_answer("remark", language, self._remarks.get(language, []), rng)
        chance -= self._shares.remark
        if 0 <= chance < self._shares.pair and language == "en" and self._pairs:
            question, answer = rng.choice(self._pairs)
            return "pair", question, answer
        return self._say(rng.choice(self._open[language]), rng)

    def _say(self, intent: Intent, rng: random.Random) -> tuple[str, str, str]:
        """An exchange of `intent`; half of the questions are taken-over ones where there are any."""
        borrowed = self._borrowed[intent.language, intent.name]
        if borrowed and (not intent.questions or rng.random() < 0.5):
            question = rng.choice(borrowed)
        else:
            weights = [min(count(template), 400) ** 0.5 for template in intent.questions]
            question = draw(rng.choices(intent.questions, weights)[0], rng)
        return intent.name, question, draw(rng.choice(intent.answers), rng)

    def _with_answer(self, name: str, language: str, questions: list[str], rng: random.Random) -> Exchange:
        """One of `questions`, or of the intent's own, with an answer of the intent called `name`."""
        intent = self._by_name.get((language, name))
        if intent is None or not (questions or intent.questions):
            return self._say(rng.choice(self._open[language]), rng)
        if questions and (not intent.questions or rng.random() < 0.7):
            return name, rng.choice(questions), draw(rng.choice(intent.answers), rng)
        return self._say(intent, rng)


def _borrowed(sources: DialogueSources) -> dict[tuple[str, str], list[str]]:
    """By language and name of an intent, the questions of the data set that it takes over."""
    by_answer: dict[str, list[str]] = {}
    for question, answer in sources.pairs:
        by_answer.setdefault(answer, []).append(question)
    return {
        (intent.language, intent.name): [q for answer in intent.borrows for q in by_answer.get(answer, [])]
        for intent in sources.intents
    }


def _by_language(rows: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for language, text in rows:
        groups.setdefault(language, []).append(text)
    return groups


def roughen(text: str, rng: random.Random, language: str = "en") -> str:
    """`text` as people type it in a chat: now and then reworded, lower case, unpunctuated, mistyped."""
    text = _reword(text, rng, language)
    if rng.random() < 0.08:
        text = rng.choice(ADDRESSES) + text
    if rng.random() < 0.4:
        text = text.lower()
    elif rng.random() < 0.03:
        text = text.upper()
    elif rng.random() < 0.6:
        text = text[:1].upper() + text[1:]
    if rng.random() < 0.4 and text[-1:] in ".?!":
        text = text[:-1].rstrip() or text
    elif rng.random() < 0.06:
        text += rng.choice(("!", "!!", "?", "...", " :)", " 🙂", " please"))
    if rng.random() < 0.06 and len(text) > 8:
        text = _mistype(text, rng)
    return text


def _reword(text: str, rng: random.Random, language: str) -> str:
    """Contract, add a filler or leave out a word, each now and then."""
    if language == "en" and rng.random() < 0.3:
        for long, short in CONTRACTIONS:
            if rng.random() < 0.5:
                text = text.replace(long, short)
    words = text.split(" ")
    if len(words) > 3 and rng.random() < 0.07:
        at = rng.randrange(len(words))
        if not words[at].startswith("/") and "BOT_MODEL" not in words[at]:
            del words[at]
    if language in FILLERS and rng.random() < 0.15:
        words.insert(rng.choice((0, 0, rng.randrange(len(words) + 1))), rng.choice(FILLERS[language]))
    return " ".join(words)


def _mistype(text: str, rng: random.Random) -> str:
    """Drop, double or swap one character, never the first."""
    at = rng.randrange(1, len(text) - 1)
    kind = rng.randrange(3)
    if kind == 0:
        return text[:at] + text[at + 1 :]
    if kind == 1:
        return text[:at] + text[at] + text[at:]
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
