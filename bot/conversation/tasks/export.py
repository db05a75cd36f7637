"""Export: what is kept of one person, for that person: JSON, a line each.

Their own words wherever they said them, the bot's answers where they asked, and nothing that others said.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Iterator, Mapping
from datetime import datetime

from bot.conversation.tasks.forget_me import where_kept
from bot.conversation.tasks.task import Task, TaskContext
from bot.conversation.text.counting import counted
from bot.messages import ConversationKey, Piece, Turn
from bot.storage.records import Belongings, Fact, Kept

MAX_ROWS = 50_000
"""Messages and answers at most, the newest."""

MAX_BYTES = 7_000_000
"""Of the whole: what platforms take as one file."""

FILE_NAME = "parley-export.jsonl"


async def run(ctx: TaskContext) -> AsyncGenerator[Piece, None]:
    """A sentence, and all there is in one fenced block."""
    key, person_id = ctx.question.conversation, ctx.question.author.id
    kept = await ctx.memory.people.belongings(key, person_id, MAX_ROWS)
    most = MAX_BYTES if ctx.room is None else min(ctx.room, MAX_BYTES)
    lines, is_cut = await asyncio.to_thread(_lines, kept, most)
    if not lines:
        yield f"I keep nothing of you {where_kept(key)}."
        return
    cut = " The oldest did not fit." if is_cut or len(kept.turns) >= MAX_ROWS else ""
    told = f"What I keep of you {where_kept(key)}: {_counts(kept)}.{cut}"
    yield "\n".join([told, "", f"```jsonl file={FILE_NAME}", *lines, "```"])


def _counts(kept: Belongings) -> str:
    own = sum(_is_own(one) for one in kept.turns)
    return (
        f"{counted(own, 'message')}, {counted(len(kept.turns) - own, 'answer')}, "
        f"{counted(len(kept.facts), 'fact')}, {counted(len(kept.settings), 'setting')}, "
        f"{counted(len(kept.opinions), 'opinion')}"
    )


def _is_own(one: Kept) -> bool:
    return isinstance(one.what, Turn) and one.what.role == "user"


def _lines(kept: Belongings, most: int) -> tuple[list[str], bool]:
    """The lines, oldest first, of at most so many bytes; and whether some were left out for that."""
    lines: list[str] = []
    size = 0
    for row in _newest_first(kept):
        # Lone surrogates are no text that a file can hold.
        line = json.dumps(row, ensure_ascii=False).encode("utf-8", "replace").decode()
        size += len(line.encode()) + 1
        if size > most:
            return lines[::-1], True
        lines.append(line)
    return lines[::-1], False


def _newest_first(kept: Belongings) -> Iterator[Mapping[str, object]]:
    """Everything as rows: the few settings, facts and opinions first, so that they are never left out."""
    for name, value in kept.settings.items():
        yield {"kind": "setting", "name": name, "value": value}
    for opinion in reversed(kept.opinions):
        yield {
            "kind": "opinion",
            **_place(opinion.conversation),
            "post": opinion.post_id,
            "is_good": opinion.is_good,
            "at": _time(opinion.said_at),
        }
    for one in reversed(kept.facts):
        assert isinstance(one.what, Fact)
        number, text, at = one.what.number, one.what.text, _time(one.what.said_at)
        yield {"kind": "fact", **_place(one.conversation), "number": number, "at": at, "text": text}
    for one in reversed(kept.turns):
        assert isinstance(one.what, Turn)
        turn = one.what
        row: dict[str, object] = {"kind": "message" if turn.role == "user" else "answer"}
        row |= {**_place(one.conversation), "id": turn.message_id, "at": _time(turn.sent_at)}
        if one.edited_at is not None:
            row["edited"] = _time(one.edited_at)
        yield {**row, "text": turn.text}


def _place(key: ConversationKey) -> dict[str, str]:
    place = {"workspace": key.workspace_id, "channel": key.channel_id}
    return place | ({"thread": key.thread_id} if key.thread_id else {})


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


TASK = Task(
    name="export",
    help="Give you what I keep of you, as a file.",
    example="/export",
    run=run,
    needs_model=False,
    is_private=True,
    is_passing=True,
)
