"""Translate: a text, the message replied to, or the last message, into another language.

Finds out what is wished and in which language it is; `translation` does the work.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from bot.conversation.tasks.referring import MESSAGE, message_meant
from bot.conversation.tasks.task import SHOW, Option, Task, TaskContext
from bot.conversation.text.attached import without_notes
from bot.conversation.text.detect import detect as by_words
from bot.conversation.text.languages import Language, english_name, find_language, language
from bot.conversation.text.layout import words_of
from bot.conversation.text.safety import clean_text, is_blank
from bot.conversation.text.small_words import SMALL_WORDS
from bot.conversation.translation.detection import detect
from bot.conversation.translation.translating import translate_text
from bot.errors import CommandError
from bot.messages import Author, Piece

MAX_CHARS = 20_000
BY_FLAG = "flag:"
"""What the event ids of translations begin with that somebody asked for by putting a flag under a message."""
LOOK_BACK = 500
USUAL_MESSAGES = 10
"""An author's newest messages that show the language they usually write."""
EXAMPLE = "/translate to:fr Hello there"
UNTOLD = "\n\n_(I could not tell which language this is; `from:` says it.)_"

_FIRST_WORD = re.compile(r"\s*(\S+)(?:\s+|\Z)")


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be translated: the text, into which language, from which if that was said, who wrote it, and
    the message that it stands in."""

    text: str
    target: Language
    source: str | None
    author: Author | None
    message_id: str


async def run(ctx: TaskContext) -> AsyncGenerator[Piece, None]:
    """Yield the translation. A flag may be no more than a comment: where there is nothing to translate it is
    passed over in silence. Raises CommandError for what cannot be translated, and GenerationError."""
    is_flag = ctx.question.event_id.startswith(BY_FLAG)
    try:
        wish = await _wish(ctx)
    except CommandError:
        if is_flag:
            return
        raise
    words = words_of(wish.text)
    if not any(char.isalpha() for char in words):
        if not is_flag:
            ctx.remark()
            yield "There are no words to translate in that."
        return
    source, is_sure = await _source(ctx, wish, words)
    if source == wish.target.code:
        if not is_flag:
            ctx.remark()
            yield _same_language(wish.target, is_sure)
        return
    stream = translate_text(ctx, wish.text, wish.target, source, source_ids=(wish.message_id,))
    async with aclosing(stream) as pieces, aclosing(_after(ctx.begun, pieces)) as rest:
        async for piece in rest:
            yield piece
    if not is_sure:
        yield f"\n\n_(I took it for {english_name(source)}.)_" if source else UNTOLD


def _same_language(target: Language, is_sure: bool) -> str:
    if is_sure:
        return f"That is in {target.name} already. Choose another language, for example: `{EXAMPLE}`"
    return (
        f"I take that for {target.name} already. If it is not, say what it is, for example: "
        "`/translate from:de to:en Gift`"
    )


async def _after(begun: str, pieces: AsyncGenerator[Piece, None]) -> AsyncGenerator[Piece, None]:
    """What follows the part of a translation that was written before; what came out differently is whole."""
    text = ""
    async for piece in pieces:
        if not begun or not isinstance(piece, str):
            yield piece
            continue
        text += piece
        if text.startswith(begun):
            begun, rest = "", text[len(begun) :]
            if rest:
                yield rest
        elif not begun.startswith(text):
            begun = ""
            yield f"\n\n{text}"


# --- what is wished --------------------------------------------------------------------------


async def _wish(ctx: TaskContext) -> Wish:
    text = clean_text(ctx.options.get("text", ""))
    author: Author | None = ctx.question.author
    message_id = ctx.question.message_id
    target = _named(ctx.options["to"]) if "to" in ctx.options else None
    if target is None:
        target, text = _leading_language(text)
    if is_blank(text):
        turn = await message_meant(ctx)
        if turn is None:
            raise CommandError(f"I found no message to translate. Give me a text, for example: `{EXAMPLE}`")
        text, author, message_id = clean_text(turn.text), turn.author, turn.message_id
    if len(text) > MAX_CHARS:
        raise CommandError(
            f"I can translate {MAX_CHARS:,} characters at once; this is longer. Please send a part."
        )
    text = without_notes(text)
    source = _named(ctx.options["from"]).code if "from" in ctx.options else None
    default = language(ctx.asker_language) or language(ctx.language) or language("en")
    assert default is not None
    return Wish(text, target or default, source, author, message_id)


def _named(name: str) -> Language:
    found = find_language(name)
    if found is None:
        raise CommandError(
            f"I do not know that language. Name it, or give its code or its flag. For example: `{EXAMPLE}`"
        )
    return found


def _leading_language(text: str) -> tuple[Language | None, str]:
    """The language that the first word of `text` names, and the rest: `fr Hello`. A word that belongs to the
    sentence (`it is raining`) names none."""
    match = _FIRST_WORD.match(text)
    found = find_language(match[1]) if match else None
    if match is None or found is None:
        return None, text
    rest = text[match.end() :]
    is_of_sentence = match[1].casefold() in SMALL_WORDS.get(by_words(text) or "", ())
    return (None, text) if rest and is_of_sentence else (found, rest)


# --- which language it is in -----------------------------------------------------------------


async def _source(ctx: TaskContext, wish: Wish, words: str) -> tuple[str | None, bool]:
    """The language of the text and whether that is sure: as it was said, as it reads, or, where that is in
    doubt, as its author or the channel usually writes, or a language that a small model knows."""
    if wish.source:
        return wish.source, True
    found = await detect(words)
    if found is not None and found.is_sure:
        return found.code, True
    known = ctx.model.translates
    usual = await _usual_language(ctx, wish)
    likely = {code for code in known or () if code != wish.target.code}
    weighed = await detect(words, usual, likely)
    code = weighed.code if weighed else usual
    # A mere guess must not make a small model refuse.
    is_usable = ctx.translator is not None or known is None or code in known
    return (code if is_usable else None), False


async def _usual_language(ctx: TaskContext, wish: Wish) -> str | None:
    """The language of most of the author's newest messages in this channel; where little is known of them,
    that of everybody's newest messages if it is not the one wished for. None where both are unknown."""
    turns = await ctx.memory.digests.newest(ctx.place, LOOK_BACK)
    said = [turn for turn in turns if turn.author and turn.message_id != wish.message_id]
    own = [turn.text for turn in said if wish.author and turn.author and turn.author.id == wish.author.id]
    code = await _most_used(own)
    if code is None:
        code = await _most_used([turn.text for turn in said])
        code = None if code == wish.target.code else code
    return code


async def _most_used(own: list[str]) -> str | None:
    """The language of most of the newest of these texts, None where few are sure."""
    guesses = [await detect(words_of(text[:MAX_CHARS])) for text in own[-USUAL_MESSAGES:]]
    codes = Counter(guess.code for guess in guesses if guess is not None and guess.is_sure)
    code, count = codes.most_common(1)[0] if codes else ("", 0)
    return code if count >= 2 and count > codes.total() / 2 else None


TASK = Task(
    name="translate",
    help="Translate a text, the message you reply to, or the last message.",
    example=EXAMPLE,
    run=run,
    options=(
        Option("to", "the language to translate into: its name, code or flag", suggests="language"),
        Option("from", "the language of the text, if I should not guess it", suggests="language"),
        MESSAGE,
        SHOW,
        Option("text", "the text to translate", is_rest=True),
    ),
)
