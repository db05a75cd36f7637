"""A digest that is due is posted in its channel, for everybody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.conversation.digesting import Digesting
from tests.integration.conversation.rig import until
from tests.integration.conversation.script import echo
from tests.integration.slack.fake_slack import FakeSlack
from tests.integration.slack.rig import key_of, running
from tests.unit.platforms.slack.payloads import text_of


async def test_a_digest_is_a_post_for_everybody(slack: FakeSlack, database: Path) -> None:
    now = datetime.now(UTC)
    async with running(slack, database, echo) as bot:
        digesting = Digesting(bot.store, bot.manager.accept, ("slack",), "Parley", lambda: now)
        given = slack.command("/digest", f"daily {(now + timedelta(hours=2)):%H:%M}")
        await until(lambda: any("From now on" in text_of(body) for body in given.shown))
        later = f"{(now + timedelta(minutes=1)).timestamp():.6f}"
        slack.say("We decided to meet in Porto on Friday at nine.", ts=later)
        await until(lambda: slack.event_envelopes()[-1].acknowledgements)
        now += timedelta(hours=2, minutes=5)
        await digesting.tell_due()
        await until(lambda: slack.posts() and not bot.manager.has_work(key_of(slack.general)))
        assert "Porto" in text_of(slack.posts()[-1])
