"""Past messages for memory: what Slack's history has, as the bot would have been told of it.

It asks Slack for nothing but people's names, and writes nothing down.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from contextlib import suppress

from bot.messages import IncomingMessage
from bot.platforms.slack.incoming import people_of, to_incoming
from bot.platforms.slack.payloads import Payload, text
from bot.platforms.slack.workspaces import Workspace

NAMES_S, NAMES_AGAIN_S = 5.0, 0.2
"""How long the names of many people are waited for, and how often they are asked for meanwhile."""

MANY = 20
"""So many people are asked for one by one; of more, everybody is asked for at once."""

AT_ONCE = 50
"""Messages that are read before others get a turn."""


def as_event(workspace: Workspace, channel_id: str, message: Payload) -> Payload:
    """A message of a channel's history as the event that told of it."""
    event = {**message, "type": "message", "channel": channel_id}
    return {"team_id": workspace.id, "event_id": f"past-{channel_id}-{text(message, 'ts')}", "event": event}


async def remembered(
    workspace: Workspace, channel_id: str, messages: Sequence[Payload]
) -> list[IncomingMessage]:
    """Messages of a channel and its threads for memory only; without those that are not kept, such as what
    bots said."""
    bodies = [as_event(workspace, channel_id, message) for message in messages]
    names = await _names(workspace, {person for body in bodies for person in people_of(body, workspace.me)})
    found: list[IncomingMessage] = []
    for number, body in enumerate(bodies):
        if number % AT_ONCE == 0:
            await asyncio.sleep(0)
        message = to_incoming(body, workspace.me, names)
        if message is not None and not workspace.names.person(message.author.id).is_bot:
            found.append(message)
    return found


async def _names(workspace: Workspace, people: Collection[str]) -> dict[str, str]:
    """What people are called, as far as Slack says it in time."""
    loop = asyncio.get_running_loop()
    until = loop.time() + NAMES_S
    if sum(not workspace.names.person(person).name for person in people) > MANY:
        with suppress(TimeoutError):
            async with asyncio.timeout_at(until):
                await workspace.names.learn_all()
    names = await workspace.names.of(people)
    while len(names) < len(people) and loop.time() < until and workspace.names.is_asking:
        await asyncio.sleep(NAMES_AGAIN_S)
        names = await workspace.names.of(people)
    return names
