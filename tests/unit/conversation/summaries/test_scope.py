"""Links of every platform lead to a message id."""

from __future__ import annotations

import pytest

from bot.conversation.summaries.scope import ids_in


@pytest.mark.parametrize(
    ("link", "message_id"),
    [
        ("https://discord.com/channels/1/22/333", "333"),
        ("<https://ptb.discord.com/channels/@me/22/333>", "333"),
        ("https://team.slack.com/archives/C1/p1700000000123456", "1700000000.123456"),
        ("https://team.slack.com/archives/C1/p1700000000123456?thread_ts=1.2&cid=C1", "1700000000.123456"),
        ("http://127.0.0.1:8080/#general/abc", "abc"),
        ("https://matrix.example/?message=m9", "m9"),
        ("1700000000.123456", "1700000000.123456"),
        ("command-7.8.xyz/12-0", "command-7.8.xyz/12-0"),
        ("discord.com/channels/1/22/333", "333"),
    ],
)
def test_links(link: str, message_id: str) -> None:
    assert ids_in(link)[0] == message_id
