"""Names: what people are called, by their ids. Slack's events carry ids only.

A name is worth a moment's wait and no more, since a message waits for it. Slack is asked once an hour.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.platforms.slack.payloads import Payload, part, text
from bot.platforms.slack.problems import CONNECTION_ERRORS, code_of

PATIENCE_S = 1.0
FRESH_S = 3600.0
AGAIN_S = 60.0
"""How long a failure keeps from asking for the same person again."""

MAX_NAMES = 10_000
AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class _Known:
    name: str
    until: float
    is_manager: bool = False


class Names:
    """Display names, cached. `client` should not wait by itself where Slack limits its calls."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._known: dict[str, _Known] = {}
        self._asking: dict[str, asyncio.Task[None]] = {}
        self._waited_for: set[str] = set()
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._paused_until = 0.0

    async def of(self, user_ids: Collection[str]) -> dict[str, str]:
        """The names of these people, as far as they are known within a moment."""
        unknown = [user_id for user_id in user_ids if not self._is_fresh(user_id)]
        asking = [self._ask(user_id) for user_id in unknown if user_id not in self._waited_for]
        if asking:
            await asyncio.wait(asking, timeout=PATIENCE_S)
        # Who was waited for in vain is not waited for by every following message.
        self._waited_for.update(user_id for user_id in unknown if user_id in self._asking)
        known = {user_id: self._known[user_id].name for user_id in user_ids if user_id in self._known}
        return {user_id: name for user_id, name in known.items() if name}

    def is_manager(self, user_id: str) -> bool:
        """Whether somebody is known to be an admin or owner of the workspace. Ask for the name first."""
        known = self._known.get(user_id)
        return known is not None and known.is_manager

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
        old = self._known.get(user_id, _Known("", 0.0))
        name, is_manager, keep_s = old.name, old.is_manager, AGAIN_S
        async with self._turns:
            if _now() < self._paused_until:
                return
            try:
                answer = await self._client.users_info(user=user_id)
                user = part(answer.data if isinstance(answer.data, dict) else {}, "user")
                name, is_manager, keep_s = name_of(user), manages(user), FRESH_S
            except SlackApiError as error:
                if code_of(error) == "ratelimited":
                    self._paused_until = _now() + AGAIN_S
            except CONNECTION_ERRORS:
                pass
        self._known.pop(user_id, None)
        self._known[user_id] = _Known(name, _now() + keep_s, is_manager)
        if len(self._known) > MAX_NAMES:
            del self._known[next(iter(self._known))]


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
    is_guest = user.get("is_restricted") is True or user.get("is_ultra_restricted") is True
    return not is_guest and (user.get("is_admin") is True or user.get("is_owner") is True)


def _now() -> float:
    return asyncio.get_running_loop().time()
