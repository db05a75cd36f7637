"""Scenarios: buttons, shortcuts, forms, reactions, the home and the pane."""

from __future__ import annotations

from tests.integration.conversation.script import FRENCH, WHERE
from tests.integration.conversation.stage import until
from tests.integration.slack.week.stage import Corner, scenario
from tests.unit.platforms.slack.payloads import buttons_of, text_of

DECISION = "We decided to meet in Porto on Friday at nine."


async def finished(at: Corner, thread: str | None = None) -> None:
    """Wait until the last answer has its buttons."""
    await until(
        lambda: "parley:regenerate" in buttons_of(at.posts(thread=thread)[-1]),
        lambda: at.posts(thread=thread),
    )


@scenario
async def regenerate(at: Corner) -> None:
    await at.says(at.ask("once more"))
    await finished(at)
    asked = len(at.week.bot.generator.asked)
    await at.press(at.posts()[-1], "parley:regenerate")
    await until(lambda: len(at.week.bot.generator.asked) > asked)
    await finished(at)
    assert len(at.texts()) == 1


@scenario
async def stop_by_a_button(at: Corner) -> None:
    at.say("speak slowly", calls=True)
    await until(lambda: at.posts() and "parley:stop" in buttons_of(at.posts()[-1]), at.posts)
    await at.press(at.posts()[-1], "parley:stop")
    await until(lambda: not at.week.bot.manager.is_answering(at.key))
    assert "word 599" not in at.texts()[-1]


@scenario
async def stop_by_somebody_else(at: Corner) -> None:
    at.say("speak slowly", calls=True)
    await until(lambda: at.posts() and "parley:stop" in buttons_of(at.posts()[-1]), at.posts)
    await at.press(at.posts()[-1], "parley:stop", at.ben)
    await at.whispered("Only the person who asked")
    assert at.week.bot.manager.is_answering(at.key)
    await at.press(at.posts()[-1], "parley:stop", at.chief)
    await until(lambda: not at.week.bot.manager.is_answering(at.key))


@scenario
async def a_thumb(at: Corner) -> None:
    await at.says(at.ask("judge me"))
    await finished(at)
    await at.interact(lambda: at.slack.press(at.posts()[-1], "parley:judge", at.ben, "good"))
    await at.whispered("noted")


@scenario
async def translate_an_answer(at: Corner) -> None:
    at.slack.profiles[at.ben] = {"locale": "fr-FR"}
    at.say(f"say {WHERE}", calls=True)
    await at.says(FRENCH[WHERE])
    await finished(at)
    await at.press(at.posts()[-1], "parley:translate", at.ben)
    await until(lambda: len(at.hidden()) + len(at.whispers()) > 0, at.whispers)


@scenario
async def share_a_summary(at: Corner) -> None:
    at.say(DECISION)
    await at.command("/summarize", "bullets")
    await at.whispered("Porto")
    await until(lambda: at.hidden() and "parley:share" in buttons_of(at.hidden()[-1]), at.hidden)
    await at.press(at.hidden()[-1], "parley:share")
    await at.says("Porto")
    await at.press(at.hidden()[-1], "parley:share")
    await at.whispered("shared already")
    assert len([text for text in at.texts() if "Porto" in text]) == 1


@scenario
async def summarize_a_thread_by_its_menu(at: Corner) -> None:
    root = at.say("Where do we meet?")
    reply = at.say(DECISION, at.ben, thread=root)
    await at.shortcut("parley:summarize-thread", reply)
    await at.whispered("Porto")


@scenario
async def translate_by_the_menu(at: Corner) -> None:
    at.slack.profiles[at.ann] = {"locale": "fr-FR"}
    told = at.say(WHERE, at.ben)
    await at.shortcut("parley:translate", told)
    await until(lambda: any(FRENCH[WHERE] in text for text in at.whispers()), at.whispers)


@scenario
async def explain_by_the_menu(at: Corner) -> None:
    told = at.say(f"{at.name} quantum tunnelling", at.ben)
    await at.shortcut("parley:explain", told)
    await until(lambda: any("tunnelling" in prompt for prompt in at.prompts()))


@scenario
async def reply_by_the_menu(at: Corner) -> None:
    told = at.say(f"{at.name} who comes along?", at.ben)
    await at.shortcut("parley:reply", told)
    await until(lambda: at.texts() + at.texts(thread=told), at.texts)


@scenario
async def a_flag(at: Corner) -> None:
    told = at.say(WHERE, at.ben)
    at.slack.react(told, "flag-fr", at.ann)
    await at.says(FRENCH[WHERE], thread=told)
    at.slack.react(told, "fr", at.chief)
    await at.silence()
    assert len(at.texts(thread=told)) == 1


@scenario
async def another_reaction(at: Corner) -> None:
    told = at.say(WHERE, at.ben)
    at.slack.react(told, "thumbsup", at.ann)
    await at.silence()
    assert at.texts(thread=told) == []


@scenario
async def the_form(at: Corner) -> None:
    given = await at.interact(lambda: at.slack.global_shortcut("parley:ask", at.ann))
    await until(lambda: given.views, lambda: "no form")
    assert given.views[0]["type"] == "modal"


@scenario
async def the_home(at: Corner) -> None:
    at.slack.open_home(at.ann)
    await until(lambda: at.slack.home(at.ann))
    assert "Parley" in text_of(at.slack.home(at.ann) or {})


@scenario
async def the_pane(at: Corner) -> None:
    thread = at.slack.open_pane(at.ann)
    await until(lambda: any(one["thread_ts"] == thread for one in at.slack.prompts if "thread_ts" in one))
    direct = at.slack.dm_of(at.ann)
    await at.says(at.ask("hello pane", place=direct, calls=False, thread=thread), place=direct, thread=thread)
