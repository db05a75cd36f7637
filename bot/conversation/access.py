"""Access: where else a person may read, as their platform says at the time of asking.

`Access` is a port that platforms implement. Whoever may not read a place is told the same as if there were
none, and what another place says is told to the asker alone. Knows no platform and no storage.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import Protocol, runtime_checkable

from bot.errors import CommandError
from bot.messages import Command, ConversationKey, IncomingMessage, Progress

NO_SUCH_PLACE = "I find no such channel that you and I may both read."
"""Said of places that are not there, and of those that the person may not see: nobody can tell them apart."""
FOR_YOU_ALONE = "What was said in another channel I tell you alone. Please leave `show:all` out."

_PLACE_OPTIONS = ("channel", "from")
"""Options that name a place: a channel, or the message that a summary begins with, by its link."""
_MENTION = re.compile(r"<#([\w-]+)(?:\|[^<>]*)?>")
_LINK = re.compile(r"<?https?://\S*?/(?:channels/[^/\s]+|archives)/([\w-]+)[^\s>]*>?")


@dataclass(frozen=True, slots=True)
class Missing:
    """What a platform has of a place, as far as it is known, and the bot could not read: so many messages in
    so many threads, all that was said before the moment `before`, and with `lacks_newest` what is newest, for
    the reason `why`, a sentence without its end. `is_closed`: nothing of the place may be told, since the bot
    may not read it now."""

    messages: int = 0
    threads: int = 0
    before: datetime | None = None
    lacks_newest: bool = False
    why: str = ""
    is_closed: bool = False


NOTHING_MISSING = Missing()


@runtime_checkable
class Access(Protocol):
    """What a platform knows of who may read what."""

    async def find_readable(
        self, wanted: str, person_id: str, here: ConversationKey
    ) -> ConversationKey | None:
        """The conversation that `wanted` names (a mention, a link to a channel or to one of its messages, an
        id), if the person, asking from `here`, and the bot may both read all of it; else None."""

    def prepare(
        self, question: IncomingMessage, place: ConversationKey
    ) -> AsyncGenerator[Progress | Missing, None]:
        """Have the bot know of `place`, which is that of the question or the other one that it names, what
        the answer needs; yields signs of life, and at the end what is missing. Raises CommandError where a
        command asks to read what the person or the bot may not read by now; else never an error."""

    async def hindrance(self, place: ConversationKey, *, is_live: bool = False) -> str:
        """A sentence for people about what keeps the bot from reading what was said there, or if `is_live`
        what is being said there from now on; "" for nothing."""


@runtime_checkable
class Zones(Protocol):
    """What a platform knows of people's clocks, where it tells the bot of them."""

    async def zone_of(self, question: IncomingMessage) -> tzinfo:
        """The time zone that the clock of who asks is in, UTC where that is not known. Never an error."""


def named_channel(text: str) -> str:
    """The id of the channel that a person named by a mention, a link, `#name` or its bare id."""
    match = _MENTION.fullmatch(text.strip()) or _LINK.fullmatch(text.strip())
    return match[1] if match else text.strip().removeprefix("#")


def place_wanted(command: Command | None, here: ConversationKey) -> str:
    """What names the place that a command asks to read instead of `here`; "" where it names none."""
    options: Mapping[str, str] = command.options if command else {}
    for option in _PLACE_OPTIONS:
        wanted = options.get(option, "").strip()
        is_place = option == "channel" or _LINK.fullmatch(wanted)
        if wanted and is_place and named_channel(wanted) not in (here.channel_id, here.thread_id):
            return wanted
    return ""


async def in_askers_zone(
    messages: tuple[IncomingMessage, ...], access: Access
) -> tuple[IncomingMessage, ...]:
    """What is to be answered, the last of it with its time in the zone of who asks: storage keeps none."""
    *others, question = messages
    if not isinstance(access, Zones):
        return messages
    return (*others, replace(question, sent_at=question.sent_at.astimezone(await access.zone_of(question))))


async def find_place(question: IncomingMessage, access: Access | None) -> ConversationKey | None:
    """The other place that a command asks to read, None where it reads its own. Raises CommandError where
    the person may not, or would show it to others."""
    command, here = question.command, question.conversation
    wanted = place_wanted(command, here)
    if not wanted or command is None:
        return None
    if command.options.get("show", "").strip().casefold() == "all":
        raise CommandError(FOR_YOU_ALONE)
    place = await access.find_readable(wanted, question.author.id, here) if access else None
    if place is None:
        raise CommandError(NO_SUCH_PLACE)
    return place
