"""Home: the tab in which every person sees what the bot keeps of them, with their settings and digests.

It is published when a person opens it, and anew after what its buttons did: those give commands like any
other, answered in the person's direct conversation with the bot. Slack keeps what was published last.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime

from slack_sdk.errors import SlackApiError

from bot.conversation.manager import ConversationManager
from bot.conversation.memory.personas import own_persona
from bot.conversation.reply import Reply
from bot.conversation.schedules import DIGESTS, read_schedules
from bot.conversation.tasks.forget_me import TASK as FORGET_ME
from bot.errors import PlatformError, StorageError, where
from bot.messages import ConversationKey, Piece
from bot.platforms.event_order import EventOrder
from bot.platforms.patience import patiently
from bot.platforms.recently import Recently
from bot.platforms.slack.commands import with_names_here
from bot.platforms.slack.direct import open_direct
from bot.platforms.slack.events import Events
from bot.platforms.slack.given import to_message
from bot.platforms.slack.home_blocks import COMMANDS, HOME, Glance, Kept, home_view
from bot.platforms.slack.incoming import PLATFORM
from bot.platforms.slack.interactions import Answer, Interactions, action_in
from bot.platforms.slack.members import ASKING_S
from bot.platforms.slack.memberships import memberships
from bot.platforms.slack.payloads import Payload, part, text
from bot.platforms.slack.problems import platform_error, until_answered
from bot.platforms.slack.workspaces import Workspace, Workspaces
from bot.storage.store import HistoryStore

log = logging.getLogger(__name__)

BY_HOME = "home-"
"""What the ids of commands begin with that the home tab's buttons give."""

PATIENCE_S = 0.5
"""What is not looked up in this time is shown later."""

ANSWERED = "I answer you under **Messages**."
NOT_ANSWERED = "I could not write to you under **Messages**. Please try again later."

DOING = "show the home tab"
_PLACES = "public_channel,private_channel,mpim,im"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks at the home tab in which workspace."""

    workspace: Workspace
    user_id: str

    @property
    def key(self) -> ConversationKey:
        """The workspace, for what is kept of persons in it."""
        return ConversationKey(PLATFORM, self.workspace.id, "")


class Home:
    """Shows the tab. `order` has the events of channels that are being handled."""

    def __init__(
        self,
        manager: ConversationManager,
        store: HistoryStore,
        workspaces: Workspaces,
        order: EventOrder[str],
        bot_name: str,
    ) -> None:
        self._manager = manager
        self._store = store
        self._workspaces = workspaces
        self._order = order
        self._bot_name = bot_name
        self._turns: EventOrder[str] = EventOrder()
        self._coming: set[Viewer] = set()
        self._working: set[asyncio.Task[None]] = set()
        self._told = Recently()
        self._is_closed = False

    def listen(self, events: Events, interactions: Interactions) -> None:
        """Be told who opens the tab, what they press there, and what came of it."""
        events.listen("app_home_opened", self.opened)
        interactions.listen("block_actions", HOME, self.pressed)
        self._manager.watch_settled(self.settled)

    async def opened(self, workspace: Workspace, body: Payload) -> None:
        """Show the tab to who opened it, unless it looks as it should."""
        event = part(body, "event")
        viewer = Viewer(workspace, text(event, "user"))
        if text(event, "tab") == "home" and viewer.user_id and viewer not in self._coming:
            self._coming.add(viewer)
            self._show_soon(viewer, seen=text(part(event, "view"), "private_metadata"))

    async def pressed(self, workspace: Workspace, body: Payload) -> Answer:
        """Give the command that a button is for."""
        action, user_id = action_in(body), text(part(body, "user"), "id")
        command = COMMANDS.get(text(action, "action_id").removeprefix(HOME))
        if command is None or not user_id:
            return None
        notice = ANSWERED
        try:
            await workspace.names.of({user_id})
            key = ConversationKey(PLATFORM, workspace.id, await open_direct(workspace, user_id))
            event_id = f"{BY_HOME}{text(action, 'action_ts')}-{user_id}"
            message = to_message(command, key, event_id, user_id, workspace.names.person(user_id))
            async with self._order.turn(key.channel_id):
                await patiently(lambda: self._manager.accept(message))
        except (PlatformError, StorageError) as error:
            self._warn(f"a button of the home tab did nothing: {error}")
            notice = NOT_ANSWERED
        self._show_soon(Viewer(workspace, user_id), notice)
        return None

    async def settled(self, reply: Reply) -> None:
        """After what a button did, and wherever a person is forgotten, nothing old is to be shown."""
        question = reply.question
        is_pressed = question.event_id.startswith(BY_HOME)
        is_forgotten = question.command is not None and question.command.name == FORGET_ME.name
        if question.conversation.platform != PLATFORM or not (is_pressed or is_forgotten):
            return
        if workspace := self._workspaces.known(question.conversation.workspace_id):
            notice = NOT_ANSWERED if reply.outcome == "failed" else ANSWERED
            viewer = Viewer(workspace, question.author.id)
            self._show_soon(viewer, notice if is_pressed else "")

    async def close(self) -> None:
        """Give up what is on its way, and begin nothing more."""
        self._is_closed = True
        working = list(self._working)
        for task in working:
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)

    # --- inside ------------------------------------------------------------------------------

    def _show_soon(self, viewer: Viewer, notice: str = "", seen: str = "") -> None:
        if not self._is_closed:
            task = asyncio.create_task(self._show(viewer, notice, seen))
            self._working.add(task)
            task.add_done_callback(self._working.discard)

    async def _show(self, viewer: Viewer, notice: str, seen: str) -> None:
        """Publish what is known. `seen` is the mark of what the person sees already. The last to look things
        up is the last to publish."""
        async with self._turns.turn(f"{viewer.workspace.id}/{viewer.user_id}"):
            self._coming.discard(viewer)
            try:
                await self._look_and_publish(viewer, notice, seen)
            except Exception as error:
                log.error("the home tab: %s", where(error))

    async def _look_and_publish(self, viewer: Viewer, notice: str, seen: str) -> None:
        """Publish all, and before that at once what is known by then, unless the person sees more already."""
        info = await self._manager.model()
        model = f"`{info.name}` is ready." if info else f"Not ready yet: {self._manager.model_status}."
        glance = Glance(self._bot_name, model, datetime.now(UTC), notice)
        async with asyncio.TaskGroup() as group:
            looking = (self._find_kept(viewer, glance), self._find_digests(viewer, glance))
            _, late = await asyncio.wait([group.create_task(one) for one in looking], timeout=PATIENCE_S)
            if late and not seen:
                await self._publish(viewer, glance, seen)
        glance.is_whole = True
        await self._publish(viewer, glance, seen)

    async def _publish(self, viewer: Viewer, glance: Glance, seen: str) -> None:
        view = home_view(glance)
        if view["private_metadata"] == seen:
            return
        client = viewer.workspace.client
        try:
            await until_answered(DOING, lambda: client.views_publish(user_id=viewer.user_id, view=view))
            return
        except SlackApiError as error:
            problem = platform_error(error, DOING)
        except PlatformError as error:
            problem = error
        self._warn(str(problem))

    def _warn(self, problem: str) -> None:
        if self._told.is_news(problem):
            log.warning("%s", problem)

    async def _find_kept(self, viewer: Viewer, glance: Glance) -> None:
        """Numbers of the person, and for who manages the workspace those of all of it."""
        names, key, user_id = viewer.workspace.names, viewer.key, viewer.user_id
        await names.of({user_id})
        glance.person = person = names.person(user_id)
        try:
            glance.kept = Kept(
                await self._store.people.traces(key, user_id),
                user_id in await self._store.people.opted_out(key),
                bool(await own_persona(self._store, key, user_id)),
                await self._store.tally(key, whole_workspace=True) if person.is_manager else None,
            )
        except StorageError as error:
            self._warn(f"what is kept of a person cannot be counted: {error}")

    async def _find_digests(self, viewer: Viewer, glance: Glance) -> None:
        """The digests of the channels that the person is in at this moment."""
        try:
            known = [
                (key, schedule)
                for key, value in await self._store.settings_named(DIGESTS)
                if (key.platform, key.workspace_id) == (PLATFORM, viewer.workspace.id)
                for schedule in read_schedules(value)
            ]
            channels = await _channels_of(viewer) if known else set()
        except (PlatformError, StorageError, TimeoutError) as error:
            self._warn(f"the digests for a person cannot be listed: {str(error) or type(error).__name__}")
            return
        glance.digests = [(key, schedule) for key, schedule in known if key.channel_id in channels]


async def named_here(pieces: AsyncGenerator[Piece, None]) -> AsyncGenerator[Piece, None]:
    """The same answer to a button, with the names that commands have in Slack."""
    async with aclosing(pieces) as stream:
        async for piece in stream:
            yield with_names_here(piece) if isinstance(piece, str) else piece


async def _channels_of(viewer: Viewer) -> set[str]:
    """The ids of the channels and direct conversations that a person is in, as Slack says now. Raises
    PlatformError and TimeoutError."""
    workspace, user_id, team_id = viewer.workspace, viewer.user_id, ""
    if workspace.is_organisation:
        await workspace.names.of({user_id})
        team_id = workspace.names.person(user_id).team_id
    async with asyncio.timeout(ASKING_S):
        channels = await memberships(workspace, _PLACES, user_id=user_id, team_id=team_id)
    return {text(channel, "id") for channel in channels}
