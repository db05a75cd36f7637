"""The first tables: history, inbox, outbox, channel settings, derived data."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    _create_history()
    _create_jobs()
    _create_derived()


def downgrade() -> None:
    for table in (
        "derived_sources",
        "derived",
        "channel_settings",
        "reply_posts",
        "inbox",
        "messages",
        "replies",
    ):
        op.drop_table(table)
    op.drop_table("conversations")


def _to_conversation(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["conversation_id"], ["conversations.id"], name=op.f(f"fk_{table}_conversation_id")
    )


def _to_reply(table: str, ondelete: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["reply_id"], ["replies.id"], name=op.f(f"fk_{table}_reply_id"), ondelete=ondelete
    )


def _create_index(table: str, *columns: str) -> None:
    op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns))


def _create_history() -> None:
    op.create_table(
        "conversations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("channel_id", sa.Text(), nullable=False),
        sa.Column("thread_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversations")),
        sa.UniqueConstraint(
            "platform",
            "workspace_id",
            "channel_id",
            "thread_id",
            name=op.f("uq_conversations_platform_workspace_id_channel_id_thread_id"),
        ),
    )
    op.create_table(
        "replies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("text", sa.Text()),
        sa.Column("attempt", sa.Integer(), nullable=False),
        _to_conversation("replies"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replies")),
        sqlite_autoincrement=True,
    )
    _create_index("replies", "conversation_id")
    _create_index("replies", "state", "conversation_id")
    op.create_table(
        "messages",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("is_memory", sa.Boolean(), nullable=False),
        sa.Column("author_id", sa.Text(), nullable=False),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("author_is_bot", sa.Boolean(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.Integer(), nullable=False),
        sa.Column("reply_to", sa.Text()),
        sa.Column("edited_at", sa.Integer()),
        sa.Column("deleted_at", sa.Integer()),
        sa.Column("reply_id", sa.Integer()),
        sa.Column("anchor_sent_at", sa.Integer(), nullable=False),
        sa.Column("anchor_id", sa.Integer(), nullable=False),
        _to_conversation("messages"),
        _to_reply("messages", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint(
            "message_id", "conversation_id", name=op.f("uq_messages_message_id_conversation_id")
        ),
        sqlite_autoincrement=True,
    )
    _create_index("messages", "conversation_id", "anchor_sent_at", "anchor_id", "id")
    _create_index("messages", "reply_id")
    op.create_table(
        "channel_settings",
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        _to_conversation("channel_settings"),
        sa.PrimaryKeyConstraint("conversation_id", "name", name=op.f("pk_channel_settings")),
    )


def _create_jobs() -> None:
    op.create_table(
        "inbox",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("command", sa.Text()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reply_id", sa.Integer()),
        _to_conversation("inbox"),
        _to_reply("inbox", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
        sa.UniqueConstraint(
            "platform", "workspace_id", "event_id", name=op.f("uq_inbox_platform_workspace_id_event_id")
        ),
    )
    _create_index("inbox", "message_id", "conversation_id")
    _create_index("inbox", "state", "conversation_id")
    _create_index("inbox", "reply_id")
    op.create_table(
        "reply_posts",
        sa.Column("reply_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        _to_reply("reply_posts", "CASCADE"),
        sa.PrimaryKeyConstraint("reply_id", "position", name=op.f("pk_reply_posts")),
    )
    _create_index("reply_posts", "message_id")


def _create_derived() -> None:
    op.create_table(
        "derived",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Integer(), nullable=False),
        _to_conversation("derived"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_derived")),
        sa.UniqueConstraint(
            "conversation_id", "kind", "key", name=op.f("uq_derived_conversation_id_kind_key")
        ),
    )
    op.create_table(
        "derived_sources",
        sa.Column("derived_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["derived_id"], ["derived.id"], name=op.f("fk_derived_sources_derived_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("derived_id", "position", name=op.f("pk_derived_sources")),
    )
    _create_index("derived_sources", "message_id")
