"""The honest line under a summary: how much of what was asked for was really read, and what was not. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time

from bot.conversation.access import NOTHING_MISSING, Missing
from bot.conversation.summaries.forms import is_undated
from bot.conversation.summaries.records import Block
from bot.conversation.text.counting import counted
from bot.conversation.text.times import zone_name


@dataclass(slots=True)
class Coverage:
    """What was read so far. `total` is what was asked for and is known, `missing` what the platform has
    beside it; `about` a topic, `relevant` its messages, `replies` what else replies to them. `is_hindered`:
    there may be more that the bot was not let to read; `begins_named`: a message was named to begin with,
    `since`: a time."""

    total: int
    missing: Missing = NOTHING_MISSING
    is_limited: bool = False
    about: str = ""
    is_hindered: bool = False
    begins_named: bool = False
    since: datetime | None = None
    relevant: int = 0
    replies: int = 0
    read: int = 0
    cut: int = 0
    unread: int = 0
    reasons: list[str] = field(default_factory=list)
    threads: set[str] = field(default_factory=set)
    first: datetime | None = None
    last: datetime | None = None

    def add(self, block: Block) -> None:
        """Count a block."""
        self.read += block.messages - block.unread
        self.cut += block.cut
        self.unread += block.unread
        self.threads |= block.threads
        if block.why and block.why not in self.reasons:
            self.reasons.append(block.why)
        self.first = min(self.first or block.first, block.first)
        self.last = max(self.last or block.last, block.last)

    def line(self, now: datetime) -> str:
        """One closing sentence, with times in the time zone of `now`."""
        about = f" about “{self.about}”" if self.about else ""
        total = self.total + self.missing.messages
        known = counted(total, "message") + " that I know" * self.is_hindered
        parts = [f"{self.relevant:,} of {known}{about}" if self.about else f"{self.read:,} of {known}"]
        parts += [f"with {self.replies:,} direct " + ("reply" if self.replies == 1 else "replies")] * bool(
            self.replies
        )
        parts += ["from that message on"] * self.begins_named + self._whole_days(now) + self._times(now)
        parts += [counted(len(self.threads), "thread")] if self.threads else []
        more = [f"{self.cut:,} very long, read in part"] if self.cut else []
        if self.unread:
            more.append(
                f"{self.unread:,} could not be read ({'; '.join(self.reasons)}): I only quote from them"
            )
        more += ["I did not read what is older"] if self.is_limited else []
        more += filter(None, [unread(self.missing, now)])
        return "; ".join([", ".join(parts), *more])

    def _whole_days(self, now: datetime) -> list[str]:
        """Of an earlier day, whoever asked may have meant that day alone."""
        since = self.since
        if since is None or since.time() != time.min or since.date() >= now.astimezone(since.tzinfo).date():
            return []
        return [f"from {since:%Y-%m-%d} up to now"]

    def _times(self, now: datetime) -> list[str]:
        if self.first is None or self.last is None or is_undated(self.last):
            return []
        begin, end = _clock(now, self.first, self.last)
        zone = zone_name(self.last.astimezone(now.tzinfo))
        return [f"{begin} {zone}" if begin == end else f"{begin} to {end} {zone}"]


def unread(missing: Missing, now: datetime) -> str:
    """What could not be read and why, without an end; "" for nothing. Times in the time zone of `now`."""
    replies = f"{missing.messages:,} " + ("reply" if missing.messages == 1 else "replies")
    what = [f"{replies} in {counted(missing.threads, 'thread')}"] if missing.messages else []
    if missing.before is not None:
        zone = zone_name(missing.before.astimezone(now.tzinfo))
        what.append(f"what was said before {_clock(now, missing.before)[0]} {zone}")
    what += ["what is newest"] * missing.lacks_newest
    why = f" ({missing.why})" if missing.why else ""
    return f"I could not read {' and '.join(what)}{why}" if what else ""


def _clock(now: datetime, *moments: datetime) -> list[str]:
    """Times of day where all are of today, else with the day."""
    here = [moment.astimezone(now.tzinfo) for moment in moments]
    pattern = "%H:%M" if all(moment.date() == now.date() for moment in here) else "%Y-%m-%d %H:%M"
    return [f"{moment:{pattern}}" for moment in here]
