"""Names: what people and channels are called, and what else Slack tells of people, by their ids. Its events
carry ids only.

A name is worth a moment's wait and no more, since a message waits for it. Slack is asked once an hour.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.platforms.slack.payloads import Payload, cursor_of, data_of, part, parts, text
from bot.platforms.slack.problems import CONNECTION_ERRORS, code_of

PATIENCE_S = 1.0
FRESH_S = 3600.0
AGAIN_S = 60.0
"""How long a failure keeps from asking for the same person again."""

MAX_NAMES = 10_000
PAGE, MAX_PAGES = 1000, 8
PEOPLE = ("U", "W")
"""What the ids of people begin with."""

AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Person:
    """What Slack tells of somebody. `is_manager`: an admin or owner of the workspace. A guest sees only
    the channels that they were added to, a stranger is of another company and meets us in shared channels.
    `team_id` is their workspace, "" where that is not known.
    `language` is the code of the language that their client is set to, "" where that is not known; `zone` is
    the one that their clock is in."""

    name: str = ""
    is_manager: bool = False
    is_bot: bool = False
    is_guest: bool = False
    is_stranger: bool = False
    team_id: str = ""
    language: str = ""
    zone: tzinfo = UTC


UNKNOWN = Person()


@dataclass(frozen=True, slots=True)
class _Known:
    person: Person
    until: float


class Names:
    """Display names, cached, and the names of public channels: those of others are not for everybody.
    `client` should not wait by itself where Slack limits its calls."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._known: dict[str, _Known] = {}
        self._asking: dict[str, asyncio.Task[None]] = {}
        self._waited_for: set[str] = set()
        self._learnt_until = 0.0
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._paused_until = {True: 0.0, False: 0.0}

    async def of(self, user_ids: Collection[str]) -> dict[str, str]:
        """The names of these people, and channels, as far as they are known within a moment."""
        unknown = [user_id for user_id in user_ids if not self._is_fresh(user_id)]
        asking = [self._ask(user_id) for user_id in unknown if user_id not in self._waited_for]
        if asking:
            await asyncio.wait(asking, timeout=PATIENCE_S)
        # Who was waited for in vain is not waited for by every following message.
        self._waited_for.update(user_id for user_id in unknown if user_id in self._asking)
        names = {user_id: self.person(user_id).name for user_id in user_ids}
        return {user_id: name for user_id, name in names.items() if name}

    def person(self, user_id: str) -> Person:
        """What is known of somebody by now. Ask for the name first."""
        known = self._known.get(user_id)
        return known.person if known else UNKNOWN

    async def learn_all(self) -> None:
        """Learn at once what everybody is called, where so many are not known that asking for each would take
        long; at most once an hour. Never an error."""
        if _now() < self._learnt_until:
            return
        self._learnt_until = _now() + FRESH_S
        cursor = ""
        for _ in range(MAX_PAGES):
            try:
                page = await self._client.users_list(limit=PAGE, include_locale=True, cursor=cursor or None)
            except (SlackApiError, *CONNECTION_ERRORS):
                return
            data = data_of(page)
            until = _now() + FRESH_S
            self._known |= {
                text(user, "id"): _Known(to_person(user), until) for user in parts(data, "members")
            }
            cursor = cursor_of(data)
            if not cursor:
                return

    @property
    def is_asking(self) -> bool:
        """Whether Slack is being asked for somebody."""
        return bool(self._asking)

    async def close(self) -> None:
        """Give up what is on its way."""
        asking = list(self._asking.values())
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)

    def _is_fresh(self, user_id: str) -> bool:
        known = self._known.get(user_id)
        return known is not None and known.until > _now()

    def _ask(self, user_id: str) -> asyncio.Task[None]:
        if user_id not in self._asking:
            task = asyncio.create_task(self._look_up(user_id))
            self._asking[user_id] = task
            task.add_done_callback(lambda _: self._over(user_id))
        return self._asking[user_id]

    def _over(self, user_id: str) -> None:
        self._asking.pop(user_id, None)
        self._waited_for.discard(user_id)

    async def _look_up(self, user_id: str) -> None:
        person, keep_s = self.person(user_id), AGAIN_S
        async with self._turns:
            if _now() < self._paused_until[user_id.startswith(PEOPLE)]:
                return
            try:
                person, keep_s = await self._told(user_id), FRESH_S
            except SlackApiError as error:
                if code_of(error) == "ratelimited":
                    self._paused_until[user_id.startswith(PEOPLE)] = _now() + AGAIN_S
                elif not user_id.startswith(PEOPLE):
                    keep_s = FRESH_S  # a channel that is none of the bot's business stays so
            except CONNECTION_ERRORS:
                pass
        self._known.pop(user_id, None)
        self._known[user_id] = _Known(person, _now() + keep_s)
        if len(self._known) > MAX_NAMES:
            del self._known[next(iter(self._known))]

    async def _told(self, some_id: str) -> Person:
        """What Slack says of somebody, or of a channel."""
        if some_id.startswith(PEOPLE):
            answer = await self._client.users_info(user=some_id, include_locale=True)
            return to_person(part(data_of(answer), "user"))
        answer = await self._client.conversations_info(channel=some_id)
        channel = part(data_of(answer), "channel")
        return Person(text(channel, "name")) if channel.get("is_private") is False else UNKNOWN


def to_person(user: Payload) -> Person:
    """A user as `users.info` describes them."""
    return Person(
        name=name_of(user),
        is_manager=manages(user),
        is_bot=user.get("is_bot") is True,
        is_guest=_is_guest(user),
        is_stranger=user.get("is_stranger") is True,
        team_id=text(user, "team_id"),
        language=text(user, "locale").partition("-")[0],
        zone=_zone(user),
    )


def name_of(user: Payload) -> str:
    """What people see for a user: the display name, else the full name, else the handle."""
    profile = part(user, "profile")
    choices = (
        text(profile, "display_name"),
        text(profile, "real_name"),
        text(user, "real_name"),
        text(user, "name"),
    )
    return next((choice for choice in choices if choice.strip()), "")


def manages(user: Payload) -> bool:
    """Whether the profile is that of an admin or owner; guests and people of other companies are neither."""
    is_of_us = not _is_guest(user) and user.get("is_stranger") is not True
    return is_of_us and (user.get("is_admin") is True or user.get("is_owner") is True)


def _is_guest(user: Payload) -> bool:
    return user.get("is_restricted") is True or user.get("is_ultra_restricted") is True


def _zone(user: Payload) -> tzinfo:
    """The zone by its name, which knows of summer time, else by what it is ahead of UTC now."""
    with suppress(ValueError, LookupError, OSError):
        return ZoneInfo(text(user, "tz"))
    offset = user.get("tz_offset")
    is_sane = isinstance(offset, int) and abs(offset) < 24 * 3600
    return timezone(timedelta(seconds=offset)) if is_sane and isinstance(offset, int) else UTC


def _now() -> float:
    return asyncio.get_running_loop().time()
