"""Search: finds messages of this channel and its threads, with links."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from bot.conversation.memory.terms import terms_of
from bot.conversation.summaries.coverage import unread
from bot.conversation.tasks.listing import listed
from bot.conversation.tasks.task import CHANNEL, SHOW, Option, Task, TaskContext
from bot.conversation.text.counting import counted, whole_number
from bot.conversation.text.safety import is_blank
from bot.conversation.text.times import parse_since
from bot.errors import CommandError
from bot.messages import Piece, Turn

SHOWN = 10
MAX_HITS = 200
"""Hits that are looked at where only one author's, or the newest messages', are wanted."""
MAX_LAST = 10_000
EXAMPLE = "/search since:7d deploy day"


async def run(ctx: TaskContext) -> AsyncGenerator[Piece, None]:
    """The best hits first. Raises CommandError and StorageError."""
    words = ctx.options.get("words", "").strip()
    if is_blank(words):
        raise CommandError(f"Tell me what to search for. For example: `{EXAMPLE}`")
    hits = await _hits(ctx, words)
    if not hits:
        ctx.remark()
        channel = "that channel" if ctx.elsewhere else "this channel"
        yield f"I found nothing with these words in {channel}{_scope(ctx)}.{_lack(ctx)}"
        return
    more = f" (the best {SHOWN} are shown)" if len(hits) > SHOWN else ""
    count = f"{MAX_HITS} or more messages" if len(hits) >= MAX_HITS else counted(len(hits), "message")
    bold = [*words.split(), *(term.word for term in terms_of(words))]
    yield f"{count} found{_scope(ctx)}{more}:\n\n{listed(ctx, hits[:SHOWN], bold)}{_lack(ctx)}"


async def _hits(ctx: TaskContext, words: str) -> list[Turn]:
    key = ctx.place
    since = parse_since(ctx.options["since"], ctx.question.sent_at) if "since" in ctx.options else None
    found = await ctx.memory.search(key, words, limit=MAX_HITS, since=since)
    turns = [hit.turn for hit in found]
    if author := ctx.options.get("from", "").strip().lstrip("@").casefold():
        turns = [turn for turn in turns if turn.author and author in turn.author.name.casefold()]
    if "last" in ctx.options:
        newest = await ctx.memory.digests.newest(key, _last(ctx.options["last"]))
        ids = {turn.message_id for turn in newest}
        turns = [turn for turn in turns if turn.message_id in ids]
    return turns


def _lack(ctx: TaskContext) -> str:
    """What could not be searched."""
    lack = unread(ctx.missing, ctx.question.sent_at)
    return f"\n\n_{lack}_" if lack else ""


def _last(value: str) -> int:
    number = whole_number(value, MAX_LAST)
    if number is None:
        raise CommandError(
            f"`last` is a number of messages from 1 to {MAX_LAST:,}. For example: `/search last:500 deploy`"
        )
    return number


def _scope(ctx: TaskContext) -> str:
    """The limits that were asked for, in words."""
    parts = [f" from {ctx.options['from'].strip()}"] if "from" in ctx.options else []
    parts += [f" since {ctx.options['since'].strip()}"] if "since" in ctx.options else []
    parts += [f" among the newest {ctx.options['last'].strip()}"] if "last" in ctx.options else []
    return "".join(parts)


TASK = Task(
    name="search",
    help="Search what was said in this channel and its threads.",
    example=EXAMPLE,
    run=run,
    options=(
        Option("since", "only what is newer, such as 2h, 7d or 2026-11-20", suggests="time"),
        Option("from", "only what this person wrote"),
        Option("last", "only among the newest so many messages", between=(1, MAX_LAST)),
        CHANNEL,
        SHOW,
        Option("words", "what to search for", is_required=True, is_rest=True),
    ),
    needs_model=False,
    is_private=True,
    is_about_place=True,
)
