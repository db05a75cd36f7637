"""Scenarios: what must hold whatever the model writes, people ask for, and Slack refuses."""

from __future__ import annotations

import re

from tests.integration.conversation.stage import until
from tests.integration.slack.fake_state import BOT_USER
from tests.integration.slack.week.stage import LONG, Corner, scenario
from tests.unit.platforms.slack.payloads import buttons_of


@scenario
async def a_model_that_shouts(at: Corner) -> None:
    at.say("shout", calls=True)
    await at.says("Hello")
    assert not re.search(r"<[!@][^\u200b]", at.texts()[0])


@scenario
async def a_model_that_shouts_in_a_thread(at: Corner) -> None:
    root = at.say("a thread")
    at.say("shout", calls=True, thread=root)
    await at.says("Hello", thread=root)
    assert not re.search(r"<[!@][^\u200b]", at.texts(thread=root)[0])


@scenario
async def twenty_thousand_characters(at: Corner) -> None:
    at.say("write me much", calls=True)
    await at.says("page/79")
    texts = at.texts()
    assert len(texts) >= len(LONG) // 12_000
    assert all(text.count("````") % 2 == 0 for text in texts)
    links = re.findall(r"https://example.org/page/(\d+)", "\n".join(texts))
    assert links == [str(number) for number in range(80)]


@scenario
async def twenty_thousand_characters_in_a_thread(at: Corner) -> None:
    root = at.say("a thread")
    at.say("write me much", calls=True, thread=root)
    await at.says("page/79", thread=root)
    links = re.findall(r"https://example.org/page/(\d+)", "\n".join(at.texts(thread=root)))
    assert links == [str(number) for number in range(80)]


@scenario
async def long_code(at: Corner) -> None:
    at.say("write me code", calls=True)
    await at.says("That is all.")


@scenario
async def the_bot_was_removed(at: Corner) -> None:
    before = at.ask("before")
    await at.says(before)
    at.slack.leave(at.place, BOT_USER)
    await at.command("/summarize", "public")
    await at.whispered("/invite")
    assert [text for text in at.texts() if "has left" not in text] == [before]


@scenario
async def a_private_channel_that_one_may_not_read(at: Corner) -> None:
    hidden = at.slack.open_channel(f"{at.name}-x".replace("_", "-"), private=True, members=(at.ben,))
    at.slack.say("the crown jewels are here", at.ben, hidden)
    await at.command("/summarize", f"<#{hidden.id}|{hidden.name}>")
    await until(lambda: len(at.whispers()) > 1, at.whispers)
    closed = at.whispers()
    at.given.clear()
    await at.command("/summarize", "<#C0NOWHERE|nowhere>")
    await until(lambda: len(at.whispers()) > 1, at.whispers)
    assert sorted(closed) == sorted(at.whispers()) and "crown" not in "".join(closed)


@scenario
async def a_private_channel_of_ones_own(at: Corner) -> None:
    own = at.slack.open_channel(f"{at.name}-x".replace("_", "-"), private=True, members=(at.ann, at.ben))
    at.slack.say("We decided to meet in Porto on Friday at nine.", at.ben, own)
    await at.command("/summarize", f"<#{own.id}|{own.name}> as bullets")
    await at.whispered("Porto")
    assert at.texts() == []


@scenario
async def what_was_said_before_the_bot_came(at: Corner) -> None:
    at.slack.fill(
        at.place, 40, words=lambda number: f"Old matter {number}: we chose Lisbon for the {at.name}."
    )
    await at.command("/summarize", "style:bullets")
    await at.whispered("Lisbon")
    assert any("of 40 messages" in text for text in at.whispers()), at.whispers()


@scenario
async def somebody_left_before_pressing(at: Corner) -> None:
    own = at.slack.open_channel(f"{at.name}-x".replace("_", "-"), private=True, members=(at.ann, at.ben))
    await at.says(at.ask(f"{at.name} ask and leave", place=own), place=own)
    await until(lambda: "parley:regenerate" in buttons_of(at.posts(own)[-1]), lambda: at.posts(own))
    post, asked = at.posts(own)[-1], len(at.prompts())
    at.slack.leave(own, at.ann)
    await at.press(post, "parley:regenerate")
    await at.whispered("no such channel")
    assert len(at.prompts()) == asked
