"""Slack's JSON: what of it a log may show."""

from __future__ import annotations

from bot.platforms.slack.payloads import for_log


def test_ids_are_logged_whole_and_all_else_is_cut() -> None:
    assert for_log("T0123456789") == "T0123456789"
    assert for_log("T1\nERROR forged\x1b[31m") == "T1ERROR forged[31m"
    assert len(for_log("T" * 100_000)) == 40
