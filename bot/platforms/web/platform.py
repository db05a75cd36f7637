"""WebPlatform: the playground as a platform like any other.

It puts the pieces together, binds the port and tells the address. Start it with `run`; it stops when it is
cancelled or closed.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection
from pathlib import Path
from urllib.parse import quote

from aiohttp import web

from bot.conversation.access import named_channel
from bot.conversation.manager import ConversationManager
from bot.conversation.reply import Reply
from bot.messages import Author, ConversationKey, IncomingMessage, Progress
from bot.platforms.ports import take_port
from bot.platforms.web import gate
from bot.platforms.web.board import Board
from bot.platforms.web.hub import Hub
from bot.platforms.web.incoming import conversation_key
from bot.platforms.web.room import Room
from bot.platforms.web.server import Gate, Server
from bot.platforms.web.sink import WebSink

log = logging.getLogger(__name__)

SHUTDOWN_S = 2.0


async def _always_healthy() -> None:
    return


def _print_address(address: str) -> None:
    sys.stdout.write(f"Parley is here: {address}\n")
    sys.stdout.flush()


class WebPlatform:
    """The local playground: a web page to talk with the bot, with channels, threads and several people.

    `data_dir` keeps the board and the session key. `announce` is called with each new address, the first when
    the port is bound; by default it is printed. `health` is awaited by `/healthz` and raises StorageError
    while the database cannot be written. `extra_hosts` are names under which a reverse proxy reaches it.
    """

    name = "web"

    def __init__(
        self,
        host: str,
        port: int,
        bot_name: str,
        data_dir: Path,
        *,
        extra_hosts: Collection[str] = (),
        announce: Callable[[str], None] | None = None,
        health: Callable[[], Awaitable[None]] = _always_healthy,
    ) -> None:
        self._host = host
        self._port = port
        self._bot = Author("parley", bot_name, is_bot=True)
        self._data_dir = data_dir
        self._extra_hosts = extra_hosts
        self._announce = announce or _print_address
        self._health = health
        self._token = gate.OneTimeToken()
        self._board = Board(data_dir / "playground.sqlite3")
        self._hub = Hub()
        self._is_over = asyncio.Event()
        self._is_listening = asyncio.Event()

    @property
    def port(self) -> int:
        """The bound port; before that, the wanted one."""
        return self._port

    @property
    def address(self) -> str:
        """The address to open, with a token that works once. A used token gives way to a new one."""
        host = "127.0.0.1" if self._host in gate.EVERY_INTERFACE else self._host
        host = f"[{host}]" if ":" in host else host
        return f"http://{host}:{self._port}/?token={self._token.current}"

    async def listening(self) -> None:
        """Wait until the port is bound."""
        await self._is_listening.wait()

    async def run(self, manager: ConversationManager) -> None:
        """Serve until cancelled or closed. Raises ConfigError when the port cannot be had."""
        room = Room(self._board, self._hub, manager, self._bot.name)
        runner: web.AppRunner | None = None
        watching: asyncio.Task[None] | None = None
        try:
            await room.furnish()
            runner = await self._bind(manager, room)
            watching = asyncio.create_task(self._hub.watch_model(lambda: manager.model_status))
            self._say_address()
            self._is_listening.set()
            await self._is_over.wait()
        finally:
            if watching is not None:
                watching.cancel()
            await self._hub.close()
            if runner is not None:
                await runner.cleanup()
            await self._board.close()

    def sink(self, reply: Reply) -> WebSink:
        """A sink for one reply."""
        return WebSink(reply, self._board, self._hub, self._bot)

    def permalink(self, key: ConversationKey, message_id: str) -> str | None:
        """The place of a message on the page, as a fragment of its address: the page finds where it is."""
        return f"#m-{quote(message_id, safe=':')}"

    async def find_readable(
        self, wanted: str, person_id: str, here: ConversationKey
    ) -> ConversationKey | None:
        """See Access: whoever was let in may read every channel of the playground."""
        name = named_channel(wanted)
        channels = await self._board.channels()
        found = next((channel for channel in channels if name in (channel.id, channel.name)), None)
        return conversation_key(found.id, None) if found else None

    async def prepare(
        self, question: IncomingMessage, place: ConversationKey
    ) -> AsyncGenerator[Progress, None]:
        """See Access: nothing is missed here."""
        signs: tuple[Progress, ...] = ()
        for sign in signs:
            yield sign

    async def hindrance(self, place: ConversationKey, *, is_live: bool = False) -> str:
        """See Access: nothing."""
        return ""

    async def close(self) -> None:
        """Stop serving; `run` returns."""
        self._is_over.set()

    # --- inside ------------------------------------------------------------------------------

    async def _bind(self, manager: ConversationManager, room: Room) -> web.AppRunner:
        listener = take_port(self._host, self._port, "BOT_HTTP_PORT")
        self._port = int(listener.getsockname()[1])
        server = Server(self._gate(), room, self._hub, lambda: manager.model_status, self._health)
        runner = web.AppRunner(
            server.application(),
            access_log=None,
            handle_signals=False,
            shutdown_timeout=SHUTDOWN_S,
            auto_decompress=False,
        )
        await runner.setup()
        await web.SockSite(runner, listener).start()
        if not gate.is_loopback(self._host):
            log.warning(
                "BOT_HTTP_HOST=%s lets other machines reach the playground, over plain HTTP", self._host
            )
        return runner

    def _gate(self) -> Gate:
        return Gate(
            door=gate.Doorkeeper(self._host, self._port, self._extra_hosts),
            token=self._token,
            sessions=gate.Sessions(gate.session_key(self._data_dir / "playground.key")),
            cookie=f"parley_{self._port}",
            announce=self._say_address,
        )

    def _say_address(self) -> None:
        self._announce(self.address)
