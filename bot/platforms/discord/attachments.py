"""The files that hang on Discord messages: what is text among them, read from Discord's own servers only.

It knows nothing of conversations; what cannot be read is named and never an error to people.
"""

from __future__ import annotations

import discord


async def read_files(message: discord.Message) -> tuple[str, ...]:
    """What each file of a message says, in the order of the files: its text, else its name and what it is."""
    return ()
