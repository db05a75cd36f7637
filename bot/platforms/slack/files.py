"""Files: long code of an answer, uploaded to Slack and hung on the post that it belongs to.

Slack takes a file in three steps and shows it nowhere until a message names it. A step whose answer was lost
is asked again: nothing is seen twice. https://docs.slack.dev/messaging/working-with-files
"""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass, replace

from slack_sdk.errors import SlackApiError

from bot.errors import PlatformError
from bot.messages import File
from bot.platforms.layout import Post
from bot.platforms.slack.problems import (
    CONNECTION_ERRORS,
    RefusedError,
    SlackTroubleError,
    platform_error,
    until_answered,
)
from bot.platforms.slack.workspaces import Workspace

log = logging.getLogger(__name__)

SCOPE = "files:write"
NO_FILES = f"I lack the scope {SCOPE}. Who runs me can add it on the app's page OAuth & Permissions."
NOT_TAKEN = "Slack did not take the file."

_DOING = "attach a file"


def may_upload(workspace: Workspace) -> bool:
    """Whether the bot may attach files there, as far as it is known."""
    return not workspace.scopes or SCOPE in workspace.scopes


@dataclass(frozen=True, slots=True)
class Attached:
    """What hangs on a post: the file where it is known, and its id; or why there is none."""

    file: File | None = None
    file_id: str = ""
    why_not: str = ""

    def shown_on(self, post: Post) -> Post:
        """The post as it is to look with it."""
        return replace(post, text=f"{post.text.rstrip()}\n\n_({self.why_not})_") if self.why_not else post


async def attach(workspace: Workspace, file: File | None, where: str) -> Attached:
    """Have a post's file at Slack. Never an error: what comes back says why there is none."""
    if file is None:
        return Attached()
    try:
        return Attached(file, await upload(workspace, file, where))
    except PlatformError as error:
        log.warning("%s", error)
        is_unable = isinstance(error, RefusedError) and error.code == "missing_scope"
        return Attached(file, why_not=NO_FILES if is_unable else NOT_TAKEN)


async def upload(workspace: Workspace, file: File, where: str) -> str:
    """Give Slack a file, which nobody sees yet; its id. Raises PlatformError."""
    data = file.text.encode(errors="replace") or b"\n"
    client = workspace.client
    try:
        place = await until_answered(
            _DOING, lambda: client.files_getUploadURLExternal(filename=file.name, length=len(data))
        )
        await until_answered(_DOING, lambda: _send(workspace, str(place["upload_url"]), data))
        await _complete(workspace, str(place["file_id"]), file.name)
    except SlackApiError as error:
        raise platform_error(error, _DOING, where) from None
    return str(place["file_id"])


async def remove(workspace: Workspace, file_id: str) -> None:
    """Delete a file that no post has any more. Never an error: nobody finds it."""
    if file_id:
        with suppress(SlackApiError, *CONNECTION_ERRORS):
            await workspace.client.files_delete(file=file_id)


async def _send(workspace: Workspace, address: str, data: bytes) -> None:
    """Give the bytes to the address that Slack named for them."""
    session, proxy = workspace.client.session, workspace.client.proxy
    assert session is not None, "clients share a session while the bot runs"
    async with session.post(address, data=data, proxy=proxy) as answer:
        if answer.status >= 500:
            raise SlackTroubleError("no answer to an upload")
        if answer.status != 200:
            raise RefusedError(f"could not {_DOING}: Slack answered {answer.status}", "")


async def _complete(workspace: Workspace, file_id: str, name: str) -> None:
    """Say that the bytes are there. What was completed cannot be again: then it was only the answer that was
    lost."""
    has_asked = False

    async def once() -> None:
        nonlocal has_asked
        is_again, has_asked = has_asked, True
        try:
            await workspace.client.files_completeUploadExternal(files=[{"id": file_id, "title": name}])
        except SlackApiError:
            if not is_again:
                raise

    await until_answered(_DOING, once)
