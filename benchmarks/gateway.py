"""How soon the bot is ready for events, and what its process takes beside the model's.

Starts `python -m bot run` with the playground and a small model, several times, and asks `/healthz`.
Goals: ready in under 2 s, under 150 MB without the model's process.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from benchmarks.model import make_tiny

PATIENCE_S = 60.0


def resident_mib(pid: int) -> float:
    """Resident memory of a process, from Linux's /proc."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_healthy(port: int) -> bool:
    """Whether the bot answers on its health page, whatever the model's state."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
    except urllib.error.HTTPError as error:
        return error.code == 503
    except OSError:
        return False


def one_start(folder: Path, model: Path, port: int) -> tuple[float, float, float]:
    """Seconds until healthy, MiB of the bot's process, MiB of its children, with the model loaded."""
    settings = {"BOT_DATA_DIR": str(folder), "BOT_MODEL": str(model), "BOT_HTTP_PORT": str(port)}
    started_s = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "run"],
        env={**os.environ, **settings, "BOT_PLATFORMS": "web"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        while not is_healthy(port):
            assert process.poll() is None, process.stderr and process.stderr.read()
            assert time.perf_counter() - started_s < PATIENCE_S, "the bot did not get ready"
            time.sleep(0.01)
        ready_s = time.perf_counter() - started_s
        assert process.stderr is not None
        for line in process.stderr:
            if " is ready: " in line:
                break
        memory = resident_mib(process.pid)
        return ready_s, memory, sum(resident_mib(child) for child in children(process.pid))
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE_S)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--starts", type=int, default=5)
    parser.add_argument("--port", type=int, default=18080)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        model = make_tiny(Path(name) / "model")
        rows = [one_start(Path(name) / "data", model, arguments.port) for _ in range(arguments.starts)]
    ready_s, own, engine = (statistics.median(column) for column in zip(*rows, strict=True))
    print(f"gateway, median of {len(rows)} starts (the first one makes the database)")
    print(f"  ready for events   {ready_s:6.2f} s    (slowest {max(row[0] for row in rows):.2f} s)")
    print(f"  its process        {own:6.0f} MiB")
    print(f"  engine's process   {engine:6.0f} MiB  (with a model of next to no size)")


if __name__ == "__main__":
    main()
