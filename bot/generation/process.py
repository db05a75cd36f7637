"""The engine's process as the worker sees it: start, frames in and out, death.

Torch-free. Knows pipes and signals; knows nothing of requests, queues or models.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import sys
from collections import deque
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Final

import bot
from bot.generation.wire import Decoder, Frame, encode

logger = logging.getLogger(__name__)

CHILD_MODULE: Final = "bot.generation.engine"
ENGINE_MODULE: Final = "bot.generation.engine.engine"
TRANSLATION_MODULE: Final = "bot.generation.engine.translation"

_ALLOWED: Final = frozenset(
    {"PATH", "HOME", "USER", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "TEMP", "TMP", "PYTHONPATH"}
    | {"HF_HOME", "HF_ENDPOINT", "HF_HUB_CACHE", "HF_HUB_OFFLINE", "XDG_CACHE_HOME", "LD_LIBRARY_PATH"}
    | {"SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"}
    | {"http_proxy", "https_proxy", "no_proxy", "OMP_NUM_THREADS", "MKL_NUM_THREADS"}
    | {"HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES"}
)
_ALLOWED_PREFIX: Final = "CUDA_"
_CREDENTIALS: Final = re.compile(r"//[^/]*@")
_FIXED: Final = {
    "OMP_WAIT_POLICY": "passive",  # spinning threads cost up to 30x on shared cores
    "TOKENIZERS_PARALLELISM": "false",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
    "HF_HUB_DISABLE_UPDATE_CHECK": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "DO_NOT_TRACK": "1",
    "PYTHONUNBUFFERED": "1",
}
_READ_BYTES: Final = 256 * 1024
_LAST_LINES: Final = 5
_LINE_CHARS: Final = 300


def child_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """What of `environment` the engine's process may see: an allowlist, so that no secret gets there.

    An address with a password in it (a proxy's) is left out too.
    """
    allowed = {
        name: value
        for name, value in environment.items()
        if (name in _ALLOWED or name.startswith(_ALLOWED_PREFIX)) and not _CREDENTIALS.search(value)
    }
    root = str(Path(bot.__file__).parent.parent)
    paths = [root, *filter(None, allowed.get("PYTHONPATH", "").split(":"))]
    return {**allowed, **_FIXED, "PYTHONPATH": ":".join(paths)}


class ChildProcess:
    """One run of the engine's process. Make it with `spawn`; `stop` it in the end."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._last_lines: deque[str] = deque(maxlen=_LAST_LINES)
        self._drain = asyncio.create_task(self._drain_errors(), name="engine stderr")

    @classmethod
    async def spawn(cls, environment: Mapping[str, str]) -> ChildProcess:
        """Start the process. Raises OSError when the system refuses."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",  # the current folder must not be able to replace a library
            "-m",
            CHILD_MODULE,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=child_environment(environment),
        )
        return cls(process)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def cpu_s(self) -> float:
        """Processor seconds that it has used (utime and stime of proc(5)); 0 where the system is silent."""
        try:
            fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def send(self, frame: Frame) -> None:
        """Write a frame; silent when the process is gone, since its death is seen elsewhere.

        Raises WireError when the frame is too large.
        """
        data = encode(frame)
        assert self._process.stdin is not None
        if not self._process.stdin.is_closing():
            self._process.stdin.write(data)

    async def frames(self) -> AsyncIterator[Frame]:
        """Frames as they come, until the process closes its end. Raises WireError."""
        assert self._process.stdout is not None
        decoder = Decoder()
        while data := await self._process.stdout.read(_READ_BYTES):
            for frame in decoder.feed(data):
                yield frame

    def kill(self) -> None:
        """Kill at once, a stopped process too."""
        if self._process.returncode is None:
            self._process.kill()

    async def stop(self, grace_s: float) -> str:
        """Close its input, on which it exits by itself; kill it after `grace_s`. Says how it ended."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), grace_s)
        except TimeoutError:
            self.kill()
            await self._process.wait()
        await asyncio.wait({self._drain}, timeout=1.0)  # a stray grandchild may still hold the pipe
        self._drain.cancel()
        return self._report()

    def _report(self) -> str:
        code = self._process.returncode or 0
        how = f"signal {-code}" if code < 0 else f"exit status {code}"
        return f"{how}; its last lines: {' | '.join(self._last_lines) or 'none'}"

    async def _drain_errors(self) -> None:
        """Move what the process writes on stderr into our log, line by line, at debug level."""
        assert self._process.stderr is not None
        rest = b""
        while data := await self._process.stderr.read(_READ_BYTES):
            *lines, rest = re.split(rb"[\r\n]+", rest + data)
            self._log(lines)
            rest = rest[-_LINE_CHARS:]
        self._log([rest])

    def _log(self, lines: list[bytes]) -> None:
        for line in lines:
            text = line.decode("utf-8", "replace").rstrip()[:_LINE_CHARS]
            if text:
                self._last_lines.append(text)
                logger.debug("engine[%d]: %s", self.pid, text)


class Backoff:
    """Seconds to wait before the next start: 0.2, doubling to 30; from the beginning again after a
    healthy run."""

    def __init__(self, first_s: float = 0.2, limit_s: float = 30.0) -> None:
        self._first_s = first_s
        self._limit_s = limit_s
        self._next_s = first_s

    def after(self, *, was_healthy: bool) -> float:
        """The wait after a run, healthy or not, that ended by a death."""
        if was_healthy:
            self._next_s = self._first_s
        wait_s = self._next_s
        self._next_s = min(self._next_s * 2, self._limit_s)
        return wait_s
