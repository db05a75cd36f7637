"""What the bot says about its own answers, inside of them: how much it read, who shared it, that something is
a rough translation. It is no part of what was told, so nobody wants it translated or explained. Pure.
"""

from __future__ import annotations

import re

from bot.conversation.memory.reporting import HEADING
from bot.conversation.summaries.telling import INTRO

_WHOLE_LINE = "|".join(
    (
        r"\(.+\)",
        r"Shared by .+:",
        r"You have not written here yet: .+",
        r"Sources: .+",
        rf"{HEADING}: .+",
        r"[\d,]+ of [\d,]+ messages?\b.*",
        r"I cannot translate these quotations into .+",
    )
)
_FRAMES = "|".join(sorted(map(re.escape, set(INTRO.values()))))
_NOTE = re.compile(
    rf"^(?:_(?:{_WHOLE_LINE})_|{_FRAMES}|[> ]*↳ _rough translation:_ .*)[ \t]*$\n?", re.MULTILINE
)
_GAP = re.compile(r"\n{3,}")


def without_own_notes(answer: str) -> str:
    """An answer of the bot without what it says about the answer; one without such notes as it is."""
    told = _NOTE.sub("", answer)
    return answer if told == answer else _GAP.sub("\n\n", told).strip()
