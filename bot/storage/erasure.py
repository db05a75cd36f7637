"""Erasing one person: what they wrote, what was answered to them, and what rests on it.

In small transactions, so that nobody waits for it: a crash in between leaves something to be erased, and
doing it again does no harm. Knows no platform; posts are removed by whoever sends, who is told where.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable, Sequence

from sqlalchemy import Select, and_, case, delete, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import ConversationKey
from bot.storage.database import Database
from bot.storage.inbox import AT_MESSAGE
from bot.storage.lookup import batches, is_conversation, to_key
from bot.storage.models import (
    ANSWERING,
    CANCELLED,
    DONE,
    OPEN,
    WAITING,
    channel_settings,
    conversations,
    derived_sources,
    derived_texts,
    facts,
    feedback,
    inbox,
    messages,
    replies,
    reply_posts,
    workspace_settings,
)
from bot.storage.outbox import bury, reopen, take_back
from bot.storage.owned import answering, facts_of, feedback_of, said_by, settings_of, within
from bot.storage.unquoting import Unquoting

ROWS_AT_ONCE = 250
"""Messages that are erased in one transaction: a few hundredths of a second."""

ANSWERS_AT_ONCE = 5
"""Answers that are taken back in one transaction."""

MESSAGES_AT_ONCE = 40_000
"""Messages whose quotations are looked for at once, which bounds memory."""

MAX_POSTS = 100
"""Posts that are removed from the platform at most, the newest."""

_PERSONA = "persona"

_of_question, _same_channel = messages.alias("of_question"), conversations.alias("same_channel")


class Erasure:
    """One person being erased from one workspace and from their direct messages with the bot.

    `spared` is the message that asked for it: it goes last, when all else is done. Afterwards `waiting` are
    the conversations in which posts wait to be removed or shown anew, `running` the replies in the making to
    what is gone: where, which, and a message of it. `on_erased` is told of every conversation that changed.
    """

    def __init__(
        self,
        database: Database,
        key: ConversationKey,
        person_id: str,
        spared: str,
        on_erased: Callable[[ConversationKey], None],
    ) -> None:
        self._database = database
        self._key = key
        self._person_id = person_id
        self._spared = spared
        self._on_erased = on_erased
        self._names: set[str] = set()
        self._unquoting = Unquoting(database, key)
        self._taken_back: set[ConversationKey] = set()
        self.running: list[tuple[ConversationKey, int, str]] = []
        self._touched: set[ConversationKey] = set()
        self._about: set[int] = set()

    @property
    def waiting(self) -> set[ConversationKey]:
        """Where posts wait to be removed or shown anew."""
        return self._taken_back | self._unquoting.waiting

    async def run(self) -> AsyncGenerator[tuple[int, int]]:
        """Erase; yields how many of how many messages are gone. Raises StorageError."""
        rows = await self._rows()
        finished = await self._answers()
        newest = await self._newest(finished)
        yield 0, len(rows)
        # What is found by the messages goes before them, so that after a crash it is found again.
        for part in batches(rows, MESSAGES_AT_ONCE):
            await self._unquoting.take_out(part, self._names, frozenset(finished))
        for ids in batches([reply_id for reply_id in finished if reply_id not in newest], ROWS_AT_ONCE):
            await self._erase_answers(ids)
        for ids in batches(newest, ANSWERS_AT_ONCE):
            await self._take_back(ids)
        for number, ids in enumerate(batches(rows, ROWS_AT_ONCE)):
            yield number * ROWS_AT_ONCE, len(rows)
            await self._bury(ids)
        await self._erase_the_rest()
        for place in self._touched | self._unquoting.touched:
            self._on_erased(place)
        await self._database.scrub()

    async def _rows(self) -> list[int]:
        """The person's messages, deleted ones too: of those the author's id is left."""
        mine = (said_by(self._key, self._person_id), messages.c.message_id != self._spared)
        names = select(messages.c.author_name).where(*mine).distinct()
        places = select(messages.c.conversation_id).where(*mine)
        async with self._database.read() as connection:
            self._names = set((await connection.scalars(names)).all()) - {""}
            touched = await connection.execute(select(conversations).where(conversations.c.id.in_(places)))
            self._touched = {to_key(row) for row in touched}
            rows = await connection.scalars(select(messages.c.id).where(*mine).order_by(messages.c.id))
            return list(rows)

    async def _answers(self) -> list[int]:
        """The finished answers to the person, and to commands about what they said, newest first. Those in
        the making to the latter are noted."""
        about = (
            select(inbox.c.reply_id)
            .join(conversations, conversations.c.id == inbox.c.conversation_id)
            .join(_of_question, _of_question.c.message_id == inbox.c.about)
            .where(
                _of_question.c.author_id == self._person_id,
                _of_question.c.conversation_id.in_(
                    select(_same_channel.c.id).where(_same_channel.c.place == conversations.c.place)
                ),
                within(self._key),
            )
        )
        found = (
            select(conversations, replies.c.id.label("reply_id"), replies.c.state, inbox.c.message_id)
            .join(replies, replies.c.conversation_id == conversations.c.id)
            .join(inbox, inbox.c.reply_id == replies.c.id)
            .where(inbox.c.message_id != self._spared)
        )
        to_them = found.where(replies.c.id.in_(answering(self._key, self._person_id)))
        async with self._database.read() as connection:
            told = (await connection.execute(to_them)).all()
            of_others = (await connection.execute(found.where(replies.c.id.in_(about)))).all()
        self.running = [(to_key(row), row.reply_id, row.message_id) for row in of_others if row.state in OPEN]
        self._about = {row.reply_id for row in of_others}
        return sorted({row.reply_id for row in (*told, *of_others) if row.state == DONE}, reverse=True)

    async def _newest(self, finished: Sequence[int]) -> list[int]:
        """The newest answers, whose posts are to be removed from the platform."""
        counted = select(reply_posts.c.reply_id, func.count().label("posts")).group_by(reply_posts.c.reply_id)
        newest: list[int] = []
        total = 0
        async with self._database.read() as connection:
            for ids in batches(finished[:MAX_POSTS], ROWS_AT_ONCE):
                rows = await connection.execute(counted.where(reply_posts.c.reply_id.in_(ids)))
                posts = {row.reply_id: row.posts for row in rows}
                for reply_id in ids:
                    total += posts.get(reply_id, 0)
                    if total <= MAX_POSTS:
                        newest.append(reply_id)
        return newest

    async def _erase_answers(self, ids: Sequence[int]) -> None:
        """Finished answers leave memory; the ids of their posts stay, so that they are known for answers."""
        async with self._database.write() as connection:
            turns = (
                await connection.scalars(select(messages.c.id).where(messages.c.reply_id.in_(ids)))
            ).all()
            await _drop_derived_of(connection, turns)
            await connection.execute(delete(messages).where(messages.c.id.in_(turns)))
            await connection.execute(delete(feedback).where(feedback.c.reply_id.in_(ids)))
            await connection.execute(
                update(inbox).where(inbox.c.reply_id.in_(ids)).values(state=CANCELLED, command=None)
            )
            await connection.execute(
                update(replies).where(replies.c.id.in_(ids)).values(state=CANCELLED, text=None)
            )

    async def _bury(self, ids: Sequence[int]) -> None:
        """Erase messages, and note the replies in the making to them."""
        making = (
            select(conversations, replies.c.id.label("reply_id"), inbox.c.message_id)
            .join(replies, replies.c.conversation_id == conversations.c.id)
            .join(inbox, inbox.c.reply_id == replies.c.id)
            .where(inbox.c.id.in_(_events_of(ids)), inbox.c.state == ANSWERING, replies.c.state.in_(OPEN))
        )
        async with self._database.write() as connection:
            for row in await connection.execute(making):
                self.running.append((to_key(row), row.reply_id, row.message_id))
            await _erase_messages(connection, ids)

    async def _take_back(self, ids: Sequence[int]) -> None:
        """The posts of answers wait to be removed, or to be made again for the others who asked."""
        asked = select(messages.c.id).join(inbox, AT_MESSAGE).where(inbox.c.reply_id.in_(ids))
        own = asked.where(said_by(self._key, self._person_id))
        async with self._database.write() as connection:
            await _erase_messages(connection, (await connection.scalars(own)).all())
            for reply_id in ids:
                place = None if reply_id in self._about else await reopen(connection, reply_id)
                place = place or await take_back(connection, reply_id)
                if place is not None:
                    self._taken_back.add(place)

    async def _erase_the_rest(self) -> None:
        key, person_id = self._key, self._person_id
        async with self._database.write() as connection:
            await connection.execute(delete(facts).where(facts_of(key, person_id)))
            await connection.execute(delete(feedback).where(feedback_of(key, person_id)))
            await connection.execute(delete(workspace_settings).where(settings_of(key, person_id)))
            here = select(conversations.c.id).where(is_conversation(key))
            asking = (messages.c.message_id == self._spared) & messages.c.conversation_id.in_(here)
            await bury(connection, asking)
            await connection.execute(update(messages).where(asking).values(author_id=""))
            event = (inbox.c.message_id == self._spared) & inbox.c.conversation_id.in_(here)
            await connection.execute(update(inbox).where(event).values(command=None))
            is_theirs = channel_settings.c.conversation_id.in_(_alone(key))
            await connection.execute(
                delete(channel_settings).where(channel_settings.c.name == _PERSONA, is_theirs)
            )


def _alone(key: ConversationKey) -> Select[tuple[int]]:
    """Conversations in which nobody but the person, whose messages are erased by now, ever spoke."""
    is_spoken_in = exists().where(messages.c.conversation_id == conversations.c.id, messages.c.role == "user")
    has_others = exists().where(
        messages.c.conversation_id == conversations.c.id,
        messages.c.role == "user",
        messages.c.author_id != "",
    )
    return select(conversations.c.id).where(within(key), is_spoken_in, ~has_others)


def _events_of(ids: Sequence[int]) -> Select[tuple[int]]:
    return select(inbox.c.id).join(messages, AT_MESSAGE).where(messages.c.id.in_(ids))


async def _erase_messages(connection: AsyncConnection, ids: Sequence[int]) -> None:
    """Leave tombstones of messages, and nothing that rests on them; those that wait are not answered."""
    await _drop_derived_of(connection, ids)
    await bury(connection, messages.c.id.in_(ids) & messages.c.deleted_at.is_(None))
    await connection.execute(update(messages).where(messages.c.id.in_(ids)).values(author_id=""))
    state = case((inbox.c.state == WAITING, CANCELLED), else_=inbox.c.state)
    events = inbox.c.id.in_(_events_of(ids))
    await connection.execute(update(inbox).where(events).values(command=None, state=state))


async def _drop_derived_of(connection: AsyncConnection, ids: Iterable[int]) -> None:
    """Delete what rests on these messages, in their channels."""
    source, kept = conversations.alias("source"), conversations.alias("kept")
    of_rows = (
        select(messages.c.message_id, source.c.place)
        .join(source, source.c.id == messages.c.conversation_id)
        .where(messages.c.id.in_(list(ids)))
        .subquery()
    )
    resting = (
        select(derived_texts.c.id)
        .join(derived_sources, derived_sources.c.derived_id == derived_texts.c.id)
        .join(kept, kept.c.id == derived_texts.c.conversation_id)
        .join(
            of_rows,
            and_(of_rows.c.message_id == derived_sources.c.message_id, of_rows.c.place == kept.c.place),
        )
    )
    await connection.execute(delete(derived_texts).where(derived_texts.c.id.in_(resting)))
    asked_for = exists().where(
        of_rows.c.message_id == facts.c.message_id,
        kept.c.id == facts.c.conversation_id,
        of_rows.c.place == kept.c.place,
    )
    await connection.execute(delete(facts).where(facts.c.message_id.is_not(None), asked_for))
