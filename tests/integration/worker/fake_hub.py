"""A model hub on loopback: as much HTTP as a download needs, and a list of what was asked."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from typing import Any

from aiohttp import web

CHUNK = 1024 * 1024


class FakeHub:
    """Serves one model's revisions. `files` maps a commit to its files; `branches` names to commits."""

    def __init__(
        self, hub_id: str, files: Mapping[str, Mapping[str, bytes]], branches: dict[str, str]
    ) -> None:
        self.hub_id = hub_id
        self.files = files
        self.branches = branches
        self.requests: list[str] = []
        self.authorizations: set[str] = set()
        self.chunk_pause_s = 0.0
        self._runner: web.AppRunner | None = None

    async def start(self) -> str:
        """Serve on a free port; the endpoint's address."""
        app = web.Application(middlewares=[self._note])
        app.router.add_get(f"/api/models/{self.hub_id}", self._info)
        app.router.add_get(f"/api/models/{self.hub_id}/revision/{{revision}}", self._info)
        app.router.add_get(f"/api/models/{self.hub_id}/tree/{{revision}}", self._tree)
        app.router.add_get("/api/models/{name:.+}", self._nothing)
        app.router.add_get(f"/{self.hub_id}/resolve/{{revision}}/{{path:.+}}", self._file)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        return f"http://{host}:{port}"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def die(self) -> None:
        """Break every connection off and take no new ones."""
        assert self._runner is not None
        assert self._runner.server is not None
        for site in list(self._runner.sites):
            await site.stop()
        for connection in list(self._runner.server.connections):
            if connection.transport is not None:
                connection.transport.abort()

    def downloaded(self) -> set[str]:
        """Names of the files of which the content was sent."""
        return {path.rpartition("/")[2] for path in self.requests if path.startswith("GET /" + self.hub_id)}

    @web.middleware
    async def _note(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.requests.append(f"{request.method} {request.path}")
        self.authorizations.add(request.headers.get("Authorization", ""))
        response: web.StreamResponse = await handler(request)
        return response

    def _commit(self, request: web.Request) -> str:
        revision = request.match_info.get("revision", "main")
        commit = self.branches.get(revision, revision)
        if commit not in self.files:
            raise web.HTTPNotFound(headers={"X-Error-Code": "RevisionNotFound"})
        return commit

    async def _info(self, request: web.Request) -> web.Response:
        commit = self._commit(request)
        siblings = [
            {"rfilename": name, "size": len(content), "blobId": _etag(content)}
            for name, content in self.files[commit].items()
        ]
        return web.json_response({"id": self.hub_id, "sha": commit, "siblings": siblings, "tags": []})

    async def _nothing(self, request: web.Request) -> web.Response:
        raise web.HTTPNotFound(headers={"X-Error-Code": "RepoNotFound"})

    async def _tree(self, request: web.Request) -> web.Response:
        files = self.files[self._commit(request)]
        return web.json_response(
            [{"type": "file", "path": n, "size": len(c), "oid": _etag(c)} for n, c in files.items()]
        )

    async def _file(self, request: web.Request) -> web.StreamResponse:
        commit = self._commit(request)
        content = self.files[commit].get(request.match_info["path"])
        if content is None:
            raise web.HTTPNotFound(headers={"X-Error-Code": "EntryNotFound"})
        headers = {
            "ETag": f'"{_etag(content)}"',
            "X-Repo-Commit": commit,
            "Content-Length": str(len(content)),
            "Accept-Ranges": "bytes",
        }
        response = web.StreamResponse(headers=headers)
        await response.prepare(request)
        if request.method == "GET":
            for start in range(0, len(content), CHUNK):
                try:
                    await response.write(content[start : start + CHUNK])
                except ConnectionResetError:
                    break
                await asyncio.sleep(self.chunk_pause_s)
        return response


def _etag(content: bytes) -> str:
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()
