"""Shortcuts: the entries of the bot in the menu of a message, which work in threads too, and beside the field
in which people write.

Slack shows their names in one language only. The answer is made from memory, into which the message is put
first; where the bot is no member, what the person showed it is all that it knows, and nothing of it is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.platforms.layout import PREFIX

MAX_NAME_CHARS = 24


@dataclass(frozen=True, slots=True)
class Shortcut:
    """One entry: its name, at most 24 characters, what the manifest says of it, and where it stands. `{bot}`
    in a name is the bot's."""

    name: str
    callback_id: str
    description: str
    type: Literal["message", "global"] = "message"

    def name_for(self, bot_name: str) -> str:
        """The name as people see it."""
        return self.name.format(bot=bot_name)[:MAX_NAME_CHARS]


SUMMARIZE, TRANSLATE, EXPLAIN, REPLY, ASK = (
    f"{PREFIX}{name}" for name in ("summarize-thread", "translate", "explain", "reply", "ask")
)
SHORTCUTS = (
    Shortcut("Summarize thread", SUMMARIZE, "Tells you alone what was said in the thread of this message."),
    Shortcut("Translate", TRANSLATE, "Translates this message into your language, for you alone."),
    Shortcut("Explain", EXPLAIN, "Explains this message in plain words, to you alone."),
    Shortcut("Reply to this", REPLY, "Writes a reply to this message, for everybody in its thread."),
    Shortcut(
        "Ask {bot} …", ASK, "Opens a form with everything that the bot does and all its options.", "global"
    ),
)
"""All entries, in the order in which the manifest has them."""
