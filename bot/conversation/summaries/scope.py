"""What a summary is to be about: the options of the command, checked, and where in the channel it begins."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

from bot.conversation.text.counting import whole_number
from bot.conversation.text.languages import Language, find_language
from bot.conversation.text.times import is_last_visit, parse_since
from bot.errors import CommandError
from bot.messages import ConversationKey
from bot.storage.digests import BEGINNING, Digests, Place

DEFAULT_LAST = 100
MAX_LAST = 20_000
_SLACK = re.compile(r"/archives/[^/]+/p(\d{10})(\d{6})")


@dataclass(frozen=True, slots=True)
class Scope:
    """At most the newest `last` messages after the place `after`, told in `style`.

    `since` is the time of that place where one was asked for. `about` is a topic, "" for all. `language` is
    None where none was asked for. `limits` says in words what was asked for, for when there is nothing.
    """

    last: int
    after: Place = BEGINNING
    style: str = "brief"
    about: str = ""
    language: Language | None = None
    limits: str = ""
    since: datetime | None = None


async def read_scope(
    digests: Digests, key: ConversationKey, options: Mapping[str, str], asker_id: str, now: datetime
) -> Scope:
    """The scope that options ask for. Raises CommandError."""
    check_beginning(options)
    after, limits = await _beginning(digests, key, options, asker_id, now)
    return Scope(
        last=_last(options.get("last"), DEFAULT_LAST if after == BEGINNING else MAX_LAST),
        after=after,
        style=options.get("style", "brief"),
        about=options.get("about", "").strip(),
        language=language_of(options.get("language")),
        limits=limits,
        since=_time_of(options, now),
    )


def check_beginning(options: Mapping[str, str]) -> None:
    """Raises CommandError where options name two beginnings."""
    if "since" in options and "from" in options:
        raise CommandError("Give me either `since` or `from`. For example: `/summarize since:yesterday`")


async def _beginning(
    digests: Digests, key: ConversationKey, options: Mapping[str, str], asker_id: str, now: datetime
) -> tuple[Place, str]:
    if "from" in options:
        return await _place_of(digests, key, options["from"]), " from that message on"
    if "since" not in options:
        return BEGINNING, ""
    if since := _time_of(options, now):
        return Place.before(since), " in that time"
    place = await digests.last_place_of(key, asker_id)
    if place is None:
        raise CommandError(
            "You have not written here yet, so I do not know since when. Try `/summarize since:yesterday` or "
            "`/summarize last:100`."
        )
    return place, " since your last message"


def _time_of(options: Mapping[str, str], now: datetime) -> datetime | None:
    since = options.get("since")
    return None if since is None or is_last_visit(since) else parse_since(since, now)


async def _place_of(digests: Digests, key: ConversationKey, wanted: str) -> Place:
    """The place right before the message that a link, an id or a number names."""
    for message_id in ids_in(wanted):
        if place := await digests.place_of(key, message_id):
            return place.just_before
    number = whole_number(wanted.strip(" []#"))
    place = await digests.place_of_number(key, number) if number else None
    if place is not None:
        return place.just_before
    raise CommandError(
        "I remember no such message in this channel. Give me the link of a message, which its menu copies, "
        "or its number in a summary. For example: `/summarize from:https://discord.com/channels/1/2/3`"
    )


def ids_in(wanted: str) -> list[str]:
    """The message ids that a link or an id may mean, the likeliest first."""
    wanted = wanted.strip().strip("<>")
    if slack := _SLACK.search(wanted):
        return [f"{slack[1]}.{slack[2]}"]
    # What one person alone was shown has an id of two parts.
    if "#" not in wanted and "//" not in wanted and wanted.count("/") <= 1:
        return [wanted]
    parts = urlsplit(wanted)
    last = parts.path.rstrip("/").rpartition("/")[2]
    fields = [
        value for name in ("message", "message_id", "id") for value in parse_qs(parts.query).get(name, [])
    ]
    fragment = re.split(r"[/=]", parts.fragment)[-1]
    found = [*fields, fragment, fragment.removeprefix("message-").removeprefix("m-"), last]
    return [message_id for message_id in dict.fromkeys(found) if message_id]


def _last(value: str | None, default: int) -> int:
    if value is None:
        return default
    number = whole_number(value, MAX_LAST)
    if number is None:
        raise CommandError(
            f"`last` is a number of messages from 1 to {MAX_LAST:,}. For example: `/summarize last:50`"
        )
    return number


def language_of(wish: str | None) -> Language | None:
    """The language that people named, None without a name. Raises CommandError."""
    language = find_language(wish) if wish else None
    if wish and language is None:
        raise CommandError("I do not know that language. For example: `/summarize language:Spanish`")
    return language
