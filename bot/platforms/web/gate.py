"""Who may come in: the one-time address, the session cookie, the Host and Origin headers.

Pure but for the key file; knows nothing of aiohttp, pages or messages.

The printed address carries a token that works once and buys a session cookie. The cookie is signed with a
key kept beside the database, so that an open page is still known after a restart. Any page in the same
browser may send requests to this address, also under a name that it made point here (DNS rebinding):
so `Host` must name this server, and `Origin` must be this server's own wherever something can be changed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import os
import secrets
import time
from collections.abc import Callable, Collection
from pathlib import Path
from urllib.parse import urlsplit

SESSION_S = 30 * 24 * 3600
"""How long a session cookie is good for, in seconds."""

RENEWAL_S = 10.0
"""At most one address is printed in this many seconds, however many strangers knock."""

KEY_BYTES = 32
LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
EVERY_INTERFACE = frozenset({"", "0.0.0.0", "::"})  # names of a binding, not a binding


def is_loopback(host: str) -> bool:
    """Whether binding to `host` can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def session_key(path: Path) -> bytes:
    """The signing key at `path`, made on first use, readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        key = path.read_bytes()
        if len(key) == KEY_BYTES:
            return key
        path.unlink()  # cut short by a crash; whoever held a cookie asks for a new address
        return session_key(path)
    with os.fdopen(descriptor, "wb") as file:
        key = secrets.token_bytes(KEY_BYTES)
        file.write(key)
    return key


class Sessions:
    """Makes and checks session cookies: `<expiry>.<nonce>.<signature>`."""

    def __init__(self, key: bytes, clock: Callable[[], float] = time.time) -> None:
        self._key = key
        self._clock = clock

    def issue(self) -> str:
        """A new cookie value, good for `SESSION_S` seconds."""
        body = f"{int(self._clock()) + SESSION_S}.{secrets.token_urlsafe(12)}"
        return f"{body}.{self._sign(body)}"

    def is_valid(self, cookie: str) -> bool:
        """Whether this process, or an earlier one with the same key, issued the cookie and it is in date."""
        body, _, signature = cookie.rpartition(".")
        expiry = body.partition(".")[0]
        if not hmac.compare_digest(signature.encode(errors="replace"), self._sign(body).encode()):
            return False
        return expiry.isdecimal() and int(expiry) > self._clock()

    def _sign(self, body: str) -> str:
        signed = b"parley web session\0" + body.encode(errors="replace")
        digest = hmac.digest(self._key, signed, hashlib.sha256)
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


class OneTimeToken:
    """The token of the printed address. A wrong guess does not spend it; being used does."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._token: str | None = secrets.token_urlsafe(24)
        self._announced_at = clock()

    @property
    def current(self) -> str:
        """The token that would be accepted now; a new one if the last was used."""
        if self._token is None:
            self._token = secrets.token_urlsafe(24)
        return self._token

    def redeem(self, offered: str) -> bool:
        """Spend the token if `offered` is it."""
        expected = self._token
        if expected is None or not hmac.compare_digest(offered.encode(errors="replace"), expected.encode()):
            return False
        self._token = None
        return True

    def may_announce(self) -> bool:
        """Whether an address may be printed now; saying yes starts the next wait of `RENEWAL_S`."""
        now = self._clock()
        if now - self._announced_at < RENEWAL_S:
            return False
        self._announced_at = now
        return True


class Doorkeeper:
    """Judges the `Host` and `Origin` headers against the names this server is bound to."""

    def __init__(self, host: str, port: int, extra_names: Collection[str] = ()) -> None:
        self._port = port
        self._is_everywhere = host in EVERY_INTERFACE
        own = LOCAL_NAMES if is_loopback(host) or self._is_everywhere else frozenset[str]()
        self._names = own | {host.lower()}
        self._extra_names = frozenset(name.lower() for name in extra_names)

    def is_own_host(self, header: str | None) -> bool:
        """Whether a `Host` header names this server. Bound to every interface, any IP address does: only
        names can be made to point here by others. Extra names (a reverse proxy's) do on any port."""
        name, port = _split_host(header or "")
        if name is None:
            return False
        if name in self._extra_names:
            return True
        if (port or 80) != self._port:
            return False
        return name in self._names or (self._is_everywhere and _is_address(name))

    def is_own_origin(self, origin: str | None, host: str | None) -> bool:
        """Whether `origin` is the very host that the request was sent to."""
        if not origin or not self.is_own_host(host):
            return False
        scheme, _, authority = origin.partition("://")
        return scheme in ("http", "https") and authority.lower() == (host or "").lower()


def _split_host(header: str) -> tuple[str | None, int | None]:
    if not header or any(char in header for char in "/?#@\\ "):
        return None, None
    try:
        parts = urlsplit(f"//{header}")
        return parts.hostname, parts.port
    except ValueError:
        return None, None


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
