"""The same is said once an hour."""

from __future__ import annotations

from bot.platforms import recently
from bot.platforms.recently import Recently


def test_the_same_is_news_once_an_hour() -> None:
    now_s = 0.0
    said = Recently(lambda: now_s)
    assert said.is_news("a") and not said.is_news("a") and said.is_news("b")
    now_s = 3599.0
    assert not said.is_news("a")
    now_s = 3600.0
    assert said.is_news("a") and not said.is_news("a")


def test_what_is_kept_is_bounded() -> None:
    now_s = 0.0
    said = Recently(lambda: now_s)
    for key in range(recently.MAX_KEPT):
        assert said.is_news(key)
    now_s = 4000.0
    assert said.is_news("new") and len(said._at_s) == 1
