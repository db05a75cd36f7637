"""Starting `python -m bot` as a person would."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60.0


@dataclass(frozen=True)
class CommandLine:
    """`python -m bot` in a folder of its own, with settings of its own."""

    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        quiet = {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "PYTHONPATH": str(ROOT), "COLUMNS": "100"}
        return kept | quiet | dict(self.settings)

    def run(
        self, *arguments: str, text: str | None = None, **settings: str
    ) -> subprocess.CompletedProcess[str]:
        """Run to the end with `text` as standard input."""
        result = subprocess.run(
            [sys.executable, "-m", "bot", *arguments],
            input=(text or "").encode(),
            capture_output=True,
            cwd=self.folder,
            env=self.environment() | settings,
            timeout=PATIENCE_S,
            check=False,
        )
        # Decoded here, because text mode would turn a carriage return of the model's into a line feed.
        out, errors = result.stdout.decode(), result.stderr.decode()
        return subprocess.CompletedProcess(result.args, result.returncode, out, errors)

    def start(self, arguments: Sequence[str], **settings: str) -> subprocess.Popen[str]:
        """Start and return at once; output goes to pipes."""
        return subprocess.Popen(
            [sys.executable, "-m", "bot", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.folder,
            env=self.environment() | settings,
        )


def poll_until(is_so: Callable[[], object], what: str, timeout_s: float = PATIENCE_S) -> None:
    """Wait for something to become true."""
    deadline = time.monotonic() + timeout_s
    while not is_so():
        assert time.monotonic() < deadline, f"{what} did not happen in {timeout_s:.0f} s"
        time.sleep(0.02)


def end(process: subprocess.Popen[str]) -> None:
    """Leave no process behind, whatever the test did."""
    if process.poll() is None:
        process.send_signal(signal.SIGKILL)
    process.communicate(timeout=PATIENCE_S)
