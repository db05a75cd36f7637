"""HistoryStore: the one door to the database. One short transaction per method."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from bot.messages import Author, ConversationKey, IncomingMessage, Turn
from bot.storage import answers, changes, facts, feedback, history, inbox, outbox, search, tally
from bot.storage import derived as derived_data
from bot.storage.database import Database
from bot.storage.departures import DepartureNotes
from bot.storage.digests import Digests
from bot.storage.known import Known
from bot.storage.lookup import channel_ids
from bot.storage.people import People
from bot.storage.records import Answered, Change, ConversationSummary, Derived, Fact, Hit, Job, Tally
from bot.storage.settings import SettingStore

Watcher = Callable[[ConversationKey, str | None, str | None], None]
"""Is told of a change: where, which message (None: all of them there), its new text (None: it is gone)."""


class HistoryStore(SettingStore):
    """History, inbox, outbox, settings, facts and derived data of every conversation.

    Every method is one short transaction and raises StorageError when the database fails; nothing
    is then half written.
    """

    def __init__(self, database_url: str) -> None:
        """Opens nothing yet; `migrate.upgrade` makes the tables. Raises ConfigError for an unsupported URL or
        an unwritable place."""
        super().__init__(Database(database_url))
        self.digests = Digests(self._database)
        self.people = People(self._database, lambda key: self._tell(key, None, None))
        self.known = Known(self._database)
        self.departures = DepartureNotes(self._database)
        self._watchers: list[Watcher] = []

    def watch(self, watcher: Watcher) -> None:
        """Tell `watcher` of every change of what people said, before the change's method returns: for what
        rests on messages and is not in the database."""
        self._watchers.append(watcher)

    def _tell(self, key: ConversationKey, message_id: str | None, text: str | None) -> None:
        for watcher in self._watchers:
            watcher(key, message_id, text)

    def _tell_of_corrections(self, change: Change) -> None:
        for answer in change.corrections:
            if answer.message_id is not None:
                self._tell(answer.conversation, answer.message_id, answer.text)

    # --- messages in -------------------------------------------------------------------------

    async def accept(self, message: IncomingMessage, stopping: tuple[int, str] | None = None) -> bool:
        """Write the history row and the inbox row; False for an event that was seen before.

        A new event about a message already known (Slack sends `message` and `app_mention` for one
        text) adds no second history row, and a job only if the message had none and is addressed
        now. Commands are answered and seen, but are no part of memory. `stopping` is the reply that a
        new message stops, and its text so far, which then is its whole text.
        """
        async with self._database.write() as connection:
            is_new = await inbox.accept(connection, message)
            if is_new and stopping is not None:
                await outbox.stop(connection, *stopping)
            return is_new

    async def import_messages(self, messages: Sequence[IncomingMessage]) -> int:
        """Add past messages where they were sent, none of them to be answered; returns how many were new. The
        bot's own posts are left out: it remembers them as answers."""
        async with self._database.write() as connection:
            return await inbox.import_messages(connection, messages)

    async def amend(
        self,
        key: ConversationKey,
        message_id: str,
        text: str,
        edited_at: datetime,
        sees_history: bool | None = None,
    ) -> Change:
        """Replace a message's text, and drop derived data that rested on it. Answers that quoted the former
        text say so no longer, as in `forget`. `sees_history`: of its author by now, None where that is not
        known."""
        async with self._database.write() as connection:
            change = await changes.amend(connection, key, message_id, text, edited_at)
            if change.is_known and sees_history is not None:
                await outbox.renew_sight(connection, key, message_id, sees_history)
        self._tell(key, message_id, text)
        self._tell_of_corrections(change)
        if change.is_known:
            await self._database.scrub()
        return change

    async def forget(self, key: ConversationKey, message_id: str) -> Change:
        """Erase a message's text and author name and drop derived data that rested on it. The tombstone
        keeps its ids, so that a late copy of the event does not bring the text back. A post of
        the bot's own erases the whole reply's text when it is the reply's only post. What answers in the
        channel quote of it is taken out of them, and they wait to be shown anew. No byte of the text
        is left in the database's files, which are rebuilt: that takes about 0.6 s for 100,000 messages."""
        async with self._database.write() as connection:
            change = await changes.forget(connection, key, message_id)
        self._tell(key, message_id, None)
        self._tell_of_corrections(change)
        await self._database.scrub()
        return change

    async def erase_conversation(self, key: ConversationKey) -> int:
        """Delete all messages, replies and derived data of a conversation, threads included; event ids
        stay, so that late copies stay silent. The open reply that is running is kept out of it: its
        row stays, without history. Commands that still wait are kept too. Returns how many messages of
        memory went. No byte of them is left in the database's files."""
        async with self._database.write() as connection:
            count = await changes.erase_conversation(connection, key)
        self._tell(key, None, None)
        await self._database.scrub()
        return count

    # --- jobs: inbox and outbox --------------------------------------------------------------

    async def recover(self, platform: str) -> list[ConversationKey]:
        """After a start: every unfinished reply of this platform waits again (with its posts and its
        text); returns the conversations that have something waiting, oldest first."""
        async with self._database.write() as connection:
            return await inbox.recover(connection, platform)

    async def claim(
        self, key: ConversationKey, *, by_turns: bool = False, is_joining: bool = True
    ) -> Job | None:
        """Take the next reply to be made in a conversation: what an interrupted reply answered, else one
        waiting command, else all chat messages waiting before the next command, or unless `is_joining` one of
        them. None when nothing waits. With `by_turns` what stands alone gives way to what others wait for,
        where its author was answered last."""
        async with self._database.write() as connection:
            return await inbox.claim(connection, key, by_turns=by_turns, is_joining=is_joining)

    async def record_post(self, reply_id: int, index: int, message_id: str) -> None:
        """Remember that post `index` (from 0) of a reply now exists on the platform."""
        async with self._database.write() as connection:
            await outbox.record_post(connection, reply_id, index, message_id)

    async def record_text(self, reply_id: int, text: str, finish_reason: str | None = None) -> None:
        """The answer is written in full; a later attempt sends this text and generates nothing.
        `finish_reason` ("stop", "length", ...) is kept for `last_answer`."""
        async with self._database.write() as connection:
            await outbox.record_text(connection, reply_id, text, finish_reason)

    async def complete(self, reply_id: int, *, is_memory: bool, author_id: str, author_name: str) -> None:
        """The reply is on the platform. With `is_memory` (and a text that is not blank) it becomes an
        assistant turn after the last message that it answers; notices and errors do not."""
        author = Author(author_id, author_name, is_bot=True)
        async with self._database.write() as connection:
            await outbox.complete(connection, reply_id, is_memory=is_memory, author=author)

    async def release(self, reply_id: int) -> None:
        """Put an unfinished reply back to waiting (shutdown, a question edited), posts kept, text dropped.
        However often that happens, the next attempt counts as the second: only crashes add up."""
        async with self._database.write() as connection:
            await outbox.release(connection, reply_id)

    async def withdraw(self, reply_id: int, message_id: str | None = None) -> bool:
        """A question was deleted: take it out of its reply. When no question is left True is returned, and
        the reply's posts are to be removed (`posts_removed`); else the reply waits again. None takes all."""
        async with self._database.write() as connection:
            return await outbox.withdraw(connection, reply_id, message_id)

    async def reopen(
        self,
        reply_id: int,
        *,
        is_variation: bool = False,
        keeps_text: bool = False,
        told: tuple[int, str] | None = None,
        by: tuple[str, bool] | None = None,
    ) -> ConversationKey | None:
        """Make a finished reply again, into the same posts; its assistant turn is removed meanwhile. With
        `is_variation` the job's `variation` is one more than before, else 0. With `keeps_text` it is to be
        continued instead: its turn stays, and the job has its text as `begun`. `told` is the reply that
        confirms it and its text, recorded with it. `by` is the person who wants it, and whether they may read
        the channel: if not, the new text may not tell of it. None when it cannot be done."""
        async with self._database.write() as connection:
            key = await outbox.reopen(connection, reply_id, is_variation=is_variation, keeps_text=keeps_text)
            if key is not None and by is not None:
                await outbox.restrict_sight(connection, reply_id, *by)
            if key is not None and told is not None:
                await outbox.record_text(connection, *told, None)
            return key

    async def take_back(self, reply_id: int, told: tuple[int, str] | None = None) -> ConversationKey | None:
        """Erase what a finished reply answered and said, with all that was derived from it. The reply
        waits, in the conversation that is returned, until its posts are removed. `told` as in `reopen`; None
        when it cannot be done."""
        async with self._database.write() as connection:
            key = await outbox.take_back(connection, reply_id)
            if key is not None and told is not None:
                await outbox.record_text(connection, *told, None)
        if key is not None:
            self._tell(key, None, None)
        await self._database.scrub()
        return key

    async def posts_removed(self, reply_id: int, left: int) -> None:
        """Only the first `left` posts of a reply are still on the platform. A reply without questions, which
        waited for that, is over."""
        async with self._database.write() as connection:
            await outbox.posts_removed(connection, reply_id, left)

    async def last_answer(self, key: ConversationKey, post_id: str | None = None) -> Answered | None:
        """The newest finished reply of a conversation that has a text and a question left, answers to
        CONTROL_COMMANDS passed over; with `post_id` the one that this post of the bot's own belongs to."""
        async with self._database.read() as connection:
            return await answers.last_answer(connection, key, post_id)

    async def reply_of_post(self, key: ConversationKey, message_id: str) -> int | None:
        """The reply, finished or not, that a post of the bot's own belongs to; None for other messages."""
        async with self._database.read() as connection:
            return await answers.reply_of_post(connection, key, message_id)

    async def is_post(self, platform: str, message_id: str) -> bool:
        """Whether a message is known as a post of the bot's own, anywhere on a platform."""
        async with self._database.read() as connection:
            return await answers.is_post(connection, platform, message_id)

    async def reply_to_message(
        self, key: ConversationKey, message_id: str
    ) -> tuple[int, ConversationKey] | None:
        """The newest reply, finished or not, to a message in the channel of `key`, and the conversation that
        it is in."""
        async with self._database.read() as connection:
            return await answers.reply_to_message(connection, key, message_id)

    async def is_shared(self, key: ConversationKey, post_id: str) -> bool:
        """Whether the answer that a post belongs to was shared from it, and stands there or is on its way."""
        async with self._database.read() as connection:
            return await answers.is_shared(connection, key, post_id)

    async def posts_to_message(self, key: ConversationKey, message_id: str) -> tuple[str, ...]:
        """The posts of that reply, in order."""
        async with self._database.read() as connection:
            return await answers.posts_to_message(connection, key, message_id)

    async def message_of_post(self, key: ConversationKey, post_id: str) -> str | None:
        """The (last) message that the reply answers which this post of the bot's own belongs to."""
        async with self._database.read() as connection:
            return await answers.message_of_post(connection, key, post_id)

    async def put_feedback(
        self, key: ConversationKey, post_id: str, person_id: str, is_good: bool | None
    ) -> bool:
        """Keep what a person thinks of the answer that a post belongs to, in the place of what they said
        before; None takes it back. False where there is no such answer."""
        async with self._database.write() as connection:
            return await feedback.put_feedback(connection, key, post_id, person_id, is_good)

    async def feedback_of(self, key: ConversationKey, post_id: str, person_id: str) -> bool | None:
        """What a person said of the answer that a post belongs to; None where they said nothing."""
        async with self._database.read() as connection:
            return await feedback.feedback_of(connection, key, post_id, person_id)

    async def feedback(self, key: ConversationKey) -> tuple[int, int]:
        """How often answers in the channel of `key` and its threads were called good, and how often bad."""
        async with self._database.read() as connection:
            return await feedback.count_feedback(connection, channel_ids(key))

    # --- memory out --------------------------------------------------------------------------

    async def turns(
        self,
        key: ConversationKey,
        *,
        limit: int | None = None,
        since: datetime | None = None,
        before_message_id: str | None = None,
        through_message_id: str | None = None,
        memory_only: bool = True,
    ) -> list[Turn]:
        """The newest `limit` turns in the order of memory, oldest first, deleted ones left out.

        `before_message_id` excludes that message and all after it; `through_message_id` excludes
        what comes after it; a bound that is not known does not bind. `since` looks at when a message was sent
        and, for an answer, at when the last message that it answers was. A thread's turns begin with the
        channel's message that it hangs on; a channel's are without its threads (`digests.newest` has both).
        Without `memory_only`, commands and their answers are among the turns, as people saw them.
        """
        query = history.TurnQuery(limit, since, before_message_id, through_message_id, memory_only)
        async with self._database.read() as connection:
            return await history.turns(connection, key, query)

    async def conversations(self, platform: str, workspace_id: str) -> list[ConversationSummary]:
        """All conversations of a workspace that have messages, newest first."""
        async with self._database.read() as connection:
            return await history.list_conversations(connection, platform, workspace_id)

    async def turns_around(
        self, key: ConversationKey, message_id: str, before: int = 3, after: int = 3
    ) -> list[Turn]:
        """A message of the channel with up to `before` turns before it and `after` turns after it, in its
        own conversation; a deleted message is left out. Empty for one that is not known."""
        async with self._database.read() as connection:
            return await history.turns_around(connection, key, message_id, before, after)

    async def search(
        self,
        key: ConversationKey,
        query: str,
        *,
        limit: int = 20,
        since: datetime | None = None,
        before_message_id: str | None = None,
    ) -> list[Hit]:
        """What memory holds about a query in the channel of `key` and its threads, best first.

        A message is found when it has any word of the query, as a part of a word too, whatever its case
        and accents; the more of the query's words it has, and the rarer they are in the channel, the better.
        Text is taken as it is: no character has a meaning of its own. `since` looks at when a message was
        sent; `before_message_id` leaves out that message and what comes after it.
        """
        wanted = search.SearchQuery(query, limit, since, before_message_id)
        async with self._database.read() as connection:
            return await search.search(connection, key, wanted)

    async def tally(self, key: ConversationKey, *, whole_workspace: bool = False) -> Tally:
        """The numbers of the channel of `key` and its threads, or of its workspace."""
        async with self._database.read() as connection:
            return await tally.count(connection, key, whole_workspace=whole_workspace)

    async def waiting(self) -> int:
        """How many messages wait for their answers, those that are being answered with them, anywhere."""
        async with self._database.read() as connection:
            return await tally.count_waiting(connection)

    # --- facts -------------------------------------------------------------------------------

    async def add_fact(
        self, key: ConversationKey, author: Author, text: str, message_id: str | None = None
    ) -> Fact:
        """Keep a fact about the channel of `key`, owned by `author`. Its number is never used again. It goes
        when the message that asked for it, if one did, is edited or deleted."""
        async with self._database.write() as connection:
            return await facts.add_fact(connection, key, author, text, message_id)

    async def facts(self, key: ConversationKey) -> list[Fact]:
        """All facts about the channel of `key`, by number."""
        async with self._database.read() as connection:
            return await facts.list_facts(connection, key)

    async def change_fact(self, key: ConversationKey, number: int, author_id: str, text: str) -> bool:
        """Put a person's own fact in other words. False when there is no such fact of theirs."""
        async with self._database.write() as connection:
            is_changed = await facts.change_fact(connection, key, number, author_id, text)
        if is_changed:
            await self._database.scrub()
        return is_changed

    async def delete_fact(self, key: ConversationKey, number: int, author_id: str) -> bool:
        """Delete a person's own fact, to the last byte. False when there is no such fact of theirs."""
        async with self._database.write() as connection:
            is_deleted = await facts.delete_fact(connection, key, number, author_id)
        if is_deleted:
            await self._database.scrub()
        return is_deleted

    # --- derived data ------------------------------------------------------------------------

    async def derived(self, key: ConversationKey, kind: str, name: str) -> Derived | None:
        """Derived data by kind ("summary", "translation") and name, if its sources are unchanged."""
        async with self._database.read() as connection:
            return (await derived_data.get_many(connection, key, kind, (name,))).get(name)

    async def derived_many(self, key: ConversationKey, kind: str, names: Sequence[str]) -> dict[str, Derived]:
        """Derived data of one kind by name; names of which nothing is kept are left out."""
        async with self._database.read() as connection:
            return await derived_data.get_many(connection, key, kind, names)

    async def derived_of_kind(self, key: ConversationKey, kind: str) -> list[Derived]:
        """All derived data of one kind in a conversation, in the order in which it was made."""
        async with self._database.read() as connection:
            return await derived_data.get_of_kind(connection, key, kind)

    async def put_derived(self, key: ConversationKey, derived: Derived) -> bool:
        """Keep derived data with the ids it came from, replacing what had its kind and key. False, and
        nothing kept, when a source is deleted, unknown or was edited after `derived.created_at`."""
        async with self._database.write() as connection:
            return await derived_data.put_derived(connection, key, derived)

    async def check(self) -> None:
        """Raise StorageError unless a write transaction can begin within CHECK_TIMEOUT_S."""
        await self._database.check()

    async def close(self) -> None:
        """Close all connections."""
        await self._database.close()
