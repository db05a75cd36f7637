"""A visit: one reading of one channel for one answer, as far as it has come. It asks nobody.

How far back is wanted is a `Depth`; how far that is in Slack's terms is found out as memory grows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime

from bot.conversation.access import NOTHING_MISSING, Missing
from bot.conversation.text.counting import counted
from bot.messages import ConversationKey
from bot.platforms.gaps import Depth
from bot.platforms.slack.payloads import Payload, moment
from bot.platforms.slack.stretches import FIRST_TS, Stretches, Thread
from bot.platforms.slack.workspaces import Workspace
from bot.storage.digests import Place

MAX_READ = 5_000
"""Messages that are read for one answer."""

TOO_MANY = f"I read at most {MAX_READ:,} messages at a time; ask again and I go on from there"
_THREAD = re.compile(r"[?&]thread_ts=(\d{10}\.\d{6})")


@dataclass(slots=True)
class Visit:
    """What is to be read, until when by the event loop's clock, and what was.

    `written` is how the stretches stand in the database. `is_current`: the newest messages were read.
    `is_trusted`: events told of all that was said since the last visit. `why` says why it ended too soon.
    """

    workspace: Workspace
    key: ConversationKey
    depth: Depth
    until: float
    stretches: Stretches = field(default_factory=Stretches)
    written: str | None = None
    read: int = 0
    threads: int = 0
    threads_left: int = 0
    is_current: bool = False
    is_trusted: bool = False
    why: str = ""

    @property
    def channel(self) -> ConversationKey:
        """The channel, whatever thread of it is to be read."""
        return self.key.channel

    @property
    def line(self) -> str:
        """How far it has come, for people."""
        if not self.read:
            return "reading"
        threads = self.threads + self.threads_left
        more = f", {self.threads:,} of {counted(threads, 'thread')}" if threads else ""
        return f"read {counted(self.read, 'message')}{more}"

    def wanted_threads(self, floor: str) -> list[str]:
        """The threads with something unread that is as new as `floor`, the newest first."""
        unread = self.stretches.unread
        wanted = [root for root, thread in unread.items() if thread.latest >= floor]
        return sorted(wanted, key=lambda root: unread[root].latest, reverse=True)

    def missing(self, floor: str) -> Missing:
        """What could not be read of what is as new as `floor`."""
        threads = [self.stretches.unread[root] for root in self.wanted_threads(floor)]
        count = sum(thread.count for thread in threads)
        unread = self.stretches.newest_hole_between() if self.key.thread_id is None else None
        before = moment(unread.before) if unread and unread.before > floor else None
        if not (count or before or not self.is_current):
            return NOTHING_MISSING
        return Missing(count, len(threads), before, not self.is_current, self.why)


def to_ts(at: Place | datetime) -> str:
    """A time as Slack writes it; messages stand in memory at the time in their `ts`."""
    micros = at.at if isinstance(at, Place) else Place.before(at).at + 1
    return f"{micros // 10**6:010d}.{micros % 10**6:06d}" if micros > 0 else FIRST_TS


def thread_in(link: str) -> str | None:
    """The first message of the thread that a link to a reply names."""
    found = _THREAD.search(link)
    return found[1] if found else None


def thread_of(message: Payload) -> Thread | None:
    """What the first message of a thread says of its replies; None for any other message."""
    if message.get("thread_ts", message.get("ts")) != message.get("ts"):
        return None
    count, latest = message.get("reply_count"), message.get("latest_reply")
    if not isinstance(count, int) or not isinstance(latest, str) or count < 1:
        return None
    return Thread(latest, count)
