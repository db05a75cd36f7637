"""Scenarios: when the bot speaks, and when it keeps silent."""

from __future__ import annotations

from tests.integration.conversation.stage import until
from tests.integration.discord.day.stage import Corner, scenario


@scenario
async def a_mention(at: Corner) -> None:
    question = at.ask("hello")
    await at.replies("You said: hello")
    assert at.discord.posts(at.place)[0]["message_reference"]["message_id"] == str(question)


@scenario
async def a_reply_to_the_bot(at: Corner) -> None:
    at.ask("first")
    await at.replies("You said: first")
    at.answered.append(at.say("second", answering=int(at.discord.posts(at.place)[0]["id"])))
    await at.replies("You said: first", "You said: second")


@scenario
async def a_reply_to_somebody_else(at: Corner) -> None:
    first = at.say("what do you think, Ben?")
    at.say("I think so", at.ben, answering=first)
    await at.silence()


@scenario
async def talk_among_people(at: Corner) -> None:
    at.say("good morning")
    at.say("morning!", at.ben)
    await at.silence()


@scenario
async def a_direct_message(at: Corner) -> None:
    before = len(at.texts(at.discord.direct))
    at.answered.append(at.discord.say("just us", at.discord.ann, at.discord.direct))
    await until(lambda: "You said: just us" in at.texts(at.discord.direct)[before:])


@scenario
async def a_thread_that_it_was_called_into(at: Corner) -> None:
    thread = at.discord.open_thread(at.place, "plans")
    at.ask("come in", place=thread)
    await at.replies("You said: come in", place=thread)
    at.answered.append(at.say("go on", at.ben, place=thread))
    await at.replies("You said: come in", "You said: go on", place=thread)


@scenario
async def a_thread_that_it_was_not_called_into(at: Corner) -> None:
    thread = at.discord.open_thread(at.place, "gossip")
    at.say("did you hear?", place=thread)
    await at.silence()
    assert at.texts(thread) == []


@scenario
async def somebody_else_is_addressed_in_its_thread(at: Corner) -> None:
    thread = at.discord.open_thread(at.place, "talk")
    at.ask("come in", place=thread)
    await at.replies("You said: come in", place=thread)
    at.say("and you?", place=thread, beside=[at.ben])
    at.answered.append(at.say("bye", place=thread))
    await at.replies("You said: come in", "You said: bye", place=thread)


@scenario
async def a_channel_that_is_always_answered(at: Corner) -> None:
    await at.command("settings", {"speak": "always"}, at.chief)
    await at.says("every message")
    told = len(at.texts())
    at.answered.append(at.say("no mention here"))
    await until(lambda: at.texts()[told:] == ["You said: no mention here"], at.texts)


@scenario
async def others_are_addressed_where_all_is_answered(at: Corner) -> None:
    await at.command("settings", {"speak": "always"}, at.chief)
    await at.says("every message")
    told = len(at.texts())
    at.say("what about you?", beside=[at.ben])
    at.say("I am another bot", at.discord.robot)
    at.answered.append(at.say("and now to you"))
    await until(lambda: at.texts()[told:] == ["You said: and now to you"], at.texts)


@scenario
async def a_channel_where_it_is_off(at: Corner) -> None:
    await at.command("settings", {"speak": "off"}, at.chief)
    await until(lambda: any(at.texts()))
    at.say("anybody?", calls=True)
    await at.command("ask", {"question": "and by command?"})
    await at.says("and by command?")
    assert len(at.texts()) == 2


@scenario
async def a_wake_word(at: Corner) -> None:
    await at.command("settings", {"wake-words": "hey computer"}, at.chief)
    await until(lambda: any(at.texts()))
    at.say("my computer is broken, hey")
    at.answered.append(at.say("Hey computer, are you there?"))
    await at.says("are you there?")
    assert len(at.texts()) == 2


@scenario
async def another_bot_calls(at: Corner) -> None:
    at.say("I am a bot, answer me", at.discord.robot, calls=True)
    await at.silence()


@scenario
async def a_webhook_calls(at: Corner) -> None:
    at.say("posted by a webhook", calls=True, webhook_id="123456789012345678")
    await at.silence()


@scenario
async def a_chatty_bot_beside_it(at: Corner) -> None:
    for number in range(100):
        at.say(f"tick {number}", at.discord.robot)
    at.ask("quick?")
    await at.replies("You said: quick?")
    for number in range(100):
        at.say(f"tock {number}", at.discord.robot)
    await at.silence()


@scenario
async def many_messages_and_then_a_question(at: Corner) -> None:
    for number in range(30):
        at.say(f"{at.name} message {number}")
    at.ask(f"{at.name} done")
    await at.replies(f"You said: {at.name} done")
    prompt = at.prompts()[-1]
    places = [prompt.find(f"message {number}\n") for number in range(20, 29)]
    assert places == sorted(places) and places[-1] > 0


@scenario
async def a_second_question_meanwhile(at: Corner) -> None:
    at.say("write me much of this", calls=True)
    at.ask("and one more thing")
    await at.says("one more thing")


@scenario
async def one_person_floods(at: Corner) -> None:
    for number in range(60):
        at.say(f"answer {number}", calls=True)
    at.ask("am I served?", at.ben)
    await at.says("am I served?")
    told = at.discord.direct_of(at.ann)
    await until(lambda: any(at.texts(told)))
    assert len(at.texts(told)) == 1 and len(at.texts()) < 30
