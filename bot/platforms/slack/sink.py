"""ChannelSink: shows one reply as messages of the bot in a channel, a thread or a direct conversation.

Each post carries the reply's nonce as metadata. Where Slack's answer to a post was lost, that is looked for
before it is posted again: Slack itself keeps nobody from posting twice.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from slack_sdk.errors import SlackApiError

from bot.conversation.reply import Reply
from bot.messages import File
from bot.platforms.base import DeliveryLimits
from bot.platforms.slack.mrkdwn import INERT, message_body
from bot.platforms.slack.payloads import Payload, moment, part, parts, text
from bot.platforms.slack.problems import code_of, platform_error, until_answered
from bot.platforms.slack.workspaces import EDIT_INTERVAL_S, Workspace, Workspaces

log = logging.getLogger(__name__)

T = TypeVar("T")

LIMITS = DeliveryLimits(max_chars=3500, min_edit_interval_s=EDIT_INTERVAL_S)
"""Slack edits messages of up to 4,000 characters (what is longer by its escapes goes in sections)."""

METADATA_TYPE = "parley_reply"

LOOK_BACK = 100
LOOK_BACK_PAGES = 3
"""How many messages after the question are searched for a post whose fate is unknown."""


class ChannelSink:
    """Where one reply goes: a ReplySink."""

    def __init__(self, reply: Reply, workspaces: Workspaces) -> None:
        self._reply = reply
        self._place = reply.conversation
        self._workspaces = workspaces
        self._has_posted = bool(reply.posts)

    @property
    def limits(self) -> DeliveryLimits:
        """3,500 characters a post, an edit each 1.2 s."""
        return LIMITS

    async def post(self, text: str, nonce: str, file: File | None = None) -> str:
        """Post a message where the question stands. It mentions nobody and previews no links."""
        has_asked = False

        async def once() -> str:
            nonlocal has_asked
            if has_asked and (found := await self.find(nonce)):
                return found
            has_asked = True
            workspace = await self._workspace()
            await workspace.posts.of(self._place.channel_id).turn()
            return await self._send(workspace, text, nonce)

        message_id = await self._ask("post", once)
        self._has_posted = True
        (await self._workspace()).status.answered(self._place)
        return message_id

    async def edit(self, message_id: str, text: str, file: File | None = None) -> None:
        """Replace a post's text. Raises PostGoneError."""

        # An empty list takes away the sections of an earlier text.
        body = {"blocks": [], **message_body(text)}
        call = {"channel": self._place.channel_id, "ts": message_id, **INERT, **body}

        async def edit() -> object:
            workspace = await self._workspace()
            await workspace.edits.turn()
            return await workspace.client.api_call("chat.update", json=call)

        await self._ask("edit a post", edit)

    async def delete(self, message_id: str) -> None:
        """Take a post back; one that is gone already is no error, nor one that one person alone was shown."""
        if moment(message_id) is None:
            return

        async def delete() -> None:
            workspace = await self._workspace()
            try:
                await workspace.client.chat_delete(channel=self._place.channel_id, ts=message_id)
            except SlackApiError as error:
                if code_of(error) != "message_not_found":
                    raise

        await self._ask("delete a post", delete)

    async def find(self, nonce: str) -> str | None:
        """The post that was made with `nonce`, by this process or an earlier one."""

        async def look() -> str | None:
            cursor = ""
            for _ in range(LOOK_BACK_PAGES):
                page = await self._page(cursor)
                for message in parts(page, "messages"):
                    if _nonce_of(message) == nonce_for(self._reply, nonce):
                        return text(message, "ts")
                cursor = text(part(page, "response_metadata"), "next_cursor")
                if not cursor:
                    break
            return None

        try:
            return await until_answered("look for a post", look)
        except SlackApiError as error:
            problem = platform_error(error, "look for a post", self._place.channel_id)
            log.warning("%s; should the post be there, it will stand twice", problem)
            return None

    async def status(self, text: str) -> None:
        """Show a sign of life where Slack has a place for it; an answer that has begun is one itself."""
        workspace = self._workspaces.known(self._place.workspace_id)
        if workspace is not None and not self._has_posted:
            workspace.status.show(self._place, f"is thinking: {text}")

    async def finish(self, outcome: str) -> None:
        """Leave no status behind where nothing was posted."""
        workspace = self._workspaces.known(self._place.workspace_id)
        if workspace is not None and not self._has_posted and outcome != "restarted":
            workspace.status.clear(self._place)

    # --- inside ------------------------------------------------------------------------------

    async def _workspace(self) -> Workspace:
        return await self._workspaces.of(self._place.workspace_id)

    async def _send(self, workspace: Workspace, text: str, nonce: str) -> str:
        metadata = {
            "event_type": METADATA_TYPE,
            "event_payload": {"nonce": nonce_for(self._reply, nonce)},
        }
        call: dict[str, object] = {
            "channel": self._place.channel_id,
            "unfurl_links": False,
            "unfurl_media": False,
            "metadata": metadata,
            **INERT,
            **message_body(text),
        }
        if self._place.thread_id is not None:
            call["thread_ts"] = self._place.thread_id
        answer = await workspace.client.api_call("chat.postMessage", json=call)
        return str(answer["ts"])

    async def _page(self, cursor: str) -> Payload:
        """Messages of this channel or thread from the question on, with their metadata."""
        call: dict[str, object] = {
            "channel": self._place.channel_id,
            "oldest": self._reply.messages[0].message_id,
            "include_all_metadata": True,
            "limit": LOOK_BACK,
        }
        if cursor:
            call["cursor"] = cursor
        if self._place.thread_id is not None:
            call["ts"] = self._place.thread_id
        method = "conversations.history" if self._place.thread_id is None else "conversations.replies"
        client = (await self._workspace()).client
        answer = await client.api_call(method, http_verb="GET", params=call)
        return answer.data if isinstance(answer.data, dict) else {}

    async def _ask(self, doing: str, work: Callable[[], Awaitable[T]]) -> T:
        """Do `work`, again while the connection breaks. Raises PlatformError."""
        try:
            return await until_answered(doing, work)
        except SlackApiError as error:
            raise platform_error(error, doing, self._place.channel_id) from None


def nonce_for(reply: Reply, nonce: str) -> str:
    """Unique to the questions as they read and to the part: another database's nonces must not meet ours, and
    an answer to an edited question, or made anew, is not the one before."""
    questions = "\0".join(f"{message.event_id} {message.text}" for message in reply.messages)
    told = f"{nonce}\0{reply.variation}\0{questions}".encode(errors="replace")
    return hashlib.blake2b(told, digest_size=16).hexdigest()


def _nonce_of(message: Payload) -> str:
    metadata = part(message, "metadata")
    if text(metadata, "event_type") != METADATA_TYPE:
        return ""
    return text(part(metadata, "event_payload"), "nonce")
