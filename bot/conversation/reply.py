"""Reply: one answer on its way, from the claimed job to the settled outbox row.

It is what the manager hands to delivery. It knows how it may end and what may be done with it then, and
nothing of platforms or models.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import TYPE_CHECKING, Literal

from bot.messages import ConversationKey, IncomingMessage, Piece
from bot.storage.records import Job

if TYPE_CHECKING:
    from bot.conversation.controls import Controls

Outcome = Literal["finished", "stopped", "withdrawn", "restarted", "released", "failed"]
"""How a reply ended.

`finished`: written whole; `stopped`: a person stopped it, what was written stands; `withdrawn`: its question
was deleted, its posts go too; `restarted`: its question was edited, it is made again into the same posts;
`released`: the bot is shutting down, the next start makes it; `failed`: the platform refused it for good."""


CUT = "_(I stopped at my length limit. `/continue` goes on here.)_"


class Reply:
    """One answer on its way. Iterate `pieces` once; ending it early from outside is `end`.

    `begun` is what an earlier answer wrote and `pieces` go on from, `written` all text so far, `is_written`
    whether that is the whole. `afterword` is shown behind the text and never remembered. `is_answer`: the
    model makes it, so it can be made again; `can_continue`: its task can go on where a text was cut;
    `can_be_shared`: where it is for one person, that person may show it to all.
    `is_correction`: it was finished and is shown once more, without what it quoted of a deleted message.
    `is_quiet`: nobody waits for it, so it is announced nowhere. `is_from_elsewhere`: it tells what was said
    in another place. `audience` is the id of the one person who may see it, None for everybody. `lane` is
    the conversation that it has its turn in. `is_left_out`: memory is to be without it. `parts` is how many
    posts its text takes so far. `is_passing`: its text is written down nowhere. `room` is how many characters
    of it can be shown in good manners, or bytes where it goes as a file; None for any number. `coming_post`
    is the id that its first post will have, where signs of life already carry it; else "".
    """

    def __init__(self, job: Job, conversation: ConversationKey | None = None) -> None:
        self.reply_id = job.reply_id
        self.lane: ConversationKey = job.conversation
        self.conversation: ConversationKey = conversation or job.conversation
        self.messages: tuple[IncomingMessage, ...] = job.messages
        self.posts = job.posts
        self.attempt = job.attempt
        self.variation = job.variation
        self.begun = "" if job.text is not None else job.begun
        self.written = self.begun
        self.finish_reason: str | None = job.finish_reason
        self.afterword = ""
        self.outcome: Outcome = "finished"
        self.is_notice = False
        self.is_left_out = False
        self.is_correction = job.text is not None and job.text == job.begun
        self.is_written = False
        self.is_answer = False
        self.can_continue = False
        self.can_be_shared = False
        self.is_quiet = False
        self.is_from_elsewhere = False
        self.is_passing = False
        self.room: int | None = None
        self.audience: str | None = None
        self.parts = 1
        self.coming_post = ""
        self.controls: Controls | None = None
        self.pieces: AsyncGenerator[Piece, None] = _nothing()
        self._ended = asyncio.Event()

    @property
    def is_kept(self) -> bool:
        """Whether its text is written down. What another place says is not: deletions there would not reach
        it, and it is not to be shown again without asking who may read."""
        return not (self.is_quiet or self.is_from_elsewhere or self.is_passing)

    @property
    def is_memorable(self) -> bool:
        """Whether memory may have its text as something that was said."""
        return not (self.is_notice or self.is_left_out or self.outcome == "failed")

    @property
    def is_cut(self) -> bool:
        """Whether the text ends only because the model was stopped at its length, and can be continued."""
        return self.can_continue and self.finish_reason == "length"

    @property
    def ending(self) -> str:
        """What is shown behind the whole text, "" for nothing."""
        notes = [self.afterword.strip(), CUT if self.is_cut else ""]
        return "\n\n".join(note for note in notes if note)

    @property
    def question(self) -> IncomingMessage:
        """The message that this reply answers; with several, the last."""
        return self.messages[-1]

    @property
    def has_been_ended(self) -> bool:
        """Whether somebody ended this reply before it was finished."""
        return self._ended.is_set()

    def remark(self) -> None:
        """What it tells is no answer, so nothing can be done about it: not made again, nor shared."""
        self.is_answer = self.can_be_shared = False

    def end(self, outcome: Outcome) -> None:
        """End the stream now; the first call decides the outcome."""
        if not self._ended.is_set():
            self.outcome = outcome
            self._ended.set()

    async def until_ended(self, stream: AsyncGenerator[Piece, None]) -> AsyncGenerator[Piece, None]:
        """Yield from `stream` until it is exhausted or `end` is called, and close it in both cases."""
        ended = asyncio.create_task(self._ended.wait())
        following: asyncio.Task[Piece] | None = None
        try:
            while not self._ended.is_set():
                following = asyncio.create_task(_advance(stream))
                await asyncio.wait({following, ended}, return_when=asyncio.FIRST_COMPLETED)
                if not following.done():
                    return
                try:
                    yield following.result()
                except StopAsyncIteration:
                    return
        finally:
            ended.cancel()
            if following is not None and not following.done():
                following.cancel()
                with suppress(asyncio.CancelledError, StopAsyncIteration):
                    await following
            elif following is not None:
                following.exception()  # nobody may have asked for it
            await stream.aclose()


async def _advance(stream: AsyncGenerator[Piece, None]) -> Piece:
    return await anext(stream)


async def _nothing() -> AsyncGenerator[Piece, None]:
    return
    yield
