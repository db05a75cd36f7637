"""The pace of edits: quick at first, then as the bucket fills, and never its last two."""

from __future__ import annotations

import pytest

from bot.platforms.discord.pace import QUICK_S, RESERVE, USUAL_S, Pace

EDIT = "/api/v10/channels/1/messages/2"


def told(remaining: int, reset_s: float, limit: int = 5) -> dict[str, str]:
    """What Discord says of a bucket."""
    return {
        "X-RateLimit-Limit": str(limit),
        "X-RateLimit-Remaining": str(remaining),
        "X-RateLimit-Reset-After": str(reset_s),
    }


def test_without_a_word_of_discord_it_is_quick_and_then_careful() -> None:
    pace = Pace()
    assert [pace.interval_s("/channels/1", edits, 0.0) for edits in (0, 1, 2)] == [QUICK_S, QUICK_S, USUAL_S]
    pace.heard("PATCH", EDIT, {}, 0.0)
    pace.heard("PATCH", EDIT, told(1, 1.0) | {"X-RateLimit-Limit": "many"}, 0.0)
    assert pace.interval_s("/channels/1", 2, 0.0) == USUAL_S


def test_what_is_left_is_spread_over_the_time_that_is_left() -> None:
    pace = Pace()
    pace.heard("PATCH", EDIT, told(remaining=4, reset_s=5.0), 100.0)
    assert pace.interval_s("/channels/1", 1, 100.0) == QUICK_S
    assert pace.interval_s("/channels/1", 2, 101.0) == pytest.approx(4.0 / 3, abs=0.1)


@pytest.mark.parametrize(("remaining", "limit"), [(RESERVE, 5), (1, 2), (0, 1)])
def test_the_reserve_is_left_for_the_end(remaining: int, limit: int) -> None:
    pace = Pace()
    pace.heard("PATCH", EDIT, told(remaining, 3.0, limit), 100.0)
    assert pace.interval_s("/channels/1", 0, 101.0) == pytest.approx(2.0, abs=0.1)
    assert pace.interval_s("/channels/1", 9, 103.5) == QUICK_S


def test_channels_and_tokens_have_buckets_of_their_own_and_posts_are_not_edits() -> None:
    pace = Pace()
    pace.heard("PATCH", EDIT, told(0, 4.0), 0.0)
    pace.heard("PATCH", "/api/v10/webhooks/5/token/messages/@original", told(1, 2.0), 0.0)
    pace.heard("POST", "/api/v10/channels/2/messages", told(0, 9.0), 0.0)
    assert pace.interval_s("/channels/1", 0, 0.0) == pytest.approx(4.0, abs=0.1)
    assert pace.interval_s("/webhooks/5/token", 0, 0.0) == pytest.approx(2.0, abs=0.1)
    assert pace.interval_s("/channels/2", 0, 0.0) == QUICK_S


def test_a_stream_never_takes_more_than_its_share_of_a_window() -> None:
    """Edits as fast as the pace allows for a minute, against a bucket of five in five seconds."""
    pace, now_s, edits = Pace(), 0.0, list[float]()
    while now_s < 60:
        now_s += pace.interval_s("/channels/1", len(edits), now_s)
        window = [at_s for at_s in [*edits, now_s] if now_s - at_s < 5.0]
        assert len(window) <= 5 - RESERVE
        edits.append(now_s)
        pace.heard("PATCH", EDIT, told(5 - len(window), window[0] + 5.0 - now_s), now_s)
    assert len(edits) >= 30
