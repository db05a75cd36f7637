"""Departures: workspaces that throw the app out, or take its token back. What was said there is erased.

Only an event of Slack's does this, never a call that it refuses. The event is acknowledged when the tokens
are gone and what is left to erase is noted; the erasing goes on behind it, also after a restart.
"""

from __future__ import annotations

import asyncio
import logging

from slack_sdk.errors import SlackApiError

from bot.conversation.manager import ConversationManager
from bot.conversation.past import NOTHING_BEFORE
from bot.conversation.patience import patiently
from bot.errors import BotError, PlatformError
from bot.messages import ConversationKey
from bot.platforms.event_order import EventOrder
from bot.platforms.removal import erase_place, erase_workspace
from bot.platforms.slack.events import Events
from bot.platforms.slack.incoming import PLATFORM
from bot.platforms.slack.payloads import Payload, for_log, part, text
from bot.platforms.slack.problems import BAD_TOKEN, CONNECTION_ERRORS, code_of, until_answered
from bot.platforms.slack.workspaces import Workspace, Workspaces
from bot.storage.records import OPTED_OUT
from bot.storage.store import HistoryStore

log = logging.getLogger(__name__)

ASKING_S = 2.0
"""How long Slack may take to say whether a token still works. It waits three seconds for the event."""

SETTLING_S = 5.0
"""How long events that arrived before get to be written down, so that they are erased too."""

CLOSING_S = 2.0
"""How long the erasing goes on when the bot is closed."""

_KEPT = (OPTED_OUT[0], NOTHING_BEFORE)
"""Settings that say what must not be remembered: they hold should the workspace come back."""

_IN_PART = "/closed"
"""What a note has behind the id of an organisation of which some workspaces left."""


class Departures:
    """Takes what Slack tells of workspaces that leave. `order` has the events that are being handled."""

    def __init__(
        self,
        manager: ConversationManager,
        workspaces: Workspaces,
        store: HistoryStore,
        order: EventOrder[str],
    ) -> None:
        self._manager = manager
        self._workspaces = workspaces
        self._store = store
        self._notes = store.departures
        self._order = order
        self._turn = asyncio.Lock()
        self._erasing: dict[str, asyncio.Task[None]] = {}
        self._is_closed = False

    def listen(self, events: Events) -> None:
        """Be told of workspaces that leave."""
        events.listen("app_uninstalled", self.uninstalled)
        events.listen("tokens_revoked", self.revoked)
        events.listen("team_access_revoked", self.closed)

    async def resume(self) -> None:
        """Erase what an earlier process left to erase. Raises StorageError."""
        for workspace_id in await self._notes.noted(PLATFORM):
            self._erase(workspace_id)

    async def uninstalled(self, workspace: Workspace, body: Payload) -> None:
        """Take `app_uninstalled`. Raises StorageError and PlatformError: then the event must come again."""
        if _is_doubtful(workspace, body) and await _is_welcome(workspace):
            log.info("workspace %s still has the app: what Slack told of it is left aside", workspace.id)
            return
        async with self._turn:  # Slack tells it in two events
            if self._workspaces.known(workspace.id) is workspace:
                await self._workspaces.remove(workspace)
                log.warning("workspace %s threw the app out: what was said there is erased", workspace.id)
                self._erase(workspace.id)

    async def revoked(self, workspace: Workspace, body: Payload) -> None:
        """Take `tokens_revoked`; tokens of people are not ours. Raises as `uninstalled`."""
        if part(body, "event", "tokens").get("bot"):
            await self.uninstalled(workspace, body)

    async def closed(self, workspace: Workspace, body: Payload) -> None:
        """Take `team_access_revoked`: an organisation takes the app out of some of its workspaces. Raises
        StorageError."""
        teams = part(body, "event").get("team_ids")
        if workspace.is_organisation and teams:
            named = for_log(teams)
            log.warning("the app was taken out of workspaces of organisation %s: %s", workspace.id, named)
            await self._notes.note(PLATFORM, f"{workspace.id}{_IN_PART}")
            self._erase(f"{workspace.id}{_IN_PART}")

    async def close(self) -> None:
        """Leave to the next start what cannot be erased in a moment."""
        self._is_closed = True
        erasing = list(self._erasing.values())
        if erasing:
            await asyncio.wait(erasing, timeout=CLOSING_S)
        for task in erasing:
            task.cancel()
        await asyncio.gather(*erasing, return_exceptions=True)

    def _erase(self, workspace_id: str) -> None:
        if workspace_id not in self._erasing:
            erasing = asyncio.create_task(self._erase_all(workspace_id))
            self._erasing[workspace_id] = erasing
            erasing.add_done_callback(lambda _: self._erasing.pop(workspace_id))

    async def _erase_all(self, noted: str) -> None:
        async def erase() -> None:
            if noted.endswith(_IN_PART):
                await self._erase_closed(noted.removesuffix(_IN_PART))
            else:
                await erase_workspace(self._manager, PLATFORM, noted)
                await self._store.erase_settings(PLATFORM, noted, _KEPT)
            await self._notes.done(PLATFORM, noted)

        await self._order.settle(SETTLING_S)
        try:
            await patiently(erase, lambda: self._is_closed)
            log.info("erased what was said in %s", noted)
        except BotError as error:
            log.warning("what was said in %s is erased at the next start: %s", noted, error)

    async def _erase_closed(self, organisation_id: str) -> None:
        """Erase what was said in channels that are closed to the bot by now: of what was said in an
        organisation it is not known in which of its workspaces."""
        organisation = await self._workspaces.of(organisation_id)
        known = await self._manager.conversations(PLATFORM, organisation_id)
        for channel_id in {summary.conversation.channel_id for summary in known}:
            if await _is_closed(organisation, channel_id):
                await erase_place(self._manager, ConversationKey(PLATFORM, organisation_id, channel_id))


async def _is_closed(organisation: Workspace, channel_id: str) -> bool:
    """Whether Slack says so. Raises PlatformError where it says nothing."""
    try:
        await until_answered(
            "look at a channel", lambda: organisation.client.conversations_info(channel=channel_id)
        )
    except SlackApiError as error:
        return code_of(error) in ("team_access_not_granted", "channel_not_found")
    return False


def _is_doubtful(workspace: Workspace, body: Payload) -> bool:
    """Whether it was told before the workspace installed the app anew, or names a workspace of an
    organisation that may still have it."""
    told_at = body.get("event_time")
    is_old = isinstance(told_at, int) and told_at < int(workspace.installed_at)
    return is_old or text(body, "team_id") not in ("", workspace.id)


async def _is_welcome(workspace: Workspace) -> bool:
    """Whether Slack takes the token. Raises PlatformError where it does not say."""
    try:
        async with asyncio.timeout(ASKING_S):
            await workspace.hasty_client.auth_test()
    except SlackApiError as error:
        if code_of(error) not in BAD_TOKEN:
            raise PlatformError(
                f"could not ask whether workspace {workspace.id} left: {code_of(error)}"
            ) from None
        return False
    except CONNECTION_ERRORS as error:
        reason = type(error).__name__
        raise PlatformError(f"could not ask whether workspace {workspace.id} left: {reason}") from None
    return True
