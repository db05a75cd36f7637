"""Disentangles a channel: which messages belong to one conversation. Pure; knows no model.

Each message joins the open segment that fits it best, or begins one. Replies join what they answer, threads
stay by themselves; else these speak for a segment: whom a message addresses, who spoke there and whose turn
it is, rare words in common, a question left open, and little time (the features of Elsner and Charniak 2010,
"Disentangling Chat", Computational Linguistics 36, with weights found on dialogues that were interleaved).

A segment closes, and never changes again, when nothing joined it for a while (adapted to the pace of the
channel) or for OPEN_TURNS messages, when MAX_OPEN newer ones are open beside it, or when it is full. Messages
added at the end change open segments alone. Time is linear in the number of messages.
"""

from __future__ import annotations

import math
import re
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from bot.conversation.text.words import content_stems, normal
from bot.messages import Turn

MAX_TURNS = 60
MAX_TEXT_CHARS = 12_000
OPEN_TURNS = 60
MAX_OPEN = 8
MIN_GAP_S, MAX_GAP_S = 15 * 60.0, 24 * 3600.0
GAP_PER_PACE = 12.0
"""How many times the usual time between messages (a running geometric mean) ends a conversation."""
ALL_LINKED = 0.8
"""Where so many messages of a segment are replies, only those links count."""
_READ_CHARS = 600
_RECENT = 12
_WEIGHTS = {
    "addressed": 8.0, "calls": 3.0, "same_speaker": 1.5, "spoke_here": 3.0, "their_turn": 3.5,
    "foreign": -2.5, "question": -0.8, "rare_words": 1.9, "newest": 0.5, "time": 1.0,
}  # fmt: skip
_NEW = {"base": -0.25, "opener": 4.0, "short": -0.25}
_ADDRESS = re.compile(r"\s{0,9}@?(\w[\w .'-]{0,30}?)\s?[,:]\s")
_MENTION = re.compile(r"@!?(\w[\w.-]{0,40})")
_LAST_WORD = re.compile(r"[, ]([^\W\d_][\w.-]{1,30})\s{0,3}[.!?]{0,3}$")
_OPENER = re.compile(
    r"(?:hi|hello|hey|good (?:morning|afternoon|evening)|anyone|anybody|does any|has any|is any"
    r"|can (?:any|some)|i (?:need|want|am looking|'m looking|would like)|i'm looking|i'd like"
    r"|could you|can you|question)\b"
)


@dataclass(slots=True)
class _Segment:
    """A conversation that may still be joined."""

    indices: list[int]
    thread: str | None
    newest_s: float
    chars: int = 0
    recent: deque[str] = field(default_factory=lambda: deque(maxlen=_RECENT))
    called: deque[str] = field(default_factory=lambda: deque(maxlen=2))
    stems: deque[frozenset[str]] = field(default_factory=deque)
    stem_counts: Counter[str] = field(default_factory=Counter)
    is_asking: bool = False


@dataclass(frozen=True, slots=True)
class _Message:
    """What is read of one message."""

    speaker: str
    at_s: float
    chars: int
    stems: frozenset[str]
    calls: frozenset[str]
    is_question: bool
    is_opener: bool


def segment(
    turns: Sequence[Turn], max_turns: int = MAX_TURNS, max_chars: int = MAX_TEXT_CHARS
) -> list[list[int]]:
    """Indices of `turns` by conversation, ascending in each; conversations in the order of their beginnings.

    `turns` are in the order of memory. No segment has more than `max_turns` messages or, unless it is one
    message, more than `max_chars` characters of text.
    """
    sorter = _Sorter(max_turns, max_chars)
    for index, turn in enumerate(turns):
        sorter.add(index, turn)
    parts = [part for found in sorter.segments for part in _parts(found.indices, turns)]
    return sorted(parts)


def _parts(indices: list[int], turns: Sequence[Turn]) -> list[list[int]]:
    """One segment, cut where its reply links show that it is several conversations.

    A newcomer's first message is put with what stood before it for want of evidence; answers that link to it
    show later that it began something. A speaker's messages stay together, unless nearly all carry links.
    """
    where = {turns[index].message_id: index for index in indices}
    answered = {turns[index].reply_to for index in indices}
    root = {index: index for index in indices}
    last: dict[str, int] = {}
    links = sum(turns[index].reply_to in where for index in indices)
    is_linked = links >= ALL_LINKED * (len(indices) - 1)
    for before, index in pairwise([indices[0], *indices]):
        turn = turns[index]
        speaker = turn.author.id if turn.author else turn.role
        link = where.get(turn.reply_to or "")
        if link is not None:
            _unite(root, index, link)
        if speaker in last and not (is_linked and link is not None):
            _unite(root, index, last[speaker])
        elif link is None and turn.message_id not in answered:
            _unite(root, index, before)
        last[speaker] = index
    parts: dict[int, list[int]] = {}
    for index in indices:
        parts.setdefault(_find(root, index), []).append(index)
    return list(parts.values())


def _unite(root: dict[int, int], one: int, other: int) -> None:
    root[_find(root, one)] = _find(root, other)


def _find(root: dict[int, int], index: int) -> int:
    while root[index] != index:
        root[index] = root[root[index]]
        index = root[index]
    return index


class _Sorter:
    """Reads messages one after the other."""

    def __init__(self, max_turns: int, max_chars: int) -> None:
        self.segments: list[_Segment] = []
        self._max_turns, self._max_chars = max_turns, max_chars
        self._open: list[_Segment] = []
        self._home: dict[str, _Segment] = {}
        self._names: dict[str, str] = {}
        self._documents: Counter[str] = Counter()
        self._pace: dict[str | None, tuple[float, float]] = {}

    def add(self, index: int, turn: Turn) -> None:
        message = self._read(turn)
        gap_s = self._gap(turn.thread_id, message.at_s)
        self._close(index, message.at_s, gap_s)
        home = (
            self._known_home(turn, message) or self._best(turn, message, gap_s) or self._root(turn, message)
        )
        if home is None:
            home = _Segment([], turn.thread_id, message.at_s)
            self.segments.append(home)
            self._open.append(home)
        self._join(home, index, message)
        self._home[turn.message_id] = home
        self._documents.update(message.stems)

    def _read(self, turn: Turn) -> _Message:
        speaker = turn.author.id if turn.author else turn.role
        text = turn.text[:_READ_CHARS]
        calls = frozenset(called for called in self._calls(text) if called != speaker)
        if turn.author:
            name = normal(turn.author.name)
            self._names.update(dict.fromkeys((turn.author.id, name, name.split(" ")[0]), speaker))
        lowered = normal(text.lstrip())
        return _Message(
            speaker,
            turn.sent_at.timestamp(),
            len(turn.text),
            frozenset(content_stems(text)),
            calls,
            text.rstrip().endswith(("?", "？")),
            bool(_OPENER.match(lowered)),
        )

    def _calls(self, text: str) -> list[str]:
        """Ids of the speakers whom a message names at its beginning, at its end or with a mention."""
        address = _ADDRESS.match(text)
        named = [*([address[1]] if address else []), *_MENTION.findall(text)]
        last = _LAST_WORD.search(text[-40:])
        named += [last[1]] if last and last[1][0].isupper() else []
        keys = [key for name in named for key in (normal(name), normal(name).split(" ")[0], name)]
        return [self._names[key] for key in keys if key in self._names]

    def _gap(self, thread: str | None, at_s: float) -> float:
        """Seconds of silence that end a conversation now; the pace learns from this message."""
        last_s, log_pace = self._pace.get(thread, (at_s, math.log(60)))
        gap_s = min(max(GAP_PER_PACE * math.exp(log_pace), MIN_GAP_S), MAX_GAP_S)
        silence = min(max(at_s - last_s, 1.0), gap_s)
        self._pace[thread] = (at_s, 0.95 * log_pace + 0.05 * math.log(silence))
        return gap_s

    def _close(self, index: int, at_s: float, gap_s: float) -> None:
        self._open = [
            candidate
            for candidate in self._open[-MAX_OPEN:]
            if at_s - candidate.newest_s <= gap_s
            and index - candidate.indices[-1] <= OPEN_TURNS
            and len(candidate.indices) < self._max_turns
        ]

    def _known_home(self, turn: Turn, message: _Message) -> _Segment | None:
        """The segment of the message that this one answers, or whose thread it is in."""
        home = self._home.get(turn.reply_to) if turn.reply_to else None
        return home if home and self._has_room(home, turn, message) else None

    def _root(self, turn: Turn, message: _Message) -> _Segment | None:
        """The segment of the message that a thread hangs on, if nothing else is in it."""
        root = self._home.get(turn.thread_id) if turn.thread_id else None
        if root is None or len(root.indices) > 1 or root.thread is not None:
            return None
        root.thread = turn.thread_id
        return root if self._has_room(root, turn, message) else None

    def _has_room(self, home: _Segment, turn: Turn, message: _Message) -> bool:
        fits = home.chars + message.chars <= self._max_chars
        return fits and home.thread == turn.thread_id and home in self._open

    def _best(self, turn: Turn, message: _Message, gap_s: float) -> _Segment | None:
        candidates = [candidate for candidate in self._open if self._has_room(candidate, turn, message)]
        if not candidates or turn.thread_id is not None:
            return candidates[-1] if candidates else None
        newest = max(candidates, key=lambda candidate: candidate.indices[-1])
        is_elsewhere = any(message.speaker in candidate.recent for candidate in candidates)
        scores = [
            self._score(candidate, message, gap_s, candidate is newest, is_elsewhere)
            for candidate in candidates
        ]
        best = max(range(len(candidates)), key=lambda at: (scores[at], candidates[at].indices[-1]))
        return candidates[best] if scores[best] >= self._threshold(message) else None

    def _threshold(self, message: _Message) -> float:
        """What a segment must score, lest the message begin one of its own."""
        return (
            _NEW["base"]
            + _NEW["opener"] * message.is_opener
            + _NEW["short"] * (len(message.stems) < 3 and not message.is_question)
        )

    def _score(
        self, home: _Segment, message: _Message, gap_s: float, is_newest: bool, is_elsewhere: bool
    ) -> float:
        spoke_here = message.speaker in home.recent
        is_last = home.recent[-1] == message.speaker
        features = {
            "addressed": message.speaker in home.called,
            "calls": bool(message.calls & set(home.recent)),
            "same_speaker": is_last,
            "spoke_here": spoke_here,
            "their_turn": spoke_here and not is_last,
            "foreign": is_elsewhere and not spoke_here,
            "question": home.is_asking and not is_last,
            "rare_words": self._likeness(home, message.stems),
            "newest": is_newest,
            "time": 1 - (message.at_s - home.newest_s) / gap_s,
        }
        return sum(_WEIGHTS[name] * value for name, value in features.items())

    def _likeness(self, home: _Segment, stems: frozenset[str]) -> float:
        """The rarity of the words in common: logarithms of how seldom they were said before, at most 4."""
        total = len(self._home) + 1
        shared = [stem for stem in stems if home.stem_counts.get(stem)]
        return min(sum(math.log10(total / self._documents[stem]) for stem in shared), 4.0)

    def _join(self, home: _Segment, index: int, message: _Message) -> None:
        home.indices.append(index)
        home.newest_s = max(home.newest_s, message.at_s)
        home.chars += message.chars
        home.recent.append(message.speaker)
        home.called.append(next(iter(message.calls), ""))
        home.stems.append(message.stems)
        home.stem_counts.update(message.stems)
        if len(home.stems) > _RECENT:
            home.stem_counts.subtract(home.stems.popleft())
        home.is_asking = message.is_question
