"""Ten thousand hostile outputs of a model: nobody is notified, and no post breaks."""

from __future__ import annotations

import re
from random import Random

from bot.messages import File
from bot.platforms.base import DeliveryLimits
from bot.platforms.delivery import harmless_posts
from tests.unit.conversation.text.documents import faults

LIVE = re.compile(r"@(?:everyone|here)|<@[!&]?\d+>|<!(?:channel|here|everyone|subteam\^)|<@U\w+[|>]", re.I)
"""What Discord or Slack would take for a mention, whatever stands around it."""

HOSTILE = (
    *("@everyone", "@here", "@Everyone", "@everyone.", "@everyonehere", "@@everyone", "@ev\u200beryone"),
    *("@\x00everyone", "@\x1bhere", "<\x00@&7>", "<@\x07123>", "<!\x00here>", "@\ud800everyone"),
    *("<@123>", "<@!123>", "<@&456>", "<@123", "&789>", "<@", "<", ">", "@", "!", "<<@123>>", "<@1<@&2>>"),
    *("<!channel>", "<!here|here>", "<!subteam^S1|@team>", "<@U1|bob>", "<#1>", "</help:1>", "<id:guide>"),
    *("https://evil.example/x", "[a](https://evil.example)", "[a](<@123>)", "[@everyone](x)", "[](", "]("),
    *("```", "````", "~~~", "`", "``", "```py\n", "\n```\n", "> ```\n", "   ```\n", "||", "**", "_", ">>> "),
    *("\u202e", "\u202d\u2066", "\u200b" * 30, "\u200d" * 40, "e" + "\u0301" * 300, "\ufeff", "\U000e0041"),
    *("| a |\n", "| a | b |\n|---|---|\n", "- ", "\n  - ", "1. ", "# ", "\n", "\n\n", "\t", "\r\n"),
    *("x" * 700, "word " * 60, "漢字。" * 50, "👩‍👩‍👧" * 40, "🇫🇷" * 60, "\x00\x01\x02", "\ud800", "\u2028"),
)
LIMITS = (DeliveryLimits(2000, 1.0, 1900), DeliveryLimits(300, 1.0, 200), DeliveryLimits(2000, 1.0))


def test_ten_thousand_hostile_outputs_notify_nobody_and_break_no_post() -> None:
    random = Random(1)
    files: list[File] = []
    for number in range(10_000):
        text = "".join(random.choices(HOSTILE, k=random.randint(1, 12)))
        limits = LIMITS[number % len(LIMITS)]
        for post in harmless_posts(text, "tell @everyone and <@&7>", limits, is_whole=number % 2 == 0):
            assert not LIVE.search(post.text.replace("<@&7>", " ")), (number, post.text)
            assert 0 < len(post.text) <= limits.max_chars
            assert not [fault for fault in faults(post.text) if "open code" in fault], (number, post.text)
            post.text.encode()
            files += [post.file] if post.file else []
    assert len(files) > 20 and all(re.fullmatch(r"[\w-][\w.-]*\.\w+", file.name) for file in files)


def test_what_cannot_be_seen_is_no_post() -> None:
    limits = DeliveryLimits(2000, 1.0)
    assert harmless_posts("\u200b\u200d\x00 \n", "", limits) == []
    assert [post.text for post in harmless_posts("\u200bhi", "", limits)] == ["\u200bhi"]
