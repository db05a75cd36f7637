"""Controls: what people do about an answer. Stop it, make it again, go on with it, take it back.

The same from a typed command (`Controls`, one for each command) and from a button (`ControlDesk`). Each is
one transaction together with its confirmation, so that a crash neither loses nor repeats it. It knows replies
and storage, and nothing of platforms.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.conversation.reply import Reply
from bot.errors import CommandError
from bot.messages import ConversationKey, IncomingMessage
from bot.storage.records import Answered
from bot.storage.store import HistoryStore

UNKNOWN_ANSWER = "I no longer know this answer."
NOTHING_YET = "There is no answer of mine here yet."
STILL_WRITTEN = (
    "That answer is still being written, or was just taken up again. Stop it, or wait for its end."
)
NOT_YOURS = "Only the person who asked, or somebody who manages this channel, can do that to an answer."
NOT_CUT = "My last answer ended by itself, so there is nothing to continue."
SAME_AGAIN = "The last thing I said here would come out the same again."
NOTHING_TO_STOP = "Nothing that you asked for is being written here."
STOPPED = "Stopped."
NOTHING_TO_SHARE = "I no longer remember this answer, so I cannot share it."
TAKEN_BACK = "Taken back: I have removed my last answer and forgotten it with its question."
FORGOTTEN = (
    "Taken back: I have forgotten my last answer with its question. What only you see of it I cannot remove; "
    "it goes by itself."
)

Permalink = Callable[[ConversationKey, str], str | None]
"""The address of a message by its conversation (thread included) and its id, None where there is none."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who uses a control. `is_manager`: the platform lets them manage the channel; `sees_history`: and read
    what was said in it before."""

    id: str
    is_manager: bool = False
    sees_history: bool = True

    @classmethod
    def of(cls, message: IncomingMessage) -> Asker:
        """The person who gave a command."""
        by_manager = bool(message.command and message.command.by_manager)
        return cls(message.author.id, by_manager, message.sees_history)

    @property
    def sight(self) -> tuple[str, bool]:
        """The person, and whether they may read the channel: nothing is made again of what they may not."""
        return self.id, self.sees_history

    def may_change(self, questions: tuple[IncomingMessage, ...], *, alone: bool = False) -> bool:
        """Whether they asked one of `questions` (`alone`: all of them), or manage the channel."""
        own = [question.author.id == self.id for question in questions]
        return self.is_manager or (all(own) if alone else any(own))


class ControlDesk:
    """Does what people ask for. `schedule` lets a conversation's next reply be made; `until_settled` waits
    for one that is written, and is being put down as finished, never for one in the making. `can_rework` says
    whether the answer to a message is made by the model, `can_continue` whether it can be continued;
    `running` gives the reply in the making of a conversation."""

    def __init__(
        self,
        store: HistoryStore,
        schedule: Callable[[ConversationKey], None],
        until_settled: Callable[[ConversationKey], Awaitable[None]],
        can_rework: Callable[[IncomingMessage], bool],
        can_continue: Callable[[IncomingMessage], bool],
        permalink: Permalink,
        running: Callable[[ConversationKey], Reply | None],
    ) -> None:
        self._store = store
        self._schedule = schedule
        self._until_settled = until_settled
        self._can_rework = can_rework
        self._can_continue = can_continue
        self._permalink = permalink
        self._running = running

    async def stop(
        self, key: ConversationKey, asker: Asker | None = None, post_id: str | None = None
    ) -> bool:
        """Stop the answer being made in a conversation, or only the one that `post_id` belongs to; what was
        written stands. False if there was none. Raises CommandError for an `asker` who may not; without one
        it is the operator who stops it."""
        reply = self._running(key)
        if reply is None or reply.has_been_ended:
            return False
        is_meant = post_id is None or post_id == reply.coming_post
        if not is_meant and await self._store.reply_of_post(key, post_id or "") != reply.reply_id:
            return False
        if asker is not None and not asker.may_change(reply.messages):
            raise CommandError(NOT_YOURS)
        reply.end("stopped")
        return True

    async def regenerate(
        self, key: ConversationKey, asker: Asker, post_id: str | None = None, told_by: int | None = None
    ) -> str:
        """Make the last answer of a conversation, or the one that `post_id` belongs to, again into the same
        posts; the old text leaves memory. Returns the confirmation, which is kept as the text of the reply
        `told_by`. Raises CommandError where it cannot be done, and StorageError."""
        answer = await self._find(key, post_id, asker)
        if not self._can_rework(answer.questions[-1]):
            raise CommandError(SAME_AGAIN)
        words = f"I write it anew {self._where(answer)}."
        place = await self._store.reopen(
            answer.reply_id, is_variation=True, told=_told(told_by, words), by=asker.sight
        )
        return self._done(place, words)

    async def go_on(
        self,
        key: ConversationKey,
        post_id: str | None = None,
        told_by: int | None = None,
        asker: Asker | None = None,
        by: tuple[str, bool] | None = None,
    ) -> str:
        """Continue an answer that was cut at its length, in its own posts. Like `regenerate`; without an
        `asker` anybody may, and `by` is the sight of who does."""
        answer = await self._find(key, post_id, asker)
        by = asker.sight if asker else by
        if answer.finish_reason != "length" or not self._can_continue(answer.questions[-1]):
            raise CommandError(NOT_CUT)
        words = f"I go on {self._where(answer)}."
        place = await self._store.reopen(answer.reply_id, keeps_text=True, told=_told(told_by, words), by=by)
        return self._done(place, words)

    async def undo(
        self, key: ConversationKey, asker: Asker, post_id: str | None = None, told_by: int | None = None
    ) -> str:
        """Take an exchange back: the posts of the answer are removed; question and answer leave memory with
        all that was derived from them. Like `regenerate`; what several asked, only a manager takes back."""
        answer = await self._find(key, post_id, asker, alone=True)
        words = FORGOTTEN if _is_out_of_reach(answer) else TAKEN_BACK
        place = await self._store.take_back(answer.reply_id, _told(told_by, words))
        return self._done(place, words)

    async def questions_of(self, key: ConversationKey, post_id: str) -> tuple[IncomingMessage, ...]:
        """What an answer in the channel of `key` answers, finished or not, to which a post belongs; nothing
        for other messages. Raises StorageError."""
        running = self._running(key)
        if running is not None and post_id == running.coming_post:
            return running.messages
        return await self._store.known.questions_of_post(key, post_id)

    async def text_of(self, key: ConversationKey, post_id: str) -> str:
        """What the finished answer says that a post belongs to; "" where it is not known. Raises
        StorageError."""
        answer = await self._store.last_answer(key, post_id)
        return answer.text if answer else ""

    async def is_shared(self, key: ConversationKey, asker: Asker, post_id: str) -> bool:
        """Whether what one person was told alone stands where everybody sees it, or is about to. Raises
        CommandError where it is not theirs to share, and StorageError."""
        await self._until_settled(key)
        answer = await self._store.last_answer(key, post_id)
        if answer is None or any(question.author.id != asker.id for question in answer.questions):
            raise CommandError(NOTHING_TO_SHARE)
        return await self._store.is_shared(key, post_id)

    async def judge(self, key: ConversationKey, asker: Asker, post_id: str, *, is_good: bool) -> bool:
        """Keep what somebody thinks of an answer; saying the same again takes it back, and is False. Raises
        CommandError for an answer that is not known, and StorageError."""
        is_kept = await self._store.feedback_of(key, post_id, asker.id) is not is_good
        if not await self._store.put_feedback(key, post_id, asker.id, is_good if is_kept else None):
            raise CommandError(UNKNOWN_ANSWER)
        return is_kept

    async def _find(
        self, key: ConversationKey, post_id: str | None, asker: Asker | None = None, *, alone: bool = False
    ) -> Answered:
        await self._until_settled(key)
        answer = await self._store.last_answer(key, post_id)
        if answer is None and post_id is None and key.thread_id is not None:
            # In a thread under a post of ours, and nowhere else, that post is meant.
            answer = await self._store.last_answer(key.channel, key.thread_id)
        if answer is None:
            raise CommandError(NOTHING_YET if post_id is None else STILL_WRITTEN)
        if asker is not None and not asker.may_change(answer.questions, alone=alone):
            raise CommandError(NOT_YOURS)
        return answer

    def _where(self, answer: Answered) -> str:
        if _is_out_of_reach(answer):
            return "below, for you alone"
        place = answer.questions[-1].conversation
        link = self._permalink(place, answer.posts[0]) if answer.posts else None
        return f"[above]({link})" if link else "above"

    def _done(self, place: ConversationKey | None, words: str) -> str:
        if place is None:
            raise CommandError(STILL_WRITTEN)
        self._schedule(place)
        return words


class Controls:
    """The controls as one typed command has them: about the last answer here, or the one replied to."""

    def __init__(self, desk: ControlDesk, store: HistoryStore, reply: Reply) -> None:
        self._desk = desk
        self._store = store
        self._question = reply.question
        self._asker = Asker.of(reply.question)
        self._told_by = reply.reply_id

    async def stopped(self) -> str:
        """What `/stop` has done: it acted when it was accepted, and then refers to what it stopped."""
        return STOPPED if self._question.reply_to else NOTHING_TO_STOP

    async def regenerate(self) -> str:
        """See ControlDesk.regenerate."""
        key = self._question.conversation
        return await self._desk.regenerate(key, self._asker, await self._post(), self._told_by)

    async def go_on(self) -> str:
        """See ControlDesk.go_on."""
        key = self._question.conversation
        return await self._desk.go_on(key, await self._post(), self._told_by, by=self._asker.sight)

    async def undo(self) -> str:
        """See ControlDesk.undo."""
        key = self._question.conversation
        return await self._desk.undo(key, self._asker, await self._post(), self._told_by)

    async def _post(self) -> str | None:
        """The bot's post that the command replies to, if it does."""
        key, post_id = self._question.conversation, self._question.reply_to
        is_post = post_id is not None and await self._store.reply_of_post(key, post_id) is not None
        return post_id if is_post else None


def stopped_by(message: IncomingMessage, running: Reply | None) -> Reply | None:
    """The running reply that a message stops: `/stop`, by somebody who may."""
    if message.command is None or message.command.name != "stop" or running is None or running.has_been_ended:
        return None
    return running if Asker.of(message).may_change(running.messages) else None


def _is_out_of_reach(answer: Answered) -> bool:
    """Whether one person alone was shown it where the platform lets nobody change what was shown: such posts
    have no ids of the platform's, but ours of two parts."""
    return any("/" in post for post in answer.posts)


def _told(reply_id: int | None, words: str) -> tuple[int, str] | None:
    return None if reply_id is None else (reply_id, words)
