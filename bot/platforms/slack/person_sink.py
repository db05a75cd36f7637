"""PersonSink: where a private answer goes that cannot be shown where it was asked for: to the person alone.

Without buttons: an answer is known in the conversation that it was asked for in.
"""

from __future__ import annotations

from dataclasses import replace

from bot.platforms.layout import Post
from bot.platforms.slack.direct import open_direct
from bot.platforms.slack.sink import ChannelSink
from bot.platforms.slack.workspaces import Workspace

PERSON = "dm:"
"""What the ids of posts begin with that went to a person instead of the conversation."""


class PersonSink(ChannelSink):
    """A ReplySink into the bot's conversation with who asked."""

    _direct_id = ""

    async def send(self, post: Post, nonce: str) -> str:
        """Post a message to the person."""
        return PERSON + await super().send(replace(post, buttons=()), nonce)

    async def change(self, message_id: str, post: Post) -> None:
        """Let a message to the person look like `post`."""
        await super().change(message_id.removeprefix(PERSON), replace(post, buttons=()))

    async def delete(self, message_id: str) -> None:
        """Take a message to the person back; one that is gone already is no error."""
        await super().delete(message_id.removeprefix(PERSON))
        self.layout.removed(message_id)

    async def status(self, text: str) -> None:
        """Nothing: the person is not looking there yet."""

    async def _channel(self, workspace: Workspace) -> str:
        if not self._direct_id:
            self._direct_id = await open_direct(workspace, self._reply.question.author.id)
        return self._direct_id

    @property
    def _thread(self) -> dict[str, object]:
        return {}
