"""Scenarios: messages that are edited and deleted, and answers that follow them."""

from __future__ import annotations

from tests.integration.conversation.stage import until
from tests.integration.discord.day.stage import Corner, scenario


@scenario
async def an_edited_question(at: Corner) -> None:
    question = at.ask("one")
    await at.replies("You said: one")
    post = at.discord.posts(at.place)[0]["id"]
    await at.calmly(lambda: at.discord.edit(question, "two"))
    await at.replies("You said: two")
    assert at.discord.posts(at.place)[0]["id"] == post


@scenario
async def a_deleted_question(at: Corner) -> None:
    question = at.say("forget this", calls=True)
    await at.replies("You said: forget this")
    await at.calmly(lambda: at.discord.delete(question))
    await at.replies()


@scenario
async def a_question_deleted_in_mid_answer(at: Corner) -> None:
    question = at.say("speak slowly", calls=True)
    await until(lambda: at.texts())
    await at.calmly(lambda: at.discord.delete(question))
    await at.replies()


@scenario
async def many_deleted_at_once(at: Corner) -> None:
    said = [at.say(f"{at.name} secret {number}") for number in range(5)]
    await at.calmly(lambda: at.discord.delete(*said))
    at.ask(f"what was said, {at.name}?")
    await at.says("what was said")
    assert "secret" not in at.prompts()[-1]


@scenario
async def an_edit_of_what_was_said_before(at: Corner) -> None:
    old = at.say(f"{at.name}: we meet at nine")
    at.ask("noted?")
    await at.replies("You said: noted?")
    await at.calmly(lambda: at.discord.edit(old, f"{at.name}: we meet at ten"))
    at.ask(f"when, {at.name}?")
    await at.says(f"when, {at.name}?")
    assert "at ten" in at.prompts()[-1] and "at nine" not in at.prompts()[-1]


@scenario
async def an_edit_that_calls_it_now(at: Corner) -> None:
    old = at.say("hello bot")
    place, message = at.place, at.place.messages[old]

    def call() -> None:
        called = {"content": f"<@{at.discord.bot['id']}> hello bot", "mentions": [at.discord.bot]}
        at.discord.change(place, message | called | {"edited_timestamp": message["timestamp"]})

    await at.calmly(call)
    at.answered.append(old)
    await at.replies("You said: hello bot")


@scenario
async def a_deleted_answer(at: Corner) -> None:
    at.say("say something", calls=True)
    await at.replies("You said: say something")
    await at.calmly(lambda: at.discord.delete(int(at.discord.posts(at.place)[0]["id"])))
    at.ask(f"what did you say, {at.name}?")
    await at.says("what did you say")
    assert "You said: say something" not in at.prompts()[-1]


@scenario
async def a_flagged_message_that_is_deleted(at: Corner) -> None:
    said = at.say("Where is the meeting tomorrow morning?")
    await at.calmly(lambda: at.discord.react(said, "🇫🇷", at.ben))
    await at.says("Où est la réunion")
    await at.calmly(lambda: at.discord.delete(said))
    await until(lambda: not any("réunion" in text for text in at.texts()), at.texts)


@scenario
async def a_closed_thread_is_forgotten(at: Corner) -> None:
    thread = at.discord.open_thread(at.place, "short")
    at.ask("in here", place=thread)
    await at.replies("You said: in here", place=thread)
    at.answered.pop()
    await at.calmly(lambda: at.discord.close(thread))
    await at.silence()
