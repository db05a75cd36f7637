"""The interactive chat: on a real (pseudo) terminal, and line by line from a pipe."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from tests.e2e.process import PATIENCE_S, ROOT, CommandLine

POCKET = ROOT / "bot" / "generation" / "pocket" / "manifest.json"
CTRL_C, CTRL_D = "\x03", "\x04"


class Terminal:
    """A pseudo terminal with the chat running on it."""

    def __init__(self, command_line: CommandLine, **settings: str) -> None:
        self._screen, inside = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bot", "chat"],
            stdin=inside,
            stdout=inside,
            stderr=inside,
            cwd=command_line.folder,
            env=command_line.environment() | {"TERM": "dumb"} | settings,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # so that Ctrl-C becomes a signal
        )
        os.close(inside)
        self.text = ""

    def type(self, keys: str) -> None:
        os.write(self._screen, keys.encode())

    def wait_for(self, words: str, after: int = 0) -> int:
        """Read until `words` appear after position `after`; returns the position behind them."""
        deadline = time.monotonic() + PATIENCE_S
        while words not in self.text[after:]:
            assert time.monotonic() < deadline, f"{words!r} did not appear: {self.text[-2000:]!r}"
            self._read()
        return self.text.index(words, after) + len(words)

    def wait_for_more(self, after: int, characters: int) -> None:
        """Read until at least so many characters stand after a position."""
        deadline = time.monotonic() + PATIENCE_S
        while len(self.text) < after + characters:
            assert time.monotonic() < deadline, f"too little appeared: {self.text[after:]!r}"
            self._read()

    def leave(self) -> int:
        """Press Ctrl-D until the chat has ended: one that comes before the prompt is drawn is lost."""
        deadline = time.monotonic() + PATIENCE_S
        while self.process.poll() is None:
            assert time.monotonic() < deadline, f"the chat did not end: {self.text[-500:]!r}"
            self.type(CTRL_D)
            self._read()
        return self.process.returncode

    def _read(self) -> None:
        if select.select([self._screen], [], [], 0.1)[0]:
            try:
                self.text += os.read(self._screen, 65_536).decode(errors="replace")
            except OSError:  # the other side is closed
                return

    def close(self) -> None:
        self.process.kill()
        self.process.wait(PATIENCE_S)
        os.close(self._screen)


@pytest.mark.slow
def test_conversation_on_a_terminal(with_gpt2: CommandLine) -> None:
    terminal = Terminal(with_gpt2, BOT_ANSWER_TOKENS="12000")
    try:
        at = terminal.wait_for("> ", terminal.wait_for("Ctrl-D leaves"))
        terminal.type("/help\n")
        at = terminal.wait_for("/summarize", at)

        at = terminal.wait_for("> ", at)
        terminal.type("Tell me everything\n")
        at = terminal.wait_for("everything", at)
        terminal.wait_for_more(at, 300)
        terminal.type(CTRL_C)
        at = terminal.wait_for("[stopped]", at)

        at = terminal.wait_for("> ", at)
        terminal.type("half a line" + CTRL_C)
        at = terminal.wait_for("again, or Ctrl-D", at)
        at = terminal.wait_for("> ", at)
        terminal.type("/nosuch\n")
        terminal.wait_for("/help", terminal.wait_for("do not know", at))
        assert terminal.leave() == 0
    finally:
        terminal.close()
    typed = Path(with_gpt2.folder / "data" / "history")
    assert "Tell me everything" in typed.read_text()
    assert typed.stat().st_mode & 0o077 == 0
    assert "Traceback" not in terminal.text


@pytest.mark.slow
def test_lines_from_a_pipe_are_a_conversation(with_gpt2: CommandLine) -> None:
    first = with_gpt2.run("chat", "-i", text="My name is Ada.\n/nosuch\n", BOT_ANSWER_TOKENS="8")
    assert first.returncode == 0, first.stderr
    answer, complaint = first.stdout.splitlines()[0], first.stdout.splitlines()[-1]
    assert answer.strip()
    assert "do not know" in complaint
    # The next start remembers: a summary of the conversation has what was said in the one before.
    second = with_gpt2.run("chat", "-i", text="/summarize\n")
    assert "My name is Ada." in second.stdout, second.stderr
    assert "Traceback" not in first.stderr + second.stderr


@pytest.mark.slow
def test_an_answer_cut_at_its_length_goes_on_where_it_stopped(with_gpt2: CommandLine) -> None:
    lines = "My name is Ada.\n/continue\n/undo\n/undo\n"
    result = with_gpt2.run("chat", "-i", text=lines, BOT_ANSWER_TOKENS="8")
    assert result.returncode == 0, result.stderr
    before, _, after = result.stdout.partition("I go on above.\n")
    answer = before.splitlines()[0]
    assert "length limit" in before and "length limit" in after
    assert answer not in after
    assert "Taken back" in after
    assert "no answer of mine here yet" in after.splitlines()[-1]


@pytest.mark.slow
def test_one_shot_from_argument_and_from_a_pipe(with_gpt2: CommandLine) -> None:
    argument = with_gpt2.run("chat", "Hello there", BOT_ANSWER_TOKENS="8")
    piped = with_gpt2.run("chat", text="Hello there\n", BOT_ANSWER_TOKENS="8")
    for result in (argument, piped):
        assert result.returncode == 0, result.stderr
        assert result.stdout.strip()
        assert result.stderr == ""


@pytest.mark.slow
@pytest.mark.skipif(not POCKET.exists(), reason="the bundled model is not in this checkout")
def test_the_bundled_model_answers_without_any_setting(parley: CommandLine) -> None:
    result = parley.run("chat", "Hello!", BOT_MODEL="pocket")
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip()
    assert result.stderr == ""


@pytest.mark.slow
def test_summarize_reads_a_chat_log(with_gpt2: CommandLine) -> None:
    log = "[2026-11-01 10:00] Ann: We ship on Friday.\n[2026-11-01 10:01] Bob: The tests are red.\n"
    result = with_gpt2.run("summarize", "-", text=log)
    assert result.returncode == 0, result.stderr
    assert "We ship on Friday." in result.stdout
    assert "2 of 2 messages" in result.stdout


@pytest.mark.slow
def test_a_reader_that_leaves_stops_the_answer_quietly(with_gpt2: CommandLine) -> None:
    command = (
        f"{sys.executable} -m bot chat 'Tell me everything' | head -c 20 > /dev/null; echo ${{PIPESTATUS[0]}}"
    )
    result = subprocess.run(
        ["bash", "-c", command],
        cwd=with_gpt2.folder,
        env=with_gpt2.environment() | {"BOT_ANSWER_TOKENS": "12000"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=True,
    )
    assert result.stdout.strip() == "141"
    assert result.stderr == ""
