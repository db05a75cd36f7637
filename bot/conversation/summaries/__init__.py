"""Summaries that rest on their sources: what is read, noted, kept and told. `tasks/summarize.py` is the door.

`extract` is what the rules alone say of some messages; `notes_of` gives a model's checked notes of them.
"""

from bot.conversation.summaries.extracting import extract
from bot.conversation.summaries.noting import notes_of
from bot.conversation.summaries.records import Note

__all__ = ["Note", "extract", "notes_of"]
