"""Stretches: how far back a channel was read, and which replies in its threads were not. Pure.

Slack names messages by their time (`ts`), so a stretch is two of those; as text they are in order. What was
said after the newest stretch came by events, which may have been missed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

FIRST_TS = "0000000000.000000"
"""Before everything: a stretch that begins here begins where the channel does."""

MAX_THREADS = 2_000
"""Threads that are kept in mind; of more, the oldest are not read any more."""


@dataclass(frozen=True, slots=True)
class Hole:
    """What was not read: after one message, and before another, "" for now."""

    after: str
    before: str = ""


@dataclass(frozen=True, slots=True)
class Thread:
    """Replies that Slack has: the newest, and how many."""

    latest: str
    count: int


@dataclass(slots=True)
class Stretches:
    """What was read of one channel. `spans` are stretches from one message through another, oldest first;
    `unread` are the threads, by their first message, in which there are replies that were not read; `threads`
    says through which reply each of the others was read. `is_limited`: Slack hides what is older."""

    spans: list[tuple[str, str]] = field(default_factory=list)
    unread: dict[str, Thread] = field(default_factory=dict)
    threads: dict[str, str] = field(default_factory=dict)
    is_limited: bool = False

    def newest_hole(self) -> Hole:
        """What was said since the channel was last read."""
        return Hole(self.spans[-1][1] if self.spans else FIRST_TS)

    def hole_before(self, ts: str) -> Hole | None:
        """The newest part before a message that was not read; None where all of it was."""
        for at in range(len(self.spans) - 1, -1, -1):
            first = self.spans[at][0]
            after = self.spans[at - 1][1] if at else FIRST_TS
            if first <= ts and first > after:
                return Hole(after, first)
        return None

    def newest_hole_between(self) -> Hole | None:
        """The newest part that was not read before something that was."""
        return self.hole_before(self.spans[-1][1]) if self.spans else None

    def fill(self, hole: Hole, first: str, last: str) -> Hole | None:
        """The newest part of a hole was read, from a message through another; returns what is left of it,
        None where `first` is the hole's own beginning."""
        until = hole.before or max(last, hole.after)
        self.spans = _merged([*self.spans, (max(first, hole.after), until)])
        return Hole(hole.after, first) if first > hole.after else None

    def found(self, root: str, thread: Thread) -> None:
        """A thread was seen that has replies which memory lacks."""
        if self.threads.get(root, "") < thread.latest:
            self.unread[root] = thread
            for oldest in sorted(self.unread)[:-MAX_THREADS]:
                del self.unread[oldest]

    def read_thread(self, root: str, through: str) -> None:
        """A thread was read to its end."""
        self.unread.pop(root, None)
        self.threads[root] = max(through, self.threads.get(root, ""))
        for oldest in sorted(self.threads)[:-MAX_THREADS]:
            del self.threads[oldest]

    def to_json(self) -> str:
        """As it is written down."""
        unread = {root: [thread.latest, thread.count] for root, thread in self.unread.items()}
        return json.dumps([self.spans, unread, self.threads, self.is_limited], separators=(",", ":"))

    @classmethod
    def from_json(cls, written: str | None) -> Stretches:
        """What `to_json` wrote; of a channel that was never read, nothing."""
        if not written:
            return cls()
        spans, unread, threads, is_limited = json.loads(written)
        return cls(
            [(first, last) for first, last in spans],
            {root: Thread(latest, count) for root, (latest, count) in unread.items()},
            threads,
            is_limited,
        )


def _merged(spans: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those that touch made one, oldest first."""
    merged: list[tuple[str, str]] = []
    for first, last in sorted(spans):
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged
