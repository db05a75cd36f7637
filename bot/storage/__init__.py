"""The bot's memory: SQLAlchemy 2 async over SQLite. Knows no platform, no task and no model."""
