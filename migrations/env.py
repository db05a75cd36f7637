"""Runs migrations on the connection that `bot.storage.migrate` hands over, in its one transaction.

Opens no connection, starts no event loop and leaves logging as it is. A new migration: add a file beside
the others in `versions` with the next number (`alembic revision -m "..." --rev-id 0004` makes a frame),
write both directions, raise `HEAD` in `bot/storage/migrate.py` and run `python -m bot.storage.migrate check`.
"""

from __future__ import annotations

from alembic import context

from bot.storage.models import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite can roll back changes of the schema; a migration that is killed leaves nothing behind.
    transactional_ddl=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
