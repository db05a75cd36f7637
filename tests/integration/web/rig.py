"""A whole playground: real manager, delivery and databases, a real port on loopback, scripted answers.

A second `Playground` on the same folder is a restart. `InThread` runs one beside a blocking browser test.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import aiohttp

from bot.conversation.answering import Answerer, AnswerPolicy
from bot.conversation.manager import ConversationManager
from bot.generation.types import GenerationRequest
from bot.platforms.delivery import serve
from bot.platforms.web import WebPlatform
from bot.storage.migrate import upgrade
from bot.storage.store import HistoryStore
from tests.integration.conversation.script import PlayedGenerator, Script, last_user

T = TypeVar("T")

MARKDOWN = """# Title

**bold** and *lean* and `code <b>` and <b>no tags</b> and [a page](https://example.org/a_(b)) and
[a trap](javascript:alert(1)) and https://example.com/x. Also 2 * 3 * 4 and snake_case_name.

- one
- two
    - two and a half

1. first
2. second

> said before

```python
print("1")  # **not bold**
```

| a | b |
|---|--:|
| 1 | 2 |
"""


class Playground:
    """One run of the bot with the playground, on a folder."""

    def __init__(
        self,
        folder: Path,
        script: Script,
        port: int = 0,
        host: str = "127.0.0.1",
        health: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        url = f"sqlite+aiosqlite:///{folder / 'parley.sqlite3'}"
        upgrade(url)
        self.generator = PlayedGenerator(script)
        self.store = HistoryStore(url)
        policy = AnswerPolicy(bot_name="Parley")
        answerer = Answerer(self.store, self.generator, policy)
        self.manager = ConversationManager(self.store, self.generator, answerer, "Parley")
        self.announced: list[str] = []
        self.web = WebPlatform(
            host, port, "Parley", folder, announce=self.announced.append, health=health or _healthy
        )
        answerer.permalinks[self.web.name] = self.web.permalink
        answerer.access[self.web.name] = self.web
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.web.port}"

    async def __aenter__(self) -> Playground:
        self._tasks = [
            asyncio.create_task(self.web.run(self.manager)),
            asyncio.create_task(serve(self.manager, self.web)),
        ]
        await self.web.listening()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.manager.drain(timeout_s=5.0)
        await self.crash()

    async def crash(self) -> None:
        """Stop without draining."""
        await self.web.close()
        for task in self._tasks[1:]:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task
        await self.store.close()


async def _healthy() -> None:
    return


class Page:
    """What a browser's tab does, without a browser: sign in, open the websocket, send and read frames."""

    def __init__(self, playground: Playground) -> None:
        self._playground = playground
        self.http = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        self.frames: list[dict] = []
        self._taken = 0

    async def __aenter__(self) -> Page:
        async with self.http.get(self._playground.web.address) as response:
            assert response.status == 200
        await self.open()
        return self

    async def open(self) -> None:
        root = self._playground.root
        self.socket = await self.http.ws_connect(f"{root}/socket", headers={"Origin": root})

    async def __aexit__(self, *exc_info: object) -> None:
        await self.socket.close()
        await self.http.close()

    async def send(self, kind: str, **fields: object) -> None:
        await self.socket.send_json({"type": kind, **fields})

    async def say(self, text: str, number: int, **fields: object) -> None:
        """Send message `number` as Alice, by default in the direct channel."""
        where = {"channel": "direct", "thread": None, "person": "alice", "reply_to": None}
        await self.send("send", id=f"m-{number}", text=text, **(where | fields))

    async def frame(self, kind: str, **fields: object) -> dict:
        """The next frame of a kind, with these fields; earlier ones of other kinds are passed over."""
        async with asyncio.timeout(5):
            while True:
                while self._taken < len(self.frames):
                    frame = self.frames[self._taken]
                    self._taken += 1
                    if frame["type"] == kind and all(frame.get(name) == fields[name] for name in fields):
                        return frame
                message = await self.socket.receive()
                assert message.type is aiohttp.WSMsgType.TEXT, message
                self.frames.append(message.json())

    async def answer(self) -> str:
        """The text of the bot's last post when the next reply has finished."""
        reply = await self.frame("reply", state="finished")
        posts = [f["message"] for f in self.frames if f["type"] in ("message", "edit")]
        texts = [post["text"] for post in posts if post["reply_id"] == reply["reply_id"]]
        return str(texts[-1]).strip()


class InThread:
    """A playground in a thread of its own, for tests that drive a browser and block."""

    def __init__(self, folder: Path, script: Script, port: int = 0) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self.playground = self._make(folder, script, port)

    def _make(self, folder: Path, script: Script, port: int) -> Playground:
        async def make() -> Playground:
            return Playground(folder, script, port)

        self._thread.start()
        return self.call(make())

    def call(self, work: Coroutine[object, object, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(20)

    def __enter__(self) -> Playground:
        try:
            return self.call(self.playground.__aenter__())
        except BaseException:
            self._end()
            raise

    def __exit__(self, *exc_info: object) -> None:
        try:
            self.call(self.playground.__aexit__())
        finally:
            self._end()

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def slowly(request: GenerationRequest) -> AsyncIterator[str]:
    """Echo; a question with "count" is answered by numbers for as long as anybody listens."""
    question = last_user(request)
    if "count" in question:
        for number in range(1, 2000):
            yield f"{number} "
            await asyncio.sleep(0.02)
    elif "markdown" in question:
        yield MARKDOWN
    else:
        for word in f"You said: {question}".split(" "):
            yield word + " "
            await asyncio.sleep(0.01)


async def steadily(request: GenerationRequest) -> AsyncIterator[str]:
    """Four numbers, going on from where the answer begins; "long" is answered for ever."""
    if "long" in last_user(request):
        for number in range(1, 2000):
            yield f"{number} "
            await asyncio.sleep(0.02)
    done = len(request.prompt.prefix.split())
    for number in range(done + 1, done + 5):
        yield f"{number} "
