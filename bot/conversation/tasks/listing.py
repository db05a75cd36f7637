"""Lists messages for people: each quoted with its author, time and link, the words sought in bold."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.conversation.memory.material import Found
from bot.conversation.memory.stems import MIN_STEM, stem_of
from bot.conversation.tasks.task import TaskContext
from bot.conversation.text.attached import without_notes
from bot.conversation.text.safety import ANONYMOUS, clean_name, one_line
from bot.conversation.text.times import zone_name
from bot.messages import Author, Turn
from bot.storage.records import Fact

MAX_EXCERPT = 240
BEFORE_HIT = 60
"""Characters of a long message that are shown before the first word that was sought."""

_MARKUP = re.compile(r"[*_`~|\\]")


def listed(ctx: TaskContext, turns: Sequence[Turn], words: Sequence[str] = ()) -> str:
    """A numbered list of `turns`, `words` in bold."""
    return "\n".join(f"{number}. {quotation(ctx, turn, words)}" for number, turn in enumerate(turns, 1))


def listed_with_answers(ctx: TaskContext, found: Sequence[Found]) -> str:
    """A numbered list of what was found, under each what answers it; nothing is listed twice."""
    lines: list[str] = []
    shown: set[str] = set()
    for one in found:
        telling = {turn.message_id for turn in one.answers or (one.turn,)}
        if one.turn.message_id in shown or telling <= shown:
            continue
        shown |= telling | {one.turn.message_id}
        number = sum(line[:1] != " " for line in lines) + 1
        lines.append(f"{number}. {quotation(ctx, one.turn)}")
        lines += [f"   - {quotation(ctx, turn)}" for turn in one.answers]
    return "\n".join(lines)


def told_fact(ctx: TaskContext, fact: Fact) -> str:
    """A fact as an answer: by whose wish it is known, and what it says."""
    who = "You" if fact.author.id == ctx.question.author.id else "Somebody"
    return f"{who} asked me to remember (fact {fact.number}, {_name(fact.author)}): {fact.text}"


def quotation(ctx: TaskContext, turn: Turn, words: Sequence[str] = ()) -> str:
    """One message: who, when, what, and where it stands if the platform can tell."""
    link = ctx.permalink(turn)
    where = f" [open]({link})" if link else ""
    return f"{credit(ctx, turn)}: {excerpt(turn.text, words)}{where}"


def credit(ctx: TaskContext, turn: Turn) -> str:
    """Who wrote a message, and when, in the time zone of the question."""
    when = turn.sent_at.astimezone(ctx.question.sent_at.tzinfo)
    return f"**{_name(turn.author)}**, {when:%Y-%m-%d %H:%M} {zone_name(when)}"


def _name(author: Author | None) -> str:
    return _MARKUP.sub("", clean_name(author.name) if author else ANONYMOUS)


def excerpt(text: str, words: Sequence[str] = ()) -> str:
    """The part of a message around the first of `words`, with those words in bold."""
    sought = _pattern(words)
    said = without_notes(text)
    # A picture may be what was sought, or all there is.
    is_told = said.strip() and not (sought and sought.search(text) and not sought.search(said))
    text = one_line(said if is_told else text)
    first = sought.search(text) if sought else None
    begin = max(first.start() - BEFORE_HIT, 0) if first and len(text) > MAX_EXCERPT else 0
    part = text[begin : begin + MAX_EXCERPT]
    shown = ("… " if begin else "") + _in_bold(part, sought)
    return shown + (" …" if begin + MAX_EXCERPT < len(text) else "")


def _pattern(words: Sequence[str]) -> re.Pattern[str] | None:
    """Whole words that begin like one of `words`; scripts without spaces anywhere."""
    parts = []
    for word in sorted(filter(None, words), key=len, reverse=True):
        stem = stem_of(word) if len(word) > MIN_STEM else word
        is_spaced = word.isascii() or word[0] < "\u3000"
        parts.append(rf"\b{re.escape(stem)}\w*" if is_spaced and word[0].isalnum() else re.escape(word))
    return re.compile("|".join(parts), re.IGNORECASE) if parts else None


def _in_bold(text: str, sought: re.Pattern[str] | None) -> str:
    return sought.sub(lambda match: f"**{match[0]}**", text) if sought else text
