"""Where else a person may read: what they name becomes a conversation, if Slack lets both them and the bot
read it at this moment.

Everything else is told apart by nothing: neither by words nor, as far as it can be helped, by time.
"""

from __future__ import annotations

import asyncio
import logging
import re

from bot.conversation.access import named_channel
from bot.errors import CommandError, PlatformError
from bot.messages import ConversationKey
from bot.platforms.slack.incoming import PLATFORM
from bot.platforms.slack.members import ASKING_S, may_read
from bot.platforms.slack.memberships import memberships
from bot.platforms.slack.payloads import text
from bot.platforms.slack.visit import thread_in
from bot.platforms.slack.workspaces import NotInstalledError, Workspace, Workspaces

log = logging.getLogger(__name__)

REFUSAL_S = 0.6
"""No refusal comes sooner: what Slack needs to refuse differs by less."""

UNSEEN = "_"
"""Names the channel that a person looks at where Slack tells none: no name of one is punctuation alone."""
WHICH = "Which channel? For example: `/summarize #general`"

_ID = re.compile(r"[CGD][A-Z0-9]{2,20}")
_NAME = re.compile(r"[^\s<>#/|,]{1,80}")
_KINDS = "public_channel,private_channel"


async def find_readable(
    workspaces: Workspaces, wanted: str, person_id: str, here: ConversationKey
) -> ConversationKey | None:
    """See Access. A link to a reply in a thread names that thread. Raises CommandError for `UNSEEN`."""
    if named_channel(wanted) == UNSEEN:
        raise CommandError(WHICH)
    loop = asyncio.get_running_loop()
    begun_at = loop.time()
    try:
        workspace = await workspaces.of(here.workspace_id)
        team_id = workspace.names.person(person_id).team_id if workspace.is_organisation else ""
        channel_id = await _channel_id(workspace, named_channel(wanted), team_id)
        if await may_read(workspace, channel_id, person_id):
            return ConversationKey(PLATFORM, workspace.id, channel_id, thread_in(wanted))
    except NotInstalledError:
        pass
    await asyncio.sleep(begun_at + REFUSAL_S - loop.time())
    return None


async def _channel_id(workspace: Workspace, named: str, team_id: str) -> str:
    """The id of a channel that is named by its id or its name, that of `team_id` in an organisation; no
    channel has the id that is returned where there is none, or more than one."""
    if _ID.fullmatch(named) or not _NAME.fullmatch(named):
        return named
    try:
        async with asyncio.timeout(ASKING_S):
            channels = await memberships(workspace, _KINDS, team_id=team_id, has_archived=True)
    except (TimeoutError, PlatformError) as error:
        log.warning("the bot's channels are not known: %s", str(error) or type(error).__name__)
        return named
    name = named.casefold()
    found = {
        text(channel, "id")
        for channel in channels
        if name in (text(channel, "name").casefold(), text(channel, "name_normalized").casefold())
    }
    return found.pop() if len(found) == 1 else named
