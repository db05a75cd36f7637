"""Scenarios: slash commands, as people type them."""

from __future__ import annotations

from tests.integration.conversation.script import FRENCH, ROOM, WHERE
from tests.integration.conversation.stage import until
from tests.integration.slack.week.stage import Corner, scenario

DECISION = "We decided to meet in Porto on Friday at nine."


@scenario
async def ask_command(at: Corner) -> None:
    await at.command("/ask", "how much?")
    await at.whispered("how much?")
    assert at.texts() == []


@scenario
async def ask_for_everybody(at: Corner) -> None:
    await at.command("/ask", "show:all how much, everybody?")
    await at.says("how much, everybody?")


@scenario
async def summarize_command(at: Corner) -> None:
    at.say(DECISION)
    await at.command("/summarize", "bullets")
    await at.whispered("Porto")
    assert at.texts() == []


@scenario
async def summarize_the_last_ones(at: Corner) -> None:
    at.say("An older matter about Madrid was settled.")
    at.say(DECISION)
    await at.command("/summarize", "last 1 as bullets")
    await at.whispered("Porto")
    assert not any("Madrid" in text for text in at.whispers())


@scenario
async def summarize_since_a_time(at: Corner) -> None:
    at.say(DECISION)
    await at.command("/summarize", "the last 2 hours as bullets")
    await at.whispered("Porto")


@scenario
async def summarize_in_public(at: Corner) -> None:
    at.say(DECISION)
    await at.command("/summarize", "public bullets")
    await at.says("Porto")


@scenario
async def summarize_from_a_link(at: Corner) -> None:
    at.say("An older matter about Madrid was settled.")
    start = at.say(DECISION)
    link = f"https://home.slack.com/archives/{at.place.id}/p{start.replace('.', '')}"
    await at.command("/summarize", f"<{link}> as bullets")
    await at.whispered("Porto")
    assert not any("Madrid" in text for text in at.whispers())


@scenario
async def summarize_with_threads(at: Corner) -> None:
    root = at.say("Where do we meet?")
    at.say(DECISION, at.ben, thread=root)
    await at.command("/summarize", "style:bullets")
    await at.whispered("Porto")
    assert any("1 thread" in text for text in at.whispers())


@scenario
async def summarize_in_french_words(at: Corner) -> None:
    at.say(DECISION)
    await at.command("/summarize", "les 50 derniers messages depuis hier")
    await at.whispered("Porto")


@scenario
async def summarize_since_i_was_here(at: Corner) -> None:
    at.say("I was here")
    at.say(DECISION, at.ben)
    await at.command("/summarize", "since I was last here")
    await at.whispered("Porto")


@scenario
async def catchup_command(at: Corner) -> None:
    at.say("I was here")
    at.say(DECISION, at.ben)
    await at.command("/catchup")
    await at.whispered("Porto")


@scenario
async def translate_command(at: Corner) -> None:
    await at.command("/translate", f"to:fr {WHERE}")
    await at.whispered(FRENCH[WHERE])


@scenario
async def translate_in_words(at: Corner) -> None:
    await at.command("/translate", f"to French: {ROOM}")
    await at.whispered(FRENCH[ROOM])


@scenario
async def write_command(at: Corner) -> None:
    await at.command("/write", "a story of the sea")
    await until(lambda: len(at.whispers()) > 1, at.whispers)


@scenario
async def search_command(at: Corner) -> None:
    at.say("The spare key lies under the blue pot.", at.ben)
    await at.command("/bot-search", "spare key")
    await at.whispered("blue pot")


@scenario
async def help_command(at: Corner) -> None:
    await at.command("/bot-help")
    await at.whispered("/summarize")
    assert any("/bot-settings" in text for text in at.whispers())


@scenario
async def a_wrong_command(at: Corner) -> None:
    given = await at.command("/summarize", "last:many")
    await until(lambda: any("For example" in text for text in at.whispers()), at.whispers)
    assert given.texts == [] or "For example" in " ".join(at.whispers())


@scenario
async def an_empty_channel(at: Corner) -> None:
    await at.command("/summarize")
    await at.whispered("nothing to summarise")


@scenario
async def a_command_where_the_bot_is_not(at: Corner) -> None:
    place = at.slack.open_channel(f"{at.name}-away".replace("_", "-"), members=(at.ann,), with_bot=False)
    await at.command("/summarize", place=place)
    await until(lambda: len(at.whispers()) > 1, at.whispers)
    assert at.texts(place) == []


@scenario
async def remember_and_facts(at: Corner) -> None:
    await at.command("/remember", "The launch is in June.", at.chief)
    await until(lambda: len(at.whispers()) + len(at.texts()) > 1, at.whispers)
    await at.command("/facts")
    await at.whispered("June")


@scenario
async def reset_command(at: Corner) -> None:
    at.say(f"{at.name} the password is swordfish")
    await at.command("/reset", "", at.chief)
    await until(lambda: len(at.whispers()) + len(at.texts()) > 1, at.whispers)
    await at.says(at.ask(f"{at.name} what do you know?"))
    assert "swordfish" not in at.prompts()[-1]


@scenario
async def forget_me(at: Corner) -> None:
    at.say(f"{at.name} my secret is plum jam", at.ben)
    await at.command("/forget-me", "confirm:yes", at.ben)
    await until(lambda: len(at.whispers()) > 1, at.whispers)


@scenario
async def export_command(at: Corner) -> None:
    at.say(f"{at.name} to be taken along", at.ben)
    await at.command("/export", "", at.ben)
    await until(lambda: at.slack.posts(at.slack.open_dm(at.ben)) or len(at.whispers()) > 1, at.whispers)


@scenario
async def stop_in_words(at: Corner) -> None:
    root = at.say("speak slowly", calls=True)
    await until(lambda: any("word 1" in text for text in at.texts()), at.texts)
    at.say("/stop", calls=True)
    await until(lambda: not at.week.bot.manager.is_answering(at.key), at.texts)
    assert root


@scenario
async def a_command_behind_the_name(at: Corner) -> None:
    at.say(DECISION)
    at.say("summarize the last 50 messages as bullets", calls=True)
    await until(lambda: any("Porto" in text for text in at.texts() + at.whispers()), at.texts)


@scenario
async def a_bridge(at: Corner) -> None:
    await at.command("/bridge", "pair:en,fr", at.chief)
    await until(lambda: len(at.whispers()) + len(at.texts()) > 1, at.texts)
    root = at.say(WHERE)
    await until(lambda: any(FRENCH[WHERE] in text for text in at.texts() + at.texts(thread=root)), at.texts)
