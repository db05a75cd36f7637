"""Bridge: switches a channel's automatic translation on and off, and makes one translation of it."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing

from bot.conversation.access import NO_SUCH_PLACE, named_channel
from bot.conversation.bridges import POST as POST_NAME
from bot.conversation.bridges import SETTING, Bridge, begin, bridge_of, end, was_in_step
from bot.conversation.tasks.task import Option, Task, TaskContext
from bot.conversation.text.detect import Detected
from bot.conversation.text.languages import Language, english_name, find_language, flag, language
from bot.conversation.text.layout import words_of
from bot.conversation.text.plausible import doubt
from bot.conversation.text.safety import clean_name
from bot.conversation.translation.detection import detect
from bot.conversation.translation.translating import Outcome, translate_text
from bot.errors import CommandError
from bot.messages import ConversationKey, Piece

log = logging.getLogger(__name__)

EXAMPLE = "/bridge to:fr"
ROUGH_MARK = "≈"
EXPLAINED = f" `{ROUGH_MARK}` beside a flag: roughly, by a small model; what looks wrong I leave out."
REFUSED = "bridge-refused"
"""The setting with the languages that the channel was told of."""
CLEAR_WORDS = 4
"""Shorter messages ("ok lol") are left alone where their language is a guess."""
NO_BRIDGE = (
    f"Nothing is translated by itself here. `{EXAMPLE}` begins, for somebody who manages this channel."
)
OFF = "Off: nothing is translated by itself here any more."
NOT_HEARD = "For now that does not work: {why}"
MANAGERS_ONLY = "Only somebody who manages this channel can change its bridge."
_BLOCK = re.compile(r"^(?:```|~~~|#|>|[-*+] |\d+[.)] |\|)")


async def run(ctx: TaskContext) -> AsyncGenerator[Piece, None]:
    """Show the bridge of this channel, or change it. Raises CommandError and StorageError."""
    key = ctx.question.conversation.channel
    if not ctx.options:
        yield await _state(ctx, key) + await _not_heard(ctx, key)
        return
    if not ctx.by_manager:
        raise CommandError(MANAGERS_ONLY)
    if ctx.options.get("state", "").strip().casefold() == "off":
        yield await _end(ctx, key)
        return
    bridge = _wanted(ctx)
    if bridge.channel == key.channel_id:
        raise CommandError("A channel cannot be bridged with itself. `/bridge pair:en,fr` has two languages.")
    if bridge.channel and not await _may_see(ctx, ctx.options["with"]):
        raise CommandError(NO_SUCH_PLACE)
    await begin(ctx.memory, key, bridge)
    await ctx.memory.set_setting(key, REFUSED, None)
    yield await _state(ctx, key) + await _not_heard(ctx, key)


async def _may_see(ctx: TaskContext, wanted: str) -> bool:
    """Whether the person may read the channel that they name; where the platform does not tell, the word of
    its managers is enough."""
    question = ctx.question
    if ctx.access is None:
        return True
    return await ctx.access.find_readable(wanted, question.author.id, question.conversation) is not None


async def _state(ctx: TaskContext, key: ConversationKey) -> str:
    bridge = Bridge.of_setting(await ctx.memory.setting(key, SETTING))
    if bridge is None:
        return await was_in_step(ctx.memory, key) + NO_BRIDGE
    names = [english_name(code) for code in bridge.languages]
    if bridge.kind == "to":
        return (
            f"What people write here in another language I translate into {names[0]}. `/bridge off` ends it."
            + EXPLAINED
        )
    if bridge.kind == "pair":
        return f"I translate between {names[0]} and {names[1]} here. `/bridge off` ends it." + EXPLAINED
    if await bridge_of(ctx.memory, key):
        return (
            f"What people write here I show in the other channel, in {names[0]}. `/bridge off` ends it."
            + EXPLAINED
        )
    return (
        "Nothing is shown yet: a manager of the other channel has to agree, by `/bridge with:` this channel "
        f"and `to:` the language spoken here. What is written here is then shown there, in {names[0]}."
    )


async def _not_heard(ctx: TaskContext, key: ConversationKey) -> str:
    """That the bridge of this channel does nothing, where the bot is not let to read what people write."""
    is_on = await ctx.memory.setting(key, SETTING) is not None
    why = await ctx.hindrance(is_live=True) if is_on else ""
    return f"\n\n{NOT_HEARD.format(why=why)}" if why else ""


async def _end(ctx: TaskContext, key: ConversationKey) -> str:
    """Remove the bridge, that of the channel on its other side too."""
    bridge = Bridge.of_setting(await ctx.memory.setting(key, SETTING))
    if bridge is None:
        return NO_BRIDGE
    await end(ctx.memory, key)
    await ctx.memory.set_setting(key, REFUSED, None)
    return OFF


def _wanted(ctx: TaskContext) -> Bridge:
    options = ctx.options
    if "pair" in options and not {"to", "with"} & set(options):
        first, comma, second = options["pair"].partition(",")
        pair = (_language(ctx, first), _language(ctx, second)) if comma else ()
        if len(set(pair)) == 2:
            return Bridge("pair", pair)
        raise CommandError("A pair is two languages. For example: `/bridge pair:en,fr`")
    if "to" in options and "pair" not in options:
        target = (_language(ctx, options["to"]),)
        return (
            Bridge("with", target, named_channel(options["with"]))
            if "with" in options
            else Bridge("to", target)
        )
    raise CommandError(
        f"Use `{EXAMPLE}`, `/bridge pair:en,fr`, `/bridge with:<channel> to:fr` or `/bridge off`."
    )


def _language(ctx: TaskContext, text: str) -> str:
    found = find_language(text)
    if found is None:
        raise CommandError(f"I do not know the language `{text.strip()[:40]}`. For example: `{EXAMPLE}`")
    known = ctx.model.translates
    if ctx.translator is None and known is not None and found.code not in known:
        raise CommandError(f"My language model does not translate into {found.name}.")
    return found.code


async def post(ctx: TaskContext) -> AsyncGenerator[Piece, None]:
    """One message as its bridge shows it, in one piece; nothing where it needs no translation, or has none
    that can be believed. That a language is not known is said once."""
    codes = tuple(ctx.options["languages"].split(","))
    text, is_mirror = ctx.question.text, ctx.options["kind"] == "with"
    found = await detect(text)
    is_clear = found is not None and (found.is_sure or len(text.split()) >= CLEAR_WORDS)
    target = _target(codes, found.code if found and is_clear else None)
    translated, mark, note = "", "", ""
    if target is not None and found is not None:
        try:
            translated, mark = await _translation(ctx, target, found)
        except CommandError:
            note = await _refusal(ctx, found) if found.is_sure else ""
    if is_mirror:
        author = clean_name(ctx.question.author.name).translate(str.maketrans("", "", "*_~`|[]<>"))
        shown = translated or text
        after = f"\n_({note})_" if note else ""
        yield f"**{author}**{mark and ' '}{mark}:{_joint(shown)}{shown.strip()}{after}"
    elif translated:
        yield f"{mark}{_joint(translated)}{translated.strip()}"
    elif note:
        yield note


async def _translation(ctx: TaskContext, target: Language, spoken: Detected) -> tuple[str, str]:
    """The translation of the question and the mark beside it; both empty where it is not to be believed.
    Raises CommandError where no model can do it, and GenerationError."""
    outcome, text, translated = Outcome(), ctx.question.text, ""
    # A small model stays silent where the guess is none of its languages; a better one is not misled by it.
    source = spoken.code if spoken.is_sure or ctx.model.translates is not None else None
    stream = translate_text(ctx, text, target, source, has_notes=False, outcome=outcome)
    async with aclosing(stream) as pieces:
        async for piece in pieces:
            translated += piece if isinstance(piece, str) else ""
    why = doubt(words_of(text), words_of(translated), spoken.code, target.code, is_rough=outcome.is_rough)
    if why is not None or not translated.strip():
        log.info("a bridge's translation into %s is withheld: %s", target.code, why or "it is empty")
        return "", ""
    return translated, flag(target) + ROUGH_MARK * outcome.is_rough


async def _refusal(ctx: TaskContext, spoken: Detected) -> str:
    """That a language cannot be translated here; "" where that was said before."""
    key = ctx.question.conversation.channel
    told = (await ctx.memory.setting(key, REFUSED) or "").split()
    if spoken.code in told:
        return ""
    await ctx.memory.set_setting(key, REFUSED, " ".join([*told, spoken.code]))
    return f"I cannot translate {english_name(spoken.code)} here."


def _target(codes: tuple[str, ...], spoken: str | None) -> Language | None:
    """The language to translate into, None where a text is to stay: it has no language, is in the wanted
    one, or in neither of two."""
    if spoken is None:
        return None
    if len(codes) == 1:
        return None if spoken == codes[0] else language(codes[0])
    return language(codes[1 - codes.index(spoken)]) if spoken in codes else None


def _joint(text: str) -> str:
    """What stands between the mark and a text: Markdown's blocks begin on a line of their own."""
    return "\n" if _BLOCK.match(text.lstrip()) else " "


TASK = Task(
    name="bridge",
    help="Translate what people write here by itself, or keep two channels in step.",
    example=EXAMPLE,
    run=run,
    options=(
        Option("to", "into this language", suggests="language"),
        Option("pair", "between these two languages, such as en,fr"),
        Option("with", "keep another channel in step: its mention, link or id", is_channel=True),
        Option("state", "off: end it", is_rest=True),
    ),
    needs_model=False,
    is_about_place=True,
)
MESSAGE = Task(
    name=POST_NAME,
    help="Translate one message of a bridged channel.",
    example="",
    run=post,
    options=(Option("kind", "of the bridge"), Option("languages", "with commas")),
    is_command=False,
)
