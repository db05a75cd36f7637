"""Search: a trigram index over what is remembered, kept in step by triggers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.storage.models import AnyText
from bot.storage.words import folded

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | None = None
depends_on: str | None = None

_ROWS_AT_ONCE = 1000

# The channel is one entry of the index, three characters that nobody writes: the digits of its number to the
# base of 60,000. Two line feeds after the text make each word of one or two characters the beginning of an
# entry. `bot.storage.search` reads both.
_INDEXED = """
    (SELECT char(983040 + place / 3600000000, 983040 + place / 60000 % 60000, 983040 + place % 60000)
     FROM conversations WHERE conversations.id = {row}.conversation_id),
    coalesce({row}.folded, {row}.text) || char(10, 10)
"""
_IS_FOUND = "{row}.is_memory AND {row}.deleted_at IS NULL"
_CHANGES = "UPDATE OF text, folded, is_memory, deleted_at, conversation_id"
_ADD = f"INSERT INTO messages_fts (rowid, place, text) SELECT new.id, {_INDEXED.format(row='new')}"
_REMOVE = (
    "INSERT INTO messages_fts (messages_fts, rowid, place, text)"
    f" SELECT 'delete', old.id, {_INDEXED.format(row='old')}"
)
# Two AFTER triggers of one event have no order; what was is removed before the change.
_TRIGGERS = (
    ("messages_fts_insert", "AFTER INSERT", "new", _ADD),
    ("messages_fts_delete", "AFTER DELETE", "old", _REMOVE),
    ("messages_fts_update_old", f"BEFORE {_CHANGES}", "old", _REMOVE),
    ("messages_fts_update_new", f"AFTER {_CHANGES}", "new", _ADD),
)


def upgrade() -> None:
    op.add_column("conversations", sa.Column("place", sa.Integer(), nullable=False, server_default="0"))
    op.execute(
        "UPDATE conversations SET place = (SELECT min(other.id) FROM conversations AS other"
        " WHERE other.platform = conversations.platform AND other.workspace_id = conversations.workspace_id"
        " AND other.channel_id = conversations.channel_id)"
    )
    op.add_column("messages", sa.Column("folded", sa.Text()))
    _fold()
    view = "CREATE VIEW searchable (id, place, text) AS SELECT id, {indexed} FROM messages WHERE {is_found}"
    op.execute(
        view.replace("{indexed}", _INDEXED.format(row="messages")).replace(
            "{is_found}", _IS_FOUND.format(row="messages")
        )
    )
    op.execute(
        "CREATE VIRTUAL TABLE messages_fts USING fts5("
        "place, text, content='searchable', content_rowid='id', tokenize='trigram', detail='none')"
    )
    op.execute("CREATE VIRTUAL TABLE messages_fts_entries USING fts5vocab('messages_fts', 'row')")
    op.execute("INSERT INTO messages_fts (messages_fts) VALUES ('rebuild')")
    for name, event, row, action in _TRIGGERS:
        op.execute(
            f"CREATE TRIGGER {name} {event} ON messages WHEN {_IS_FOUND.format(row=row)} BEGIN {action}; END"
        )


def _fold() -> None:
    messages = sa.table("messages", sa.column("id"), sa.column("text", AnyText), sa.column("folded", AnyText))
    connection = op.get_bind()
    change = sa.update(messages).where(messages.c.id == sa.bindparam("of_row"))
    last: int | None = 0
    while last is not None:
        after = sa.select(messages.c.id, messages.c.text).where(messages.c.id > last)
        rows = connection.execute(after.order_by(messages.c.id).limit(_ROWS_AT_ONCE)).all()
        changes = [
            {"of_row": row.id, "folded": text} for row in rows if (text := folded(row.text)) is not None
        ]
        if changes:
            connection.execute(change, changes)
        last = rows[-1].id if rows else None


def downgrade() -> None:
    for name, *_ in _TRIGGERS:
        op.execute(f"DROP TRIGGER {name}")
    op.drop_table("messages_fts_entries")
    op.drop_table("messages_fts")
    op.execute("DROP VIEW searchable")
    op.drop_column("messages", "folded")
    op.drop_column("conversations", "place")
