"""Translate: a text, the message replied to, or the last message, into another language.

Mentions, emoji, links and code go through untouched. A model that follows instructions gets the text in
parts as large as its window allows; a small one, which names its languages, gets one sentence at a time.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from bot.conversation.tasks.answer import clean_answer, greedy, whole_answer
from bot.conversation.tasks.task import Option, Task, TaskContext
from bot.conversation.text.counting import counted
from bot.conversation.text.detect import detect
from bot.conversation.text.languages import Language, english_name, find_language, language
from bot.conversation.text.masking import Masked, mask
from bot.conversation.text.safety import clean_text, is_blank
from bot.conversation.text.sentences import sentences
from bot.conversation.text.small_words import SMALL_WORDS
from bot.errors import CommandError, PromptTooLongError
from bot.generation.types import Prompt, PromptMessage
from bot.messages import Piece

MAX_CHARS = 20_000
LOOK_BACK = 500
SPARE_TOKENS = 32
EXAMPLE = "/translate to:fr Hello there"

_LINE_MARK = re.compile(r"(?:[-*+>]|#{1,6}|\d{1,3}[.)])\s+")
_FIRST_WORD = re.compile(r"\s*(\S+)(?:\s+|\Z)")


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be translated: the text, into which language, from which if that is known."""

    text: str
    target: Language
    source: str | None


async def run(ctx: TaskContext) -> AsyncGenerator[Piece, None]:
    """Yield the translation. Raises CommandError for what cannot be translated, and GenerationError."""
    wish = await _wish(ctx)
    masked = mask(wish.text)
    words = " ".join(text for is_kept, text in masked.pieces() if not is_kept)
    if not any(char.isalpha() for char in words):
        yield "There are no words to translate in that."
        return
    source = wish.source or detect(words)
    if source == wish.target.code:
        yield f"That is in {wish.target.name} already. Choose another language, for example: `{EXAMPLE}`"
        return
    if ctx.model.translates is not None:
        _check_pair(ctx, source, wish.target.code)
        stream = _by_sentence(ctx, masked, wish.target)
    elif ctx.model.follows_instructions:
        stream = _by_part(ctx, masked, wish.target)
    else:
        raise CommandError("My language model only continues text: it cannot translate.")
    async with aclosing(stream) as pieces:
        async for piece in pieces:
            yield piece


# --- what is wished --------------------------------------------------------------------------


async def _wish(ctx: TaskContext) -> Wish:
    text = clean_text(ctx.options.get("text", ""))
    target = _named(ctx.options["to"]) if "to" in ctx.options else None
    if target is None:
        target, text = _leading_language(text)
    if is_blank(text):
        text = clean_text(await _earlier_message(ctx))
    if len(text) > MAX_CHARS:
        raise CommandError(
            f"I can translate {MAX_CHARS:,} characters at once; this is longer. Please send a part."
        )
    source = _named(ctx.options["from"]).code if "from" in ctx.options else None
    default = language(ctx.language) or language("en")
    assert default is not None
    return Wish(text, target or default, source)


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
    is_of_sentence = match[1].casefold() in SMALL_WORDS.get(detect(text) or "", ())
    return (None, text) if rest and is_of_sentence else (found, rest)


async def _earlier_message(ctx: TaskContext) -> str:
    """The text of the message replied to, or of the last message before the command."""
    question = ctx.question
    turns = await ctx.memory.turns(
        question.conversation,
        limit=LOOK_BACK if question.reply_to else 20,
        before_message_id=question.message_id,
    )
    if question.reply_to:
        turns = [turn for turn in turns if turn.message_id == question.reply_to]
    said = [turn.text for turn in turns if not is_blank(turn.text)]
    if not said:
        raise CommandError(f"I found no message to translate. Give me a text, for example: `{EXAMPLE}`")
    return said[-1]


def _check_pair(ctx: TaskContext, source: str | None, target: str) -> None:
    """Raise CommandError unless the small model knows both languages (an unknown source is given a try)."""
    codes = ctx.model.translates or ()
    if target in codes and (source is None or source in codes):
        return
    known = ", ".join(english_name(code) for code in codes) or "none"
    asked = f"from {english_name(source)} " if source else ""
    raise CommandError(
        f"My small model cannot translate {asked}into {english_name(target)}. It knows: {known}."
    )


# --- translating -----------------------------------------------------------------------------


def _request(text: str, target: Language) -> str:
    return f"Translate into {target.name}:\n{text}"


async def _by_sentence(ctx: TaskContext, masked: Masked, target: Language) -> AsyncGenerator[Piece, None]:
    """Sentence by sentence between what is masked; a sentence that the model leaves blank stays as it was."""
    blanks = 0
    for is_kept, text in masked.pieces():
        for sentence, gap in [(text, "")] if is_kept else sentences(text):
            mark = _LINE_MARK.match(sentence)
            body = sentence[mark.end() :] if mark else sentence
            translated = body
            if not is_kept and any(char.isalpha() for char in body):
                prompt = Prompt((PromptMessage("user", _request(body, target)),))
                params = greedy(await _answer_limit(ctx, prompt), stop=("\n",))
                async with aclosing(whole_answer(ctx, prompt, params)) as pieces:
                    async for piece in pieces:
                        if isinstance(piece, str):
                            translated = piece
                        else:
                            yield piece
                blanks += not translated
            yield sentence[: len(sentence) - len(body)] + (translated or body) + gap
    if blanks:
        yield f"\n\n_({counted(blanks, 'sentence')} I could not translate: left as written.)_"


async def _by_part(ctx: TaskContext, masked: Masked, target: Language) -> AsyncGenerator[Piece, None]:
    for part, gap in await _parts(ctx, masked, target):
        async with aclosing(_part(ctx, Masked(part, masked.originals), target)) as pieces:
            async for piece in pieces:
                yield piece
        if gap:
            yield gap


async def _part(ctx: TaskContext, part: Masked, target: Language) -> AsyncGenerator[Piece, None]:
    """One part: streamed where nothing is masked, else checked first, and when a placeholder was lost,
    translated around what is masked."""
    prompt = _instruction(ctx, part.text, target)
    params = greedy(await _answer_limit(ctx, prompt))
    has_masks = any(is_kept for is_kept, _ in part.pieces())
    if not has_masks:
        async with aclosing(clean_answer(ctx, prompt, params, if_empty=part.text)) as pieces:
            async for piece in pieces:
                yield piece
        return
    translated = ""
    async with aclosing(whole_answer(ctx, prompt, params)) as pieces:
        async for piece in pieces:
            if isinstance(piece, str):
                translated = piece
            else:
                yield piece
    restored = part.restore(translated)
    if restored is not None:
        yield restored
        return
    async with aclosing(_around(ctx, part, target)) as pieces:
        async for piece in pieces:
            yield piece


async def _around(ctx: TaskContext, part: Masked, target: Language) -> AsyncGenerator[Piece, None]:
    """Translate only what stands between the masked places."""
    for is_kept, text in part.pieces():
        if is_kept or not any(char.isalpha() for char in text):
            yield text
            continue
        body = text.strip()
        begin = text.index(body)
        yield text[:begin]
        async with aclosing(_part(ctx, Masked(body, ()), target)) as pieces:
            async for piece in pieces:
                yield piece
        yield text[begin + len(body) :]


def _instruction(ctx: TaskContext, text: str, target: Language) -> Prompt:
    system = (
        f"You are a translator. Translate the user's text into {target.name}. Answer with the translation "
        "only, keep its formatting, and keep marks such as ⟦0⟧ exactly as they are."
    )
    user = PromptMessage("user", _request(text, target))
    return Prompt((PromptMessage("system", system), user) if ctx.model.uses_system_prompt else (user,))


async def _parts(ctx: TaskContext, masked: Masked, target: Language) -> list[tuple[str, str]]:
    """The masked text in parts with the white space after each; a part takes a third of the window at most,
    so that its translation has room."""
    instruction = [message.content for message in _instruction(ctx, "", target).messages]
    head = sum(await ctx.generator.count_tokens(instruction))
    overhead = head + ctx.model.prompt_overhead + 2 * ctx.model.message_overhead + SPARE_TOKENS
    room = (ctx.model.context_window - overhead) // 3
    if room < SPARE_TOKENS:
        raise PromptTooLongError(f"only {room} tokens are left for a text")
    pieces = sentences(masked.text)
    counts = await ctx.generator.count_tokens([text + gap for text, gap in pieces])
    parts: list[tuple[str, str]] = []
    used = 0
    for (text, gap), tokens in zip(pieces, counts, strict=True):
        if parts and used + tokens <= room:
            parts[-1] = (parts[-1][0] + parts[-1][1] + text, gap)
            used += tokens
        else:
            parts.append((text, gap))
            used = tokens
    return parts


async def _answer_limit(ctx: TaskContext, prompt: Prompt) -> int:
    """Tokens that a translation may take: generously twice its source, as far as the window allows."""
    counts = await ctx.generator.count_tokens([message.content for message in prompt.messages])
    overhead = ctx.model.prompt_overhead + len(counts) * ctx.model.message_overhead
    free = ctx.model.context_window - overhead - sum(counts)
    if free < 1:
        raise PromptTooLongError(f"a sentence of {counts[-1]} tokens")
    return min(free, 2 * counts[-1] + SPARE_TOKENS)


TASK = Task(
    name="translate",
    help="Translate a text, the message you reply to, or the last message.",
    example=EXAMPLE,
    run=run,
    options=(
        Option("to", "the language to translate into: its name, code or flag"),
        Option("from", "the language of the text, if I should not guess it"),
        Option("text", "the text to translate", is_rest=True),
    ),
)
