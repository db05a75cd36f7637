"""Excuses: tells the person who asked why no answer comes where they asked, once and in one sentence.

Knows nothing of answers. What cannot be told is left: the operator's log has it.
"""

from __future__ import annotations

from contextlib import suppress

from slack_sdk.errors import SlackApiError

from bot.errors import PlatformError
from bot.messages import IncomingMessage
from bot.platforms.recently import Recently
from bot.platforms.slack.direct import open_direct
from bot.platforms.slack.incoming import DIRECT
from bot.platforms.slack.mrkdwn import INERT
from bot.platforms.slack.problems import CONNECTION_ERRORS
from bot.platforms.slack.workspaces import Workspace

_INVITE = "I am not in that channel. Invite me there: `/invite` and my name."
_CLOSED = "The channel is archived."
_RULE = "A rule of this workspace keeps me from writing there. Its admins can change that."
WHY_NOT = {
    "not_in_channel": _INVITE,
    "channel_not_found": _INVITE,
    "is_archived": _CLOSED,
    "thread_locked": "The thread is locked.",
    "cannot_reply_to_message": "That thread takes no replies.",
    "restricted_action": _RULE,
    "restricted_action_read_only_channel": _RULE,
    "restricted_action_thread_only_channel": "That channel takes only replies in threads: ask me in one.",
    "restricted_action_non_threadable_channel": "That channel takes no threads: ask me in the channel.",
    "restricted_action_thread_locked": "The thread is locked.",
    "no_permission": _RULE,
    "access_denied": _RULE,
    "ekm_access_denied": _RULE,
    "team_access_not_granted": "My app is not let into this workspace. Its admins can change that.",
}
"""Why the bot may not write in a place, for people, by Slack's word for it."""


class Excuses:
    """Remembers whom it told of which channel; a person hears of one at most once an hour."""

    def __init__(self) -> None:
        self._told = Recently()

    async def tell(self, workspace: Workspace, question: IncomingMessage, code: str) -> None:
        """Write to who asked that the bot cannot answer there, if that is what Slack's word means. Never an
        error."""
        why, channel_id, person_id = WHY_NOT.get(code), question.conversation.channel_id, question.author.id
        if why is None or channel_id.startswith(DIRECT):
            return
        if not self._told.is_news((person_id, channel_id)):
            return
        sentence = f"I cannot answer you in <#{channel_id}>. {why}"
        with suppress(PlatformError, SlackApiError, *CONNECTION_ERRORS):
            call = {
                "channel": await open_direct(workspace, person_id),
                "text": sentence,
                "unfurl_links": False,
                "unfurl_media": False,
                **INERT,
            }
            await workspace.client.api_call("chat.postMessage", json=call)
