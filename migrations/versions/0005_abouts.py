"""Which message a command is about, so that its answer goes with that message."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.add_column("inbox", sa.Column("about", sa.Text()))
    op.create_index(op.f("ix_inbox_about"), "inbox", ["about"], sqlite_where=sa.text("about IS NOT NULL"))


def downgrade() -> None:
    op.drop_index(op.f("ix_inbox_about"), "inbox")
    op.drop_column("inbox", "about")
