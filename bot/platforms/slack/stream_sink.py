"""StreamSink: writes an answer in a thread as Slack's streamed messages, which show it word by word.

A stream only grows, lives for about five minutes and carries its buttons only at its end. So it is given what
is settled. Whenever that does not do (the text has changed, Slack has ended the stream, an answer of Slack's
was lost, so that nobody knows how far it got), the stream is ended, and the same message is edited as a
whole: that is right whatever it reads by now. https://docs.slack.dev/reference/methods/chat.startStream
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace

from slack_sdk.errors import SlackApiError

from bot.conversation.reply import Reply
from bot.platforms.base import DeliveryLimits, PostGoneError
from bot.platforms.layout import Post
from bot.platforms.slack.incoming import DIRECT
from bot.platforms.slack.layout import MAX_MARKDOWN, button_blocks
from bot.platforms.slack.mrkdwn import to_markdown_block
from bot.platforms.slack.nonces import metadata_for, nonce_of
from bot.platforms.slack.payloads import Payload, data_of, parts, text
from bot.platforms.slack.problems import (
    CONNECTION_ERRORS,
    code_of,
    platform_error,
    trouble_apart,
)
from bot.platforms.slack.sink import ChannelSink, Surroundings
from bot.platforms.slack.streaming_text import settled, without_links
from bot.platforms.slack.workspaces import Workspace

GROWING_INTERVAL_S = 0.7
"""How often one stream grows at most."""


@dataclass(slots=True)
class _Live:
    """The stream that is written: how its post is to look by now, and how much of that was sent."""

    message_id: str
    post: Post
    sent: str


class StreamSink(ChannelSink):
    """Where one reply in a thread goes: a ReplySink. A reply that nobody waits for is not streamed."""

    def __init__(self, reply: Reply, surroundings: Surroundings) -> None:
        super().__init__(reply, surroundings)
        self._live: _Live | None = None
        self._streamed: dict[str, str] = {}
        self._is_over = False
        self._may_have_begun = reply.attempt > 1 and not reply.is_quiet

    @property
    def limits(self) -> DeliveryLimits:
        """As in a channel; a stream grows faster than a post can be edited."""
        limits = super().limits
        return limits if self._live is None else replace(limits, min_edit_interval_s=GROWING_INTERVAL_S)

    async def send(self, post: Post, nonce: str) -> str:
        """Begin a stream, once the one before is complete; post a message where that is not possible."""
        if (live := self._live) is not None:
            complete = replace(live.post, buttons=())
            with suppress(PostGoneError):
                await self._end(live, complete)
            self.layout.shown(live.message_id, complete)
        return await self._begin(post, nonce) or await super().send(post, nonce)

    async def change(self, message_id: str, post: Post) -> None:
        """Let a message look like `post`; as much of it as is settled while it is streamed."""
        live = self._live
        if live is None or live.message_id != message_id:
            await super().change(message_id, post)
        elif self._is_growing(post) and message_id == self.layout.posts[-1]:
            live.post = post
            if not await self._grow(live):
                await self._replace(live, post)
        else:
            await self._end(live, post)

    async def delete(self, message_id: str) -> None:
        """Take a post back, streamed or not."""
        if self._live is not None and self._live.message_id == message_id:
            self._live = None
            with suppress(*CONNECTION_ERRORS):
                await self._stop(await self._workspace(), message_id)
        await super().delete(message_id)

    async def status(self, text: str) -> None:
        """As in a channel; Slack's own button to stop it comes with it."""
        await super().status(text)
        self._begin_session()

    async def finish(self, outcome: str) -> None:
        """Complete the stream, with the buttons that are its own now. What is to be made again, or gone on
        with, is only ended."""
        self._is_over = True
        if workspace := self._surroundings.workspaces.known(self._place.workspace_id):
            workspace.sessions.end(self._place)
        if (live := self._live) is not None:
            looks = dict(self.layout.outdated(is_over=outcome in ("finished", "stopped")))
            post = looks.get(live.message_id) or replace(live.post, buttons=())
            with suppress(PostGoneError):
                if outcome in ("restarted", "released"):
                    await self._complete(await self._workspace(), live, "", post)
                else:
                    await self._end(live, post)
            self.layout.shown(live.message_id, post)
        await super().finish(outcome)

    # --- inside ------------------------------------------------------------------------------

    async def _begin(self, post: Post, nonce: str) -> str | None:
        """The id of a new stream, None where there is to be none."""
        workspace = await self._workspace()
        self._begin_session()
        recipient = self._recipient(workspace)
        if recipient is None or not self._is_growing(post) or not workspace.streams.may_start():
            return None
        begun = self._shown(workspace, settled(post.text))
        call = {"channel": self._place.channel_id, **self._thread, **recipient}
        if begun:
            call["markdown_text"] = begun
        try:
            answer = await trouble_apart(
                lambda: workspace.hasty_client.api_call("chat.startStream", json=call)
            )
        except SlackApiError as error:
            workspace.streams.refusals.note(code_of(error))
            return None
        except CONNECTION_ERRORS:
            return await self._adopted(post, nonce)
        message_id = text(data_of(answer), "ts")
        self._live = _Live(message_id, post, begun)
        self._streamed[message_id] = nonce
        await self._has_begun(message_id)
        return message_id

    def _begin_session(self) -> None:
        is_made = not (self._is_over or self._reply.is_written or self._reply.is_quiet)
        workspace = self._surroundings.workspaces.known(self._place.workspace_id)
        if workspace is not None and is_made:
            workspace.sessions.begin(self._place)

    async def _adopted(self, post: Post, nonce: str) -> str | None:
        """The stream that began though the answer was lost, if it did; it is edited from now on."""
        self._may_have_begun = True
        message_id = await self.find(nonce)
        if message_id is not None:
            await self._has_begun(message_id)
            await super().change(message_id, post)
        return message_id

    async def _grow(self, live: _Live) -> bool:
        """Send what is settled by now. False where the stream is over, or nobody knows how far it got."""
        workspace = await self._workspace()
        shown = self._shown(workspace, settled(live.post.text))
        if live.sent.startswith(shown):
            return True
        if not shown.startswith(live.sent) or len(shown) > MAX_MARKDOWN:
            return False
        if not workspace.streams.may_append():
            return True
        call = {"channel": self._place.channel_id, "ts": live.message_id}
        try:
            await workspace.hasty_client.api_call(
                "chat.appendStream", json={**call, "markdown_text": shown[len(live.sent) :]}
            )
        except SlackApiError as error:
            self._raise_if_gone(error)
            return code_of(error) == "ratelimited"
        except CONNECTION_ERRORS:
            return False
        live.sent = shown
        return True

    async def _end(self, live: _Live, post: Post) -> None:
        """End the stream, so that its message looks like `post`."""
        self._live = None
        workspace = await self._workspace()
        whole = self._shown(workspace, post.text)
        is_longer = whole.startswith(live.sent) and len(whole) <= MAX_MARKDOWN and post.file is None
        if not is_longer or not await self._complete(workspace, live, whole[len(live.sent) :], post):
            await self._replace(live, post)

    async def _replace(self, live: _Live, post: Post) -> None:
        """End the stream where it is, and edit its message as a whole."""
        self._live = None
        with suppress(*CONNECTION_ERRORS):
            await self._stop(await self._workspace(), live.message_id)
        await super().change(live.message_id, post)

    async def _complete(self, workspace: Workspace, live: _Live, rest: str, post: Post) -> bool:
        """End a stream with the rest of its text and its buttons; whether that is sure to be done."""
        call: dict[str, object] = {
            "channel": self._place.channel_id,
            "ts": live.message_id,
            "metadata": metadata_for(self._reply, self._streamed[live.message_id]),
        }
        if rest:
            call["markdown_text"] = rest
        if blocks := button_blocks(post):
            call["blocks"] = blocks
        try:
            await workspace.client.api_call("chat.stopStream", json=call)
        except SlackApiError as error:
            self._raise_if_gone(error)
            return False
        except CONNECTION_ERRORS:
            return False
        return True

    async def _show(self, workspace: Workspace, method: str, call: Payload, post: Post) -> Payload:
        """As in a channel. What is streamed still, as Slack sees it, is ended before it is edited."""
        message_id = text(call, "ts")
        if message_id in self._streamed:
            post = replace(post, text=self._without_links(workspace, post.text))
            call = {**call, "metadata": metadata_for(self._reply, self._streamed[message_id])}
        try:
            return await super()._show(workspace, method, call, post)
        except SlackApiError as error:
            if code_of(error) != "streaming_state_conflict":
                raise
        await self._stop(workspace, message_id)
        return await super()._show(workspace, method, call, post)

    async def _stop(self, workspace: Workspace, message_id: str) -> None:
        """Let a message be no stream any more, if it is one. Raises what a broken connection raises."""
        call = {"channel": self._place.channel_id, "ts": message_id}
        with suppress(SlackApiError):
            await trouble_apart(lambda: workspace.client.api_call("chat.stopStream", json=call))

    def _is_own(self, message: Payload, nonce: str) -> bool:
        """Streams have no nonce while they are written: in a thread, where one answer is written at a time, a
        message of the bot's without any is the one whose end nobody has seen."""
        if super()._is_own(message, nonce):
            return True
        workspace = self._surroundings.workspaces.known(self._place.workspace_id)
        message_id = text(message, "ts")
        is_orphan = (
            self._may_have_begun
            and workspace is not None
            and text(message, "user") == workspace.me.user_id
            and message_id not in ("", self._place.thread_id, *self.layout.posts)
            and not (nonce_of(message) or text(message, "subtype") or parts(message, "files"))
        )
        if is_orphan:
            self._streamed[message_id] = nonce
        return is_orphan

    def _is_growing(self, post: Post) -> bool:
        """Whether a post is still written, and can be streamed."""
        is_written = self._is_over or self._reply.is_written or self._reply.is_correction
        return not (is_written or post.is_plain or post.file)

    def _recipient(self, workspace: Workspace) -> dict[str, object] | None:
        """For whom a stream is, which Slack wants to know in channels; None where there can be none."""
        if self._place.thread_id is None:
            return None
        if self._place.channel_id.startswith(DIRECT):
            return {}
        author = self._reply.question.author.id
        team_id = workspace.names.person(author).team_id
        return {"recipient_user_id": author, "recipient_team_id": team_id} if team_id else None

    def _shown(self, workspace: Workspace, markdown: str) -> str:
        """What is streamed of a text."""
        return to_markdown_block(self._without_links(workspace, markdown))

    def _without_links(self, workspace: Workspace, markdown: str) -> str:
        """The text of a streamed post. Its links are those of the question, and to messages of the workspace:
        while a message is streamed Slack cannot be told to preview none."""
        own = workspace.me.workspace_url
        asked = " ".join(message.text for message in self._reply.messages)
        return without_links(markdown, lambda url: bool(own and url.startswith(own)) or url in asked)

    def _raise_if_gone(self, error: SlackApiError) -> None:
        if code_of(error) == "message_not_found":
            self._live = None
            problem = platform_error(error, "stream a post", self._place.channel_id)
            assert isinstance(problem, PostGoneError)
            raise problem from None
