"""A whole bot without a network: real manager, real delivery, real database; a platform that is a list.

`Bench.crash` ends it as kill -9 would: nothing is settled, nothing is drained.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.conversation.answering import Answerer, AnswerPolicy
from bot.conversation.manager import ConversationManager
from bot.conversation.reply import Reply
from bot.errors import PlatformError
from bot.generation.types import TextGenerator
from bot.messages import Author, Command, ConversationKey, File, IncomingMessage
from bot.platforms.base import DeliveryLimits
from bot.platforms.delivery import serve

EPOCH = datetime(2026, 1, 1, 9, 0, tzinfo=UTC)
GENERAL = ConversationKey("list", "w", "general")
ALICE = Author("u1", "Alice")
BOB = Author("u2", "Bob")


@dataclass
class Channel:
    """What a platform keeps: posts in order, by id; it outlives the bot's process."""

    posts: dict[str, str] = field(default_factory=dict)
    nonces: dict[str, str] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)
    writes: list[tuple[str, str, float]] = field(default_factory=list)
    statuses: list[str] = field(default_factory=list)
    outcomes: list[str] = field(default_factory=list)

    @property
    def texts(self) -> list[str]:
        return list(self.posts.values())


class ListSink:
    """A sink into a `Channel`."""

    def __init__(
        self, channel: Channel, limits: DeliveryLimits, on_post: Callable[[str], str], refuses: bool = False
    ) -> None:
        self.limits = limits
        self._on_post = on_post
        self._channel = channel
        self._refuses = refuses

    async def post(self, text: str, nonce: str, file: File | None = None) -> str:
        await asyncio.sleep(0)
        if self._refuses:
            raise PlatformError("missing permission")
        message_id = self._on_post(f"p{len(self._channel.nonces) + 1}")
        self._channel.posts[message_id] = text
        self._channel.nonces[nonce] = message_id
        self._attach(message_id, file)
        self._channel.writes.append(("post", text, asyncio.get_running_loop().time()))
        return message_id

    async def edit(self, message_id: str, text: str, file: File | None = None) -> None:
        await asyncio.sleep(0)
        self._channel.posts[message_id] = text
        self._attach(message_id, file)
        self._channel.writes.append(("edit", text, asyncio.get_running_loop().time()))

    async def delete(self, message_id: str) -> None:
        self._channel.posts.pop(message_id, None)

    async def find(self, nonce: str) -> str | None:
        return self._channel.nonces.get(nonce)

    async def status(self, text: str) -> None:
        self._channel.statuses.append(text)

    async def finish(self, outcome: str) -> None:
        self._channel.outcomes.append(outcome)

    def _attach(self, message_id: str, file: File | None) -> None:
        self._channel.files.pop(message_id, None)
        if file is not None:
            self._channel.files[message_id] = file


class ListPlatform:
    """A platform adapter with nothing behind it but lists, one `Channel` a conversation."""

    name = "list"

    def __init__(self, max_chars: int = 2000, min_edit_interval_s: float = 0.01) -> None:
        self.limits = DeliveryLimits(max_chars, min_edit_interval_s)
        self.channels: dict[ConversationKey, Channel] = {}
        self.replied_to: dict[str, str] = {}
        self.refuses = False

    def channel(self, key: ConversationKey) -> Channel:
        return self.channels.setdefault(key, Channel())

    async def run(self, manager: ConversationManager) -> None:
        await asyncio.Event().wait()

    def sink(self, reply: Reply) -> ListSink:
        def posted(message_id: str) -> str:
            """Ids are the platform's own, so those of another channel differ."""
            if reply.conversation != GENERAL:
                message_id = f"{reply.conversation.channel_id}-{message_id}"
            self.replied_to[message_id] = reply.question.message_id
            return message_id

        return ListSink(self.channel(reply.conversation), self.limits, posted, self.refuses)

    def permalink(self, key: ConversationKey, message_id: str) -> str | None:
        return f"https://list.example/{key.channel_id}/{message_id}"

    async def close(self) -> None:
        return


class Bench:
    """One run of the bot on a database file; several benches on one file are restarts."""

    def __init__(
        self, database: Path, generator: TextGenerator, platform: ListPlatform, bot_name: str = "Parley"
    ) -> None:
        from bot.storage.store import HistoryStore

        self.store = HistoryStore(f"sqlite+aiosqlite:///{database}")
        self.platform = platform
        policy = AnswerPolicy(bot_name=bot_name)
        answerer = Answerer(self.store, generator, policy)
        answerer.permalinks[platform.name] = platform.permalink
        self.manager = ConversationManager(self.store, generator, answerer, bot_name)
        self._serving: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Bench:
        self._serving = asyncio.create_task(serve(self.manager, self.platform))
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.manager.drain(timeout_s=5.0)
        await self.crash()

    async def crash(self) -> None:
        """Stop at once; what was being delivered is left as it was in the database."""
        if self._serving is not None and not self._serving.done():
            self.manager.settle = _never  # type: ignore[method-assign]
            self._serving.cancel()
            with suppress(asyncio.CancelledError):
                await self._serving
        self._serving = None
        await self.store.close()


async def _never(reply: Reply) -> None:
    return


def say(
    text: str,
    number: int,
    *,
    key: ConversationKey = GENERAL,
    author: Author = ALICE,
    is_addressed: bool = True,
    command: Command | None = None,
) -> IncomingMessage:
    """Message `number` of a conversation; the number gives its ids and its time."""
    return IncomingMessage(
        conversation=key,
        message_id=f"m{number}",
        event_id=f"e-{key.channel_id}-{number}",
        author=author,
        text=text,
        sent_at=EPOCH + timedelta(seconds=number),
        is_addressed=is_addressed,
        command=command,
    )


async def until(condition: Callable[[], object], timeout_s: float = 5.0) -> None:
    """Wait until `condition` holds; fails the test after `timeout_s`."""
    deadline = asyncio.get_running_loop().time() + timeout_s
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, "waited in vain"
        await asyncio.sleep(0.005)
