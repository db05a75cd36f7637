"""CommandSink: shows one reply to the person who gave a command, or to all where that person wants it.

What one person alone sees comes whole: through the `response_url` of the command, or of the press that had it
made anew, else as an ephemeral message, else to the person directly. It cannot be edited nor looked up.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import replace

from slack_sdk.errors import SlackApiError

from bot.conversation.reply import Reply
from bot.conversation.summaries.people import plain_name
from bot.conversation.text.safety import one_line
from bot.conversation.text.sentences import shortened
from bot.errors import PlatformError
from bot.messages import Piece, Progress
from bot.platforms.answer_sink import ENDINGS, AnswerSink
from bot.platforms.base import DeliveryLimits
from bot.platforms.layout import Post
from bot.platforms.slack.commands import with_names_here
from bot.platforms.slack.excuses import WHY_NOT
from bot.platforms.slack.incoming import DIRECT
from bot.platforms.slack.payloads import moment
from bot.platforms.slack.person_sink import PERSON, PersonSink
from bot.platforms.slack.problems import RefusedError, platform_error, until_answered
from bot.platforms.slack.response_urls import ResponseUrl, ResponseUrls
from bot.platforms.slack.sink import ChannelSink, Surroundings

SIGN_OF_LIFE_S = 3.0
"""How long a command may think before its first sign of life is shown."""
BEATS = (1, 7, 13, 19)
"""When signs of life are shown, in that measure: an address takes five posts, one of which is the answer's,
and reading may take more than a minute."""
MAX_ASKED_CHARS = 100

NOT_FOR_ALL = "I could not show this to everybody."
OUT_OF_REACH = (*WHY_NOT, "user_not_in_channel")
"""What Slack says where a person cannot be shown anything in a channel."""


class CommandSink(AnswerSink):
    """Where the reply to a command goes: a ReplySink."""

    def __init__(
        self,
        reply: Reply,
        surroundings: Surroundings,
        response_urls: ResponseUrls,
        *,
        is_public: bool = False,
    ) -> None:
        """`is_public`: all are to see it, if the bot may write there."""
        is_shareable = not is_public and not reply.conversation.channel_id.startswith(DIRECT)
        self._channel = ChannelSink(reply, surroundings, is_shareable=is_shareable, has_excuses=False)
        super().__init__(self._channel.layout)
        self._person = PersonSink(reply, surroundings, has_excuses=False)
        self._reply = reply
        self._question = reply.question
        self._surroundings = surroundings
        self._response_urls = response_urls
        self._is_public = is_public
        self._has_shown = False
        self._signs = 0
        reply.coming_post = self._id(f"{reply.reply_id}-0")
        self._began_at = asyncio.get_running_loop().time()

    @property
    def limits(self) -> DeliveryLimits:
        """As in a channel."""
        return self._channel.limits

    async def send(self, post: Post, nonce: str) -> str:
        """Show the answer, or its next part."""
        post = replace(post, text=with_names_here(post.text))
        if self._is_public and not self._reply.is_notice:
            try:
                return await self._channel.send(self._introduced(post), nonce)
            except RefusedError as error:
                if error.code not in WHY_NOT:
                    raise
                self._is_public = False
                why = f"_({NOT_FOR_ALL} {WHY_NOT[error.code]})_"
                post = replace(post, text=f"{post.text.rstrip()}\n\n{why}")
        return await self._show(post, nonce)

    async def change(self, message_id: str, post: Post) -> None:
        """Let a message look like `post`. What only one person sees is shown anew where it was made anew;
        else not, since a part that was shown was shown whole."""
        post = replace(post, text=with_names_here(post.text))
        if moment(message_id) is not None:
            await self._channel.change(message_id, self._introduced(post, message_id))
        elif message_id.startswith(PERSON):
            await self._person.change(message_id, post)
        elif self._reply.variation or self._reply.begun:
            await self._show(post, message_id.rpartition("/")[2])

    async def delete(self, message_id: str) -> None:
        """Take a post back that all see, or that went to the person directly. Others are out of reach."""
        await (self._person if message_id.startswith(PERSON) else self._channel).delete(message_id)
        self.layout.removed(message_id)

    async def find(self, nonce: str) -> str | None:
        """What was posted for all to see; Slack keeps nothing else."""
        return await self._channel.find(nonce) if self._is_public else None

    async def status(self, text: str) -> None:
        """Show signs of life, few, since an address takes few posts and each may stand below the last."""
        if self._has_shown or (self.layout.posts and not self._is_pressed):
            return
        address = self._address()
        if address is None or not address.can_replace:
            await self._channel.status(text)
            return
        late_s = asyncio.get_running_loop().time() - self._began_at
        if self._signs == len(BEATS) or late_s < SIGN_OF_LIFE_S * BEATS[self._signs]:
            return
        self._signs += 1
        post = self.layout.of(with_names_here(f"{text} …"), None)
        with suppress(PlatformError):
            await address.post(self._channel.body(post, self._reply.coming_post), replaces=True)

    async def finish(self, outcome: str) -> None:
        """Leave no command without a last word; while a reply is to be made again, there is no last word."""
        if outcome in ("restarted", "released"):
            return
        if not self.layout.posts and outcome in ENDINGS:
            await self._show(Post(ENDINGS[outcome], is_plain=True), "ending")
        elif self._is_public:
            await super().finish(outcome)
        for known_as in (self._question.message_id, *self.layout.posts):
            self._response_urls.close(known_as)

    # --- inside ------------------------------------------------------------------------------

    def _id(self, nonce: str) -> str:
        """The id of a post that Slack gives none."""
        return f"{self._question.message_id}/{nonce}"

    async def _dress(self, message_id: str, post: Post) -> None:
        """Other buttons; what only one person sees keeps those that it has."""
        if moment(message_id) is not None:
            await self.change(message_id, post)

    def _introduced(self, post: Post, message_id: str | None = None) -> Post:
        """The first post of an answer for all, which says what was asked: nobody else saw that."""
        first = self.layout.posts[0] if self.layout.posts else None
        if message_id != first:
            return post
        name = plain_name(self._question.author.name)
        return replace(post, text=f"_{name} asked `{self._asked}`:_\n\n{post.text}")

    @property
    def _asked(self) -> str:
        return shortened(one_line(self._question.text).replace("`", "'"), MAX_ASKED_CHARS)

    async def _show(self, post: Post, nonce: str) -> str:
        """Show a post to the person alone; its id."""
        post = await self._with_file_sent(post, nonce)
        address = self._address()
        if address and await self._answer(address, post, nonce):
            return self._id(nonce)
        try:
            await self._whisper(post, nonce)
        except RefusedError as error:
            if error.code not in OUT_OF_REACH:
                raise
            return await self._person.send(post, nonce)
        return self._id(nonce)

    @property
    def _is_pressed(self) -> bool:
        return any(self._response_urls.get(known) for known in self._reply.posts)

    def _address(self) -> ResponseUrl | None:
        """Where to answer: to the press that had it made anew, else to the command."""
        known = (*self._reply.posts, self._question.message_id)
        return next(filter(None, map(self._response_urls.get, known)), None)

    async def _answer(self, address: ResponseUrl, post: Post, nonce: str) -> bool:
        """Show a post through a response_url; False where that takes no more."""
        is_first = not self._has_shown and (self._is_pressed or not self._reply.posts)
        is_shown = await address.post(self._channel.body(post, self._id(nonce)), replaces=is_first)
        if not is_shown and address.posts_left and self._channel.simplify(post):
            return await self._answer(address, post, nonce)
        self._has_shown = self._has_shown or is_shown
        return is_shown

    async def _whisper(self, post: Post, nonce: str) -> None:
        """Show a post as an ephemeral message. Raises PlatformError."""
        key = self._question.conversation
        workspace = await self._surroundings.workspaces.of(key.workspace_id)
        thread = {"thread_ts": key.thread_id} if key.thread_id else {}
        call = {"channel": key.channel_id, "user": self._question.author.id, **thread}
        try:
            await until_answered(
                "answer a command",
                lambda: self._channel.lay_out(workspace, "chat.postEphemeral", call, post, self._id(nonce)),
            )
        except SlackApiError as error:
            problem = platform_error(error, "answer a command", key.channel_id)
            problem.is_news = self._surroundings.refused.is_news(str(problem))
            raise problem from None
        self._has_shown = True

    async def _with_file_sent(self, post: Post, nonce: str) -> Post:
        """The post without its file, which goes to the person directly: what one person sees holds none."""
        if post.file is None:
            return post
        note = f"I sent you `{post.file.name}` directly."
        try:
            await self._person.send(
                Post(f"This belongs to my answer to `{self._asked}`:", post.file), f"{nonce}-file"
            )
        except PlatformError:
            note = f"I could not send you `{post.file.name}` directly."
        shown = re.sub(rf"(`{re.escape(post.file.name)}` \(\d+ lines?), attached\)", r"\1)", post.text)
        return replace(post, text=f"{shown.rstrip()}\n\n_({note})_", file=None)


async def whole(pieces: AsyncGenerator[Piece, None]) -> AsyncGenerator[Piece, None]:
    """The same answer in one piece, after all signs of life."""
    written = ""
    async with aclosing(pieces) as stream:
        async for piece in stream:
            if isinstance(piece, Progress):
                yield piece
            else:
                written += piece
    if written:
        yield written
