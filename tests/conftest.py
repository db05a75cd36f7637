"""For all tests: no stray settings, no network but loopback, and small thread pools."""

from __future__ import annotations

import os
import socket

import pytest

# Before anything imports torch or tokenizers: two cores are shared by everything that runs here.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
# No test may ask a hub, not even by accident.
os.environ["HF_HUB_OFFLINE"] = "1"

_connect = socket.socket.connect


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own tokens and settings must neither reach a test nor decide it."""
    for name in list(os.environ):
        if name.startswith(("BOT_", "DISCORD_", "SLACK_")) or name == "DATABASE_URL":
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sockets reach this machine only."""

    def connect(self: socket.socket, address: object) -> None:
        if isinstance(address, tuple) and not _is_loopback(str(address[0])):
            raise AssertionError(f"a test tried to reach {address[0]}")
        _connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", connect)


def _is_loopback(host: str) -> bool:
    return host.startswith("127.") or host in ("localhost", "::1", "")
