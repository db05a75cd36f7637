"""What is one person's: conditions for finding it, in one workspace and in their direct messages."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, and_, func, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import DIRECT_WORKSPACE, ConversationKey
from bot.storage.inbox import AT_MESSAGE
from bot.storage.models import conversations, facts, feedback, inbox, messages, replies, workspace_settings
from bot.storage.records import OPTED_OUT, Traces


def within(key: ConversationKey) -> ColumnElement[bool]:
    """The condition that a conversation's row is of the workspace of `key`, or direct."""
    return and_(
        conversations.c.platform == key.platform,
        conversations.c.workspace_id.in_({key.workspace_id, DIRECT_WORKSPACE}),
    )


def said_by(key: ConversationKey, person_id: str) -> ColumnElement[bool]:
    """The condition that a message's row is of the person, in `within(key)`."""
    return and_(
        messages.c.author_id == person_id,
        messages.c.role == "user",
        messages.c.conversation_id.in_(select(conversations.c.id).where(within(key))),
    )


def answering(key: ConversationKey, person_id: str) -> Select[tuple[int]]:
    """The ids of the replies, finished or not, to what the person asked."""
    return select(inbox.c.reply_id).join(messages, AT_MESSAGE).where(said_by(key, person_id))


async def find_traces(connection: AsyncConnection, key: ConversationKey, person_id: str) -> Traces:
    """See People.traces."""
    mine = said_by(key, person_id) & messages.c.deleted_at.is_(None)
    answers = and_(
        messages.c.reply_id.in_(answering(key, person_id)),
        messages.c.role == "assistant",
        messages.c.deleted_at.is_(None),
    )
    first = type_coerce(func.min(messages.c.sent_at), messages.c.sent_at.type)
    said = select(func.count(), first).select_from(messages).where(mine)
    total, since = (await connection.execute(said)).one()
    counts = [
        (await connection.execute(select(func.count()).select_from(table).where(theirs))).scalar_one()
        for table, theirs in (
            (messages, answers),
            (facts, facts_of(key, person_id)),
            (workspace_settings, settings_of(key, person_id)),
            (feedback, feedback_of(key, person_id)),
        )
    ]
    answered, known, wished, judged = counts
    return Traces(total, answered, known, wished, judged, since)


def facts_of(key: ConversationKey, person_id: str) -> ColumnElement[bool]:
    """The condition that a fact is the person's."""
    here = select(conversations.c.id).where(within(key))
    return and_(facts.c.author_id == person_id, facts.c.conversation_id.in_(here))


def feedback_of(key: ConversationKey, person_id: str) -> ColumnElement[bool]:
    """The condition that an opinion is the person's."""
    here = select(replies.c.id).join(conversations).where(within(key))
    return and_(feedback.c.person_id == person_id, feedback.c.reply_id.in_(here))


def settings_of(key: ConversationKey, person_id: str) -> ColumnElement[bool]:
    """What the person set; that they are to be left out of memory is no trace of them but their wish."""
    return and_(
        workspace_settings.c.platform == key.platform,
        workspace_settings.c.workspace_id.in_({key.workspace_id, DIRECT_WORKSPACE}),
        workspace_settings.c.person_id == person_id,
        workspace_settings.c.name != OPTED_OUT[0],
    )
