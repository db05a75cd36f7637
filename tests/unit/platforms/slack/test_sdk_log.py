"""The SDK's log: nothing alarming of an ordinary end, and no storms."""

from __future__ import annotations

import logging

import pytest

from bot.platforms.slack.sdk_log import SDK_LOG

CLOSING = "Cannot write to closing transport"


def test_a_storm_of_broken_connections_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "bot")
    for number in range(300):
        problem = (
            f"Failed to receive or enqueue a message: ClientConnectionResetError, {CLOSING} (s_{number})"
        )
        SDK_LOG.error(problem)
        SDK_LOG.error(f"Failed to receive or enqueue a message: ClientOSError, gone in a test (s_{number})")
        SDK_LOG.error(f"another problem (s_{number})")
    closing = [record for record in caplog.records if CLOSING in record.message]
    assert len(closing) <= 1 and all(record.levelname == "INFO" for record in closing)
    assert caplog.text.count("gone in a test") == 1 and caplog.text.count("another problem") == 300
