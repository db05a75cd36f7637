"""Files: those that people send, which need the bot's token, and those that the bot uploads in three steps.

https://docs.slack.dev/messaging/working-with-files.
"""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.integration.slack.fake_calls import Method, RefusalError, own_place
from tests.integration.slack.fake_methods_chat import new_message
from tests.integration.slack.fake_state import ANN, Payload, Workspace

if TYPE_CHECKING:
    from tests.integration.slack.fake_slack import FakeSlack


@dataclass
class Upload:
    """An upload of the bot's: what it said it would send, and what came."""

    name: str
    length: int
    data: bytes | None = None


class Files:
    """`by_id` describes all files, `data` holds what is in them."""

    def __init__(self, slack: FakeSlack) -> None:
        self.by_id: dict[str, Payload] = {}
        self.data: dict[str, bytes] = {}
        self._slack = slack
        self._uploads: dict[str, Upload] = {}
        self.methods: dict[str, Method] = {
            "files.getUploadURLExternal": self._address,
            "files.completeUploadExternal": self._complete,
            "files.info": self._info,
            "files.delete": self._delete,
        }

    def routes(self) -> list[web.RouteDef]:
        """Where files are sent and fetched."""
        return [web.post("/upload/{id}", self._receive), web.get("/files/{id}/{name}", self._send)]

    def add(self, name: str, data: bytes, author: str = ANN, mimetype: str | None = None) -> Payload:
        """A file, to be given to `say(files=[...])`."""
        return self._keep(f"F{self._slack.new_ts().replace('.', '')}", name, data, author, mimetype)

    def _keep(self, file_id: str, name: str, data: bytes, author: str, mimetype: str | None) -> Payload:
        address = f"http://{self._slack.address}/files/{file_id}/{name}"
        self.data[file_id] = data
        self.by_id[file_id] = {
            "id": file_id,
            "name": name,
            "title": name,
            "mimetype": mimetype or mimetypes.guess_type(name)[0] or "application/octet-stream",
            "filetype": name.rpartition(".")[2],
            "user": author,
            "size": len(data),
            "mode": "hosted",
            "is_external": False,
            "url_private": address,
            "url_private_download": address,
        }
        return self.by_id[file_id]

    # --- methods -----------------------------------------------------------------------------

    def _address(self, args: Payload, workspace: Workspace) -> Payload:
        file_id = f"F{self._slack.new_ts().replace('.', '')}"
        self._uploads[file_id] = Upload(str(args.get("filename", "")), int(args.get("length", 0)))
        return {"upload_url": f"http://{self._slack.address}/upload/{file_id}", "file_id": file_id}

    def _complete(self, args: Payload, workspace: Workspace) -> Payload:
        uploads = {one["id"]: self._uploads.get(one["id"]) for one in args.get("files", [])}
        kept = []
        for file_id, upload in uploads.items():
            if upload is None or upload.data is None:
                raise RefusalError("file_not_found")
            kept.append(self._keep(file_id, upload.name, upload.data, workspace.bot_user, None))
            del self._uploads[file_id]
        if args.get("channel_id"):
            place = own_place(self._slack, workspace, args["channel_id"], writes=True)
            thread = {"thread_ts": args["thread_ts"]} if args.get("thread_ts") else {}
            text = args.get("initial_comment", "")
            about = {"subtype": "file_share", "files": kept, "text": text, **thread}
            self._slack.add(place, {**new_message(self._slack.new_ts(), workspace), **about})
        return {"files": kept}

    def _info(self, args: Payload, workspace: Workspace) -> Payload:
        file = self.by_id.get(args.get("file", ""))
        if file is None:
            raise RefusalError("file_not_found")
        return {"file": file}

    def _delete(self, args: Payload, workspace: Workspace) -> Payload:
        """Bots delete what they uploaded; messages lose it."""
        (file,) = self.of([args.get("file")])
        if file["user"] != workspace.bot_user:
            raise RefusalError("cant_delete_file")
        del self.by_id[file["id"]], self.data[file["id"]]
        for place in self._slack.places.values():
            for message in place.messages.values():
                if file in message.get("files", []):
                    message["files"] = [one for one in message["files"] if one is not file]
        return {}

    def of(self, file_ids: list[Any]) -> list[Payload]:
        """The files with these ids. RefusalError where one is not there."""
        if any(file_id not in self.by_id for file_id in file_ids):
            raise RefusalError("file_not_found")
        return [self.by_id[file_id] for file_id in file_ids]

    # --- the bytes ---------------------------------------------------------------------------

    async def _receive(self, request: web.Request) -> web.Response:
        upload = self._uploads.get(request.match_info["id"])
        if upload is None:
            raise web.HTTPNotFound
        is_form = request.content_type == "multipart/form-data"
        parts = list((await request.post()).values()) if is_form else []
        files = [part.file.read() for part in parts if isinstance(part, web.FileField)]
        upload.data = files[0] if files else await request.read()
        if len(upload.data) != upload.length:
            self._slack.web.problems.append(f"upload: {len(upload.data)} bytes, not {upload.length}")
        return web.Response(text=f"OK - {len(upload.data)}")

    async def _send(self, request: web.Request) -> web.Response:
        """A file, to whom has the token; to others the page where people sign in, as Slack does."""
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        workspace = self._slack.workspace_of_token(token)
        file = self.by_id.get(request.match_info["id"])
        if workspace is None or workspace.error:
            return web.Response(text="<!DOCTYPE html><html>Sign in to Slack</html>", content_type="text/html")
        if file is None:
            raise web.HTTPNotFound
        return web.Response(body=self.data[file["id"]], content_type=file["mimetype"])
