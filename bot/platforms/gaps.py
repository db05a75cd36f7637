"""Gaps: what a bot may have missed of conversations, and how what it has differs from what there is.

Pure: no platform, no database, no clock. `Backfill` does what is decided here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from bot.conversation.summaries.scope import DEFAULT_LAST, MAX_LAST, ids_in
from bot.conversation.tasks.digest import TOLD
from bot.conversation.text.counting import whole_number
from bot.conversation.text.times import is_last_visit, parse_since
from bot.errors import CommandError
from bot.messages import Command, ConversationKey
from bot.storage.known import KnownMessage, Reach

M = TypeVar("M")

CHAT_DEPTH = 100
"""How many messages are read back for somebody who only wants to talk."""

LOOKED_AFTER = timedelta(days=7)
"""Conversations that were silent for longer are asked for nothing but what they say that they have new."""

LATE = timedelta(minutes=15)
"""Missed messages that are older than this are remembered and not answered."""

MARGIN = timedelta(minutes=1)
"""How far clocks may differ, and how late the last events before a break may have been lost."""

READING = frozenset({"summarize", "catchup", "search", TOLD})
TALKING = frozenset({"ask", "explain", "reply", "translate", "context"})
"""Commands that are about what was said in the channel, and those that go by what was said last."""


@dataclass(frozen=True, slots=True)
class Past(Generic[M]):
    """One message as the platform has it now; `message` is its own object for it."""

    id: str
    sent_at: datetime
    edited_at: datetime | None
    message: M


@dataclass(frozen=True, slots=True)
class Place:
    """A conversation that the platform lists by itself, which message is the last one there, and when it was
    said. `is_known`: memory has that message, so that there is hardly anything new."""

    key: ConversationKey
    last_said_at: datetime | None
    last_id: str = ""
    is_known: bool = False


@dataclass(frozen=True, slots=True)
class Differences(Generic[M]):
    """What the platform has that memory has not, has otherwise, and has not any more. Oldest first."""

    new: tuple[Past[M], ...]
    edited: tuple[Past[M], ...]
    gone: tuple[str, ...]


def depth_for(command: Command | None, limit: int) -> int:
    """How many messages an answer to a chat message, or to a command, rests on at most."""
    if command is None or command.name in TALKING:
        return min(CHAT_DEPTH, limit)
    return limit if command.name in READING else 0


@dataclass(frozen=True, slots=True)
class Depth:
    """How far back an answer reads: at most the newest `count` messages, and none before the moment `since`,
    the message with one of the `ids`, or the last message of whoever asks. With `has_threads` what stands in
    the channel's threads counts too."""

    count: int
    since: datetime | None = None
    ids: tuple[str, ...] = ()
    is_since_visit: bool = False
    has_threads: bool = False


def depth_of(command: Command | None, now: datetime, limit: int) -> Depth:
    """How far back an answer to a chat message or to a command given at `now` rests on what was said: `limit`
    messages for a search that names no end."""
    if command is None or command.name in TALKING:
        return Depth(min(CHAT_DEPTH, limit))
    if command.name not in READING:
        return Depth(0)
    options = {name: value.strip() for name, value in command.options.items() if value.strip()}
    since, first = options.get("since", ""), options.get("from", "")
    is_since_visit = command.name == "catchup" or is_last_visit(since)
    usual = limit if command.name == "search" else DEFAULT_LAST
    if since or is_since_visit or (first and command.name == "summarize"):
        usual = MAX_LAST
    count = whole_number(options["last"]) if "last" in options else usual
    return Depth(
        min(count or usual, MAX_LAST),
        None if is_since_visit else _moment(since, now),
        tuple(ids_in(first)) if first and command.name == "summarize" else (),
        is_since_visit,
        has_threads=True,
    )


def _moment(since: str, now: datetime) -> datetime | None:
    """When something begins; what cannot be read the task itself will say."""
    try:
        return parse_since(since, now) if since else None
    except CommandError:
        return None


def gaps_in(
    places: Iterable[Place], known: Iterable[Reach], now: datetime, connected_since: datetime | None = None
) -> dict[ConversationKey, datetime]:
    """Where to look for what was missed, and since when: first where the platform says that there is
    something new, then where memory has the last message, then the other conversations of the last days, the
    newest first each time.

    `known` is how far memory reached before the break. `connected_since`: when this process first connected,
    if it did before now.
    """
    known = list(known)
    places = [place for place in places if place.last_said_at is not None]
    since = _since(places, known, now, connected_since)
    newest = {reach.conversation: reach.newest or reach.oldest for reach in known}
    news = {
        place.key: place.last_said_at
        for place in places
        if place.last_said_at is not None
        and place.key.workspace_id in since
        and place.last_said_at >= since[place.key.workspace_id]
        and (place.key not in newest or place.last_said_at > newest[place.key])
    }
    active = {key: at for key, at in newest.items() if key not in news and now - at < LOOKED_AFTER}
    unknown = {place.key for place in places if not place.is_known}
    in_order = [*sorted(news, key=lambda key: (key in unknown, news[key]), reverse=True)]
    in_order += sorted(active, key=active.__getitem__, reverse=True)
    return {key: since[key.workspace_id] for key in in_order}


def _since(
    places: Iterable[Place], known: Iterable[Reach], now: datetime, connected_since: datetime | None
) -> dict[str, datetime]:
    """Since when something may have been missed in each workspace: when something reached the bot from there,
    it was connected. Where nothing ever did, only what is not too late for an answer counts."""
    since: dict[str, datetime] = {}
    if connected_since is not None:
        since = {place.key.workspace_id: max(connected_since, now - LATE) - MARGIN for place in places}
    known = list(known)
    for reach in known:
        at, workspace = reach.oldest - MARGIN, reach.conversation.workspace_id
        since[workspace] = min(at, since.get(workspace, at))
    for reach in known:
        if reach.newest is not None:
            at, workspace = reach.newest - MARGIN, reach.conversation.workspace_id
            since[workspace] = max(at, since.get(workspace, at))
    return since


def differences(
    read: Sequence[Past[M]],
    known: Iterable[KnownMessage],
    *,
    since: datetime,
    covered: tuple[datetime, datetime],
) -> Differences[M]:
    """Compare what was read, newest first, with memory. `since`: what is older and not known was never
    missed; it may have been erased. `covered`: the stretch of which everything was read."""
    by_id = {message.message_id: message for message in known}
    there = {past.id for past in read}
    earliest, latest = covered
    new = [past for past in reversed(read) if past.sent_at >= since and past.id not in by_id]
    edited = [past for past in reversed(read) if past.id in by_id and _is_edited(past, by_id[past.id])]
    gone = [
        message.message_id
        for message in by_id.values()
        if not (message.is_deleted or message.is_command)
        and message.message_id not in there
        and earliest < message.sent_at <= latest
    ]
    return Differences(tuple(new), tuple(edited), tuple(gone))


def _is_edited(past: Past[M], known: KnownMessage) -> bool:
    if past.edited_at is None or known.is_deleted or known.is_own:
        return False
    return known.edited_at is None or known.edited_at < past.edited_at
