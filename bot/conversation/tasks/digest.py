"""Digest: has a channel told at set times what was said there, for everybody in it.

The command sets, shows and ends schedules. What is told when one is due is `digested`: nobody gives that, and
where nothing was said it tells nothing.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.conversation.schedules import (
    DIGESTS,
    EXAMPLE,
    MAX_SCHEDULES,
    Schedule,
    find_zone,
    read_rhythm,
    read_schedules,
    write_schedules,
)
from bot.conversation.summaries.forms import STYLES
from bot.conversation.summaries.scope import MAX_LAST, Scope, language_of
from bot.conversation.summaries.telling import Summary
from bot.conversation.tasks.task import Option, Task, TaskContext
from bot.conversation.text.counting import whole_number
from bot.conversation.text.languages import english_name
from bot.errors import CommandError
from bot.messages import Piece
from bot.storage.digests import Place

TOLD = "digested"
"""The name of the task that tells a digest."""

ALL = "all"
MANAGERS_ONLY = (
    "Only who manages this channel can set when it is told a digest. `/digest` shows what is set; for "
    "yourself there is `/catchup`."
)
NONE_SET = f"No digest is set here. Who manages this channel can set one, for example: `{EXAMPLE}`"
_AT_THE_END = re.compile(r"\s+(zone|style|language)\s?[:=]\s?(\S+)\s*$", re.IGNORECASE)


async def run(ctx: TaskContext) -> AsyncGenerator[Piece, None]:
    """Set or end a digest and confirm it, or show those that are set. Raises CommandError."""
    ctx.remark()
    options = _with_those_at_the_end(dict(ctx.options))
    if not options.keys() - {"zone"}:
        yield await _shown(ctx)
        return
    if not ctx.by_manager:
        raise CommandError(MANAGERS_ONLY)
    if "off" in options:
        yield await _ended(ctx, options["off"])
    elif "when" in options:
        yield await _set(ctx, options)
    else:
        raise CommandError(f"Tell me when. For example: `{EXAMPLE}`")


def _with_those_at_the_end(options: dict[str, str]) -> dict[str, str]:
    """The options, with those that people write behind the time: they count before all others, which may be
    what their platform tells of them."""
    while found := _AT_THE_END.search(options.get("when", "")):
        options["when"] = options["when"][: found.start()]
        options[found[1].lower()] = found[2]
    return options


async def _set(ctx: TaskContext, options: dict[str, str]) -> str:
    style = options.get("style", "bullets").casefold()
    if style not in STYLES:
        raise CommandError(f"The option `style` is one of {', '.join(STYLES)}. For example: `{EXAMPLE}`")
    language = language_of(options.get("language"))
    now = ctx.question.sent_at.astimezone(UTC)
    new = Schedule(
        number=0,
        rhythm=read_rhythm(options["when"], find_zone(options.get("zone", "UTC"))),
        since=now.isoformat(),
        seen=now.isoformat(),
        style=style,
        language=language.code if language else "",
    )

    def add(value: str | None) -> str | None:
        nonlocal new
        kept = read_schedules(value)
        if len(kept) >= MAX_SCHEDULES:
            raise CommandError(f"There are {MAX_SCHEDULES} digests here already. `/digest off:1` ends one.")
        new = replace(new, number=max((one.number for one in kept), default=0) + 1)
        return write_schedules([*kept, new])

    await ctx.memory.change_setting(ctx.question.conversation, DIGESTS, add)
    zone = "" if "zone" in options else " Another time zone: add `zone:Europe/Berlin`, for example."
    return (
        f"From now on I tell here {new.rhythm.in_words} what was said; where nothing was, I keep silent. The "
        f"next one comes {_moment(new, now)}. `/digest off:{new.number}` ends it.{zone}"
    )


async def _ended(ctx: TaskContext, which: str) -> str:
    number = whole_number(which)
    ended: list[Schedule] = []

    def end(value: str | None) -> str | None:
        kept = read_schedules(value)
        ended[:] = [one for one in kept if which.casefold() == ALL or one.number == number]
        return write_schedules([one for one in kept if one not in ended])

    await ctx.memory.change_setting(ctx.question.conversation, DIGESTS, end)
    if not ended:
        raise CommandError(f"There is no digest `{which[:20]}` here. `/digest` shows those that are set.")
    return (
        f"Ended: the digest {ended[0].rhythm.in_words}." if len(ended) == 1 else "All digests here are ended."
    )


async def _shown(ctx: TaskContext) -> str:
    here = ctx.question.conversation
    kept = [value for key, value in await ctx.memory.settings_named(DIGESTS) if key == here]
    lines = [
        f"{one.number}. {one.rhythm.in_words}, as {one.style}{_in_language(one)}; the next one "
        f"{_moment(one, ctx.question.sent_at)}"
        for one in read_schedules(kept[0] if kept else None)
    ]
    if not lines:
        return NONE_SET
    return "\n".join(
        ["What was said here is told:", "", *lines, "", "`/digest off:1` ends the first of them."]
    )


def _in_language(schedule: Schedule) -> str:
    return f", in {english_name(schedule.language)}" if schedule.language else ""


def _moment(schedule: Schedule, now: datetime) -> str:
    due = schedule.rhythm.after(now).astimezone(ZoneInfo(schedule.rhythm.zone))
    return f"on {due:%Y-%m-%d} at {due:%H:%M}"


async def run_told(ctx: TaskContext) -> AsyncGenerator[Piece, None]:
    """Yield what was said since the last digest; nothing where nothing was."""
    since = datetime.fromisoformat(ctx.options["since"])
    scope = Scope(
        last=MAX_LAST,
        after=Place.before(since),
        style=ctx.options["style"],
        language=language_of(ctx.options.get("language")),
    )
    newest = await ctx.memory.digests.place_of_newest(ctx.place, 1)
    if newest is None or newest <= scope.after:
        return
    yield "**What was said here since the last digest**\n\n"
    async with aclosing(Summary(ctx, scope).tell()) as pieces:
        async for piece in pieces:
            yield piece


TASK = Task(
    name="digest",
    help="Set times at which everybody here is told what was said.",
    example=EXAMPLE,
    run=run,
    needs_model=False,
    aside="without options",
    is_about_place=True,
    options=(
        Option("style", "how it is told", choices=STYLES),
        Option("language", "the language it is told in", suggests="language"),
        Option("zone", "the time zone, such as Europe/Berlin", suggests="zone"),
        Option("off", "the number of a digest to end, or all"),
        Option("when", "on which days and when: every weekday 9:00", is_rest=True),
    ),
)

DIGESTED = Task(
    name=TOLD,
    help="Tell what was said since the last digest.",
    example="",
    run=run_told,
    does_without_model=True,
    is_command=False,
    options=(
        Option("since", "from when on", is_required=True),
        Option("style", "how it is told", is_required=True),
        Option("language", "the language it is told in"),
    ),
)
