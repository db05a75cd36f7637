"""Pages of what was said in Slack, within what Slack allows. It keeps nothing of them.

https://docs.slack.dev/reference/methods/conversations.history and .replies. A page may be shorter
than was asked for though there is more; of some apps Slack takes a call a minute, and gives fifteen messages.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.errors import PlatformError
from bot.platforms.backfill import UnreadableError
from bot.platforms.slack.payloads import Payload, cursor_of, data_of, parts, text
from bot.platforms.slack.problems import CONNECTION_ERRORS, code_of, trouble_apart
from bot.platforms.slack.quota import Quota
from bot.platforms.slack.workspaces import Workspace

MAX_PAGE = 500
"""Messages that are asked for at once. Slack takes up to 999, and is slow to give so many."""

CALL_S, AGAIN_S = 15.0, (0.2, 0.5, 1.0)
"""How long one call may take, and the waits before it is tried again where the connection breaks."""

NOT_THERE = ("not_in_channel", "channel_not_found", "is_inactive", "no_permission", "access_denied")
NO_SCOPE = ("missing_scope", "not_allowed_token_type")
LIMITED_S = 1.0
"""How long Slack wants nothing more where it does not say."""


class NotThereError(UnreadableError):
    """The bot is no member of the channel, or there is none."""


class NoScopeError(UnreadableError):
    """The app lacks the scope `needed`."""

    def __init__(self, needed: str) -> None:
        super().__init__(f"the app lacks the scope {needed}", is_refusal=True)
        self.needed = needed


@dataclass(frozen=True, slots=True)
class Page:
    """Some messages, as Slack orders them. `cursor` is where the next page begins, "" behind the last.
    `is_limited`: Slack hides what is older."""

    messages: list[Payload]
    cursor: str = ""
    is_limited: bool = False


class Pages:
    """Reads for everybody who reads in a workspace. Times are those of the event loop's clock.

    The methods raise LimitedError where Slack would let it be later than `until` only, UnreadableError where
    the bot may not read, and PlatformError for everything else.
    """

    def __init__(self) -> None:
        self._quotas: defaultdict[tuple[str, str], Quota] = defaultdict(Quota)

    async def history(
        self,
        workspace: Workspace,
        channel_id: str,
        *,
        after: str = "",
        before: str = "",
        cursor: str = "",
        limit: int = MAX_PAGE,
        until: float,
        is_urgent: bool = True,
    ) -> Page:
        """The newest messages of a channel between two others, newest first; of threads their first ones."""

        def call() -> Awaitable[AsyncSlackResponse]:
            return workspace.hasty_client.conversations_history(
                channel=channel_id,
                oldest=after or None,
                latest=before or None,
                cursor=cursor or None,
                limit=min(limit, MAX_PAGE),
            )

        return await self._page(workspace, "history", call, until, is_urgent=is_urgent)

    async def replies(
        self,
        workspace: Workspace,
        channel_id: str,
        root: str,
        *,
        after: str = "",
        cursor: str = "",
        until: float,
        is_urgent: bool = True,
    ) -> Page:
        """The replies of a thread after one of them, oldest first; before them, on every page, its first
        message."""

        def call() -> Awaitable[AsyncSlackResponse]:
            return workspace.hasty_client.conversations_replies(
                channel=channel_id, ts=root, oldest=after or None, cursor=cursor or None, limit=MAX_PAGE
            )

        return await self._page(workspace, "replies", call, until, is_urgent=is_urgent)

    async def message(
        self, workspace: Workspace, channel_id: str, ts: str, root: str | None, *, until: float
    ) -> Payload | None:
        """One message of a channel, or of the thread under `root`; None where there is none."""

        def call() -> Awaitable[AsyncSlackResponse]:
            client = workspace.hasty_client
            if root is None:
                return client.conversations_history(
                    channel=channel_id, oldest=ts, latest=ts, inclusive=True, limit=1
                )
            return client.conversations_replies(
                channel=channel_id, ts=root, oldest=ts, latest=ts, inclusive=True, limit=2
            )

        page = await self._page(workspace, "replies" if root else "history", call, until, is_urgent=True)
        return next((one for one in page.messages if text(one, "ts") == ts), None)

    async def _page(
        self,
        workspace: Workspace,
        method: str,
        call: Callable[[], Awaitable[AsyncSlackResponse]],
        until: float,
        *,
        is_urgent: bool,
    ) -> Page:
        quota = self._quotas[workspace.id, method]
        for wait_s in (*AGAIN_S, 0.0):
            await quota.turn(until, is_urgent=is_urgent)
            try:
                async with asyncio.timeout(CALL_S):
                    return _read(await trouble_apart(call))
            except SlackApiError as error:
                if code_of(error) != "ratelimited":
                    raise _refusal(error) from None
                quota.close(_retry_after_s(error))
            except CONNECTION_ERRORS:
                await asyncio.sleep(wait_s)
        await quota.turn(until, is_urgent=is_urgent)  # where Slack limits calls, that is the reason
        raise PlatformError("Slack does not answer")


def _read(response: AsyncSlackResponse) -> Page:
    data = data_of(response)
    return Page(parts(data, "messages"), cursor_of(data), data.get("is_limited") is True)


def _refusal(error: SlackApiError) -> PlatformError:
    code = code_of(error)
    if code in NO_SCOPE:
        data = error.response.data if isinstance(error.response.data, dict) else {}
        return NoScopeError(text(data, "needed"))
    if code in NOT_THERE:
        return NotThereError(f"Slack answered {code}", is_refusal=True)
    if code == "thread_not_found":
        return UnreadableError("there is no such thread", is_refusal=False)
    return PlatformError(f"Slack answered {code}")


def _retry_after_s(error: SlackApiError) -> float:
    headers = {name.lower(): value for name, value in (error.response.headers or {}).items()}
    with suppress(ValueError, TypeError):
        return max(LIMITED_S, float(headers.get("retry-after", LIMITED_S)))
    return LIMITED_S
