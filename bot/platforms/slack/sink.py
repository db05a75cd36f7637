"""ChannelSink: shows one reply as messages of the bot in a channel, a thread or a direct conversation.

Each post carries the reply's nonce as metadata. Where Slack's answer to a post was lost, that is looked for
before it is posted again: Slack itself keeps nobody from posting twice.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar

from slack_sdk.errors import SlackApiError

from bot.conversation.reply import Reply
from bot.errors import PlatformError
from bot.platforms.answer_sink import AnswerSink
from bot.platforms.base import DeliveryLimits
from bot.platforms.layout import Layout, Post
from bot.platforms.recently import Recently
from bot.platforms.slack.excuses import Excuses
from bot.platforms.slack.files import NO_FILES, Attached, attach, may_upload, remove
from bot.platforms.slack.layout import body_of, plain_body_of, simple_body_of
from bot.platforms.slack.mrkdwn import INERT
from bot.platforms.slack.nonces import metadata_for, nonce_for, nonce_of
from bot.platforms.slack.payloads import Payload, cursor_of, data_of, moment, parts, text
from bot.platforms.slack.problems import (
    NOT_LAID_OUT,
    RefusedError,
    code_of,
    platform_error,
    until_answered,
)
from bot.platforms.slack.workspaces import EDIT_INTERVAL_S, Workspace, Workspaces

log = logging.getLogger(__name__)

T = TypeVar("T")

MAX_CHARS = 11_000
"""A message takes 12,000 characters of Markdown; what is not the model's has room beside it."""
MAX_CODE_CHARS = 10_900
MAX_FILE_BYTES = 10 * 1024 * 1024

LOOK_BACK = 100
LOOK_BACK_PAGES = 3
"""How many messages after the question are searched for a post whose fate is unknown."""
CLOCKS_APART_S = 60.0
"""What is no message has a time of our own clock."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all sinks of one bot share. `refused` is what the operator was told of."""

    workspaces: Workspaces
    excuses: Excuses = field(default_factory=Excuses)
    refused: Recently = field(default_factory=Recently)


class ChannelSink(AnswerSink):
    """Where one reply goes: a ReplySink."""

    def __init__(
        self,
        reply: Reply,
        surroundings: Surroundings,
        *,
        is_shareable: bool = False,
        has_excuses: bool = True,
    ) -> None:
        """`is_shareable`: one person sees the answer, and may show it to all. `has_excuses`: who asked is
        told where the bot may not write."""
        super().__init__(Layout(reply, is_shareable=is_shareable))
        self._reply = reply
        self._place = reply.conversation
        self._surroundings = surroundings
        self._has_excuses = has_excuses
        self._has_posted = bool(reply.posts)
        self._dresses = [body_of, simple_body_of, plain_body_of]
        self._attached: dict[str, Attached] = {}

    @property
    def limits(self) -> DeliveryLimits:
        """11,000 characters a post, an edit each 1.2 s."""
        workspace = self._surroundings.workspaces.known(self._place.workspace_id)
        if workspace is not None and not may_upload(workspace):
            return DeliveryLimits(MAX_CHARS, EDIT_INTERVAL_S, no_files=NO_FILES)
        return DeliveryLimits(MAX_CHARS, EDIT_INTERVAL_S, MAX_CODE_CHARS, MAX_FILE_BYTES)

    async def send(self, post: Post, nonce: str) -> str:
        """Post a message where the question stands. It mentions nobody and previews no links."""
        has_asked = False

        async def once() -> str:
            nonlocal has_asked
            if has_asked and (found := await self.find(nonce)):
                return found
            has_asked = True
            workspace = await self._workspace()
            channel = await self._channel(workspace)
            await workspace.posts.of(channel).turn()
            call = {
                "channel": channel,
                "unfurl_links": False,
                "unfurl_media": False,
                "metadata": metadata_for(self._reply, nonce),
                **self._thread,
            }
            answer = await self._show(workspace, "chat.postMessage", call, post)
            return text(answer, "ts")

        message_id = await self._ask("post", once)
        await self._has_begun(message_id)
        if post.file is not None:
            await self.change(message_id, post)
        return message_id

    async def change(self, message_id: str, post: Post) -> None:
        """Let a message look like `post`, its file included."""
        workspace = await self._workspace()
        channel = await self._channel(workspace)
        old = await self._attached_to(message_id)
        is_same = post.file is not None and post.file == old.file
        new = old if is_same else await attach(workspace, post.file, channel)
        look = new.shown_on(post)
        call: dict[str, object] = {"channel": channel, "ts": message_id}
        if new.file_id or old.file_id:
            call["file_ids"] = [new.file_id] if new.file_id else []

        async def edit() -> None:
            await workspace.edits.turn()
            await self._show(workspace, "chat.update", call, look)

        await self._ask("edit a post", edit)
        self._attached[message_id] = new
        if not is_same:
            await remove(workspace, old.file_id)

    async def delete(self, message_id: str) -> None:
        """Take a post back; one that is gone already is no error, nor one that one person alone was shown."""
        if moment(message_id) is None:
            return

        async def delete() -> None:
            workspace = await self._workspace()
            channel = await self._channel(workspace)
            try:
                await workspace.client.chat_delete(channel=channel, ts=message_id)
            except SlackApiError as error:
                if code_of(error) != "message_not_found":
                    raise

        attached = await self._attached_to(message_id)
        await self._ask("delete a post", delete)
        self.layout.removed(message_id)
        await remove(await self._workspace(), attached.file_id)

    async def find(self, nonce: str) -> str | None:
        """The post that was made with `nonce`, by this process or an earlier one."""

        async def look() -> str | None:
            cursor = ""
            for _ in range(LOOK_BACK_PAGES):
                page = await self._page(cursor)
                for message in parts(page, "messages"):
                    if self._is_own(message, nonce):
                        return text(message, "ts")
                cursor = cursor_of(page)
                if not cursor:
                    break
            return None

        try:
            message_id = await until_answered("look for a post", look)
        except SlackApiError as error:
            problem = platform_error(error, "look for a post", self._place.channel_id)
            log.warning("%s; should the post be there, it will stand twice", problem)
            return None
        if message_id is not None:
            self.layout.shown(message_id)
        return message_id

    async def status(self, text: str) -> None:
        """Show a sign of life where Slack has a place for it; an answer that has begun is one itself."""
        workspace = self._surroundings.workspaces.known(self._place.workspace_id)
        if workspace is not None and not self._has_posted:
            workspace.status.show(self._place, text)

    async def finish(self, outcome: str) -> None:
        """Show the last buttons; leave no status behind where nothing was posted."""
        await super().finish(outcome)
        workspace = self._surroundings.workspaces.known(self._place.workspace_id)
        if workspace is not None and not self._has_posted and outcome != "restarted":
            workspace.status.clear(self._place)

    async def lay_out(
        self, workspace: Workspace, method: str, call: Payload, post: Post, about: str = ""
    ) -> Payload:
        """Call a method with what a post looks like; in simple blocks from where on Slack cannot lay its
        Markdown out. `about` as in `body_of`. Raises what Slack's client raises."""
        try:
            body = {**call, **INERT, **self.body(post, about)}
            answer = await workspace.client.api_call(method, json=body)
        except SlackApiError as error:
            if code_of(error) not in NOT_LAID_OUT or not self.simplify(post):
                raise
            return await self.lay_out(workspace, method, call, post, about)
        return data_of(answer)

    def body(self, post: Post, about: str = "") -> dict[str, object]:
        """How a post looks, as far as Slack could lay the posts before it out."""
        return self._dresses[0](post, about)

    def simplify(self, post: Post) -> bool:
        """Have all posts from now on laid out simpler; False where this one is as simple as can be."""
        if post.is_plain or len(self._dresses) == 1:
            return False
        self._dresses = self._dresses[1:]
        if self._surroundings.refused.is_news(("not laid out", self._place.workspace_id)):
            log.warning("Slack could not lay an answer out, so it is shown simpler")
        return True

    # --- inside ------------------------------------------------------------------------------

    async def _show(self, workspace: Workspace, method: str, call: Payload, post: Post) -> Payload:
        """Have a post shown."""
        return await self.lay_out(workspace, method, call, post)

    def _is_own(self, message: Payload, nonce: str) -> bool:
        """Whether a message of the place is the post that was made with `nonce`."""
        return nonce_of(message) == nonce_for(self._reply, nonce)

    async def _has_begun(self, message_id: str) -> None:
        """A new post stands."""
        self._has_posted = True
        self._attached[message_id] = Attached()
        (await self._workspace()).status.answered(self._place)

    async def _workspace(self) -> Workspace:
        return await self._surroundings.workspaces.of(self._place.workspace_id)

    async def _channel(self, workspace: Workspace) -> str:
        """Where the posts are."""
        return self._place.channel_id

    @property
    def _thread(self) -> dict[str, object]:
        return {} if self._place.thread_id is None else {"thread_ts": self._place.thread_id}

    async def _page(self, cursor: str) -> Payload:
        """Messages of this channel or thread from the question on, with their metadata."""
        first = self._reply.messages[0]
        is_message = moment(first.message_id) is not None
        return await self._read(
            oldest=first.message_id if is_message else f"{first.sent_at.timestamp() - CLOCKS_APART_S:.6f}",
            include_all_metadata=True,
            limit=LOOK_BACK,
            **({"cursor": cursor} if cursor else {}),
        )

    async def _attached_to(self, message_id: str) -> Attached:
        """What hangs on a post; an earlier process may have attached it."""
        if message_id not in self._attached:
            page: Payload = {}
            with suppress(PlatformError, SlackApiError):
                page = await until_answered(
                    "read a post", lambda: self._read(oldest=message_id, latest=message_id, inclusive=True)
                )
            posts = [one for one in parts(page, "messages") if text(one, "ts") == message_id]
            ids = [text(file, "id") for post in posts for file in parts(post, "files")]
            self._attached[message_id] = Attached(file_id="".join(ids[:1]))
        return self._attached[message_id]

    async def _read(self, **limits: object) -> Payload:
        """A page of the channel or thread."""
        workspace = await self._workspace()
        thread = {"ts": self._place.thread_id} if self._thread else {}
        method = "conversations.replies" if self._thread else "conversations.history"
        call = {"channel": await self._channel(workspace), **thread, **limits}
        answer = await workspace.client.api_call(method, http_verb="GET", params=call)
        return data_of(answer)

    async def _ask(self, doing: str, work: Callable[[], Awaitable[T]]) -> T:
        """Do `work`, again while the connection breaks. Raises PlatformError, and tells who asked where Slack
        does not let the bot answer."""
        try:
            return await until_answered(doing, work)
        except SlackApiError as error:
            problem = platform_error(error, doing, self._place.channel_id)
        problem.is_news = self._surroundings.refused.is_news(str(problem))
        is_waited_for = not (self._reply.is_quiet or self._reply.is_correction)
        if self._has_excuses and is_waited_for and isinstance(problem, RefusedError):
            workspace = await self._workspace()
            await self._surroundings.excuses.tell(workspace, self._reply.question, problem.code)
        raise problem from None
