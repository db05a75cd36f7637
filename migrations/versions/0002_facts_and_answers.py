"""Facts, settings of persons and workspaces, and how a reply was made."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.add_column("conversations", sa.Column("last_fact", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("replies", sa.Column("variation", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("replies", sa.Column("finish_reason", sa.Text()))
    op.create_table(
        "facts",
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Text(), nullable=False),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("author_is_bot", sa.Boolean(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("said_at", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Text()),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_facts_conversation_id")
        ),
        sa.PrimaryKeyConstraint("conversation_id", "number", name=op.f("pk_facts")),
    )
    op.create_table(
        "workspace_settings",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("workspace_id", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "platform", "workspace_id", "person_id", "name", name=op.f("pk_workspace_settings")
        ),
    )


def downgrade() -> None:
    op.drop_table("workspace_settings")
    op.drop_table("facts")
    op.drop_column("replies", "finish_reason")
    op.drop_column("replies", "variation")
    op.drop_column("conversations", "last_fact")
