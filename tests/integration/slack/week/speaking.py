"""Scenarios: when the bot speaks, and when it keeps silent."""

from __future__ import annotations

from tests.integration.conversation.stage import until
from tests.integration.slack.fake_slack import BOT_USER
from tests.integration.slack.week.stage import Corner, scenario


@scenario
async def a_mention(at: Corner) -> None:
    await at.says(at.ask("hello"))


@scenario
async def a_mention_at_the_end(at: Corner) -> None:
    words = at.marked("are you there?")
    at.say(f"{words} <@{BOT_USER}>")
    await at.says(f"You said: {words}")


@scenario
async def a_mention_that_an_edit_adds(at: Corner) -> None:
    words = at.marked("and what about this")
    question = at.say("and what about that")
    at.slack.edit(question, f"<@{BOT_USER}> {words}")
    await at.says(f"You said: {words}")


@scenario
async def talk_among_people(at: Corner) -> None:
    at.say("good morning")
    at.say("morning!", at.ben)
    await at.silence()


@scenario
async def a_direct_message(at: Corner) -> None:
    direct = at.slack.open_dm(at.ann)
    await at.says(at.ask("just us", place=direct, calls=False), place=direct)


@scenario
async def a_direct_message_in_a_thread(at: Corner) -> None:
    direct = at.slack.open_dm(at.ann)
    root = at.say("one thing", place=direct)
    answer = at.ask("and another in its thread", place=direct, calls=False, thread=root)
    await at.says(answer, place=direct, thread=root)


@scenario
async def a_group_conversation(at: Corner) -> None:
    group = at.slack.open_dm(at.ann, at.ben)
    at.say("only among us", place=group)
    await at.says(at.ask("and you?", place=group), place=group)
    assert len(at.texts(group)) == 1


@scenario
async def a_thread_that_it_was_called_into(at: Corner) -> None:
    root = at.say("a plan")
    await at.says(at.ask("come in", thread=root), thread=root)
    await at.says(at.ask("go on", at.ben, thread=root, calls=False), thread=root)
    assert at.texts() == []


@scenario
async def a_thread_that_it_was_not_called_into(at: Corner) -> None:
    root = at.say("did you hear?")
    at.say("no, tell me", at.ben, thread=root)
    await at.silence()
    assert at.texts(thread=root) == []


@scenario
async def a_thread_under_its_own_answer(at: Corner) -> None:
    await at.says(at.ask("hello"))
    own = at.posts()[0]["ts"]
    await at.says(at.ask("tell me more", thread=own, calls=False), thread=own)


@scenario
async def somebody_else_is_addressed_in_its_thread(at: Corner) -> None:
    root = at.say("a talk")
    first = at.ask("come in", thread=root)
    await at.says(first, thread=root)
    at.say(f"<@{at.ben}> and you?", thread=root)
    last = at.ask("bye", thread=root, calls=False)
    await at.says(last, thread=root)
    assert at.texts(thread=root) == [first, last]


@scenario
async def a_channel_that_is_always_answered(at: Corner) -> None:
    await at.command("/bot-settings", "speak:always", at.chief)
    await at.whispered("every message")
    await at.says(at.ask("no mention here", calls=False))


@scenario
async def a_channel_where_it_is_off(at: Corner) -> None:
    await at.command("/bot-settings", "speak:off", at.chief)
    await until(lambda: len(at.whispers()) > 1)
    at.say("anybody?", calls=True)
    await at.command("/ask", "and by command?")
    await at.whispered("and by command?")
    assert at.texts() == []


@scenario
async def a_wake_word(at: Corner) -> None:
    await at.command("/bot-settings", 'wake-words:"hey computer"', at.chief)
    await until(lambda: len(at.whispers()) > 1)
    at.say("my computer is broken, hey")
    await at.says(at.ask("Hey computer, are you there?", calls=False))
    assert len(at.texts()) == 1


@scenario
async def somebody_who_may_not_set_anything(at: Corner) -> None:
    await at.command("/bot-settings", "speak:always", at.ben)
    await until(lambda: len(at.whispers()) > 1)
    at.say("no mention here")
    await at.silence()


@scenario
async def another_bot_calls(at: Corner) -> None:
    at.say("I am a bot, answer me", "UROBOT", calls=True, bot_id="BROBOT", subtype="bot_message")
    await at.silence()


@scenario
async def a_workflow_posts(at: Corner) -> None:
    at.say("posted by a workflow", "UROBOT", calls=True, bot_id="BFLOW", bot_profile={"id": "BFLOW"})
    await at.silence()


@scenario
async def many_messages_and_then_a_question(at: Corner) -> None:
    for number in range(30):
        at.say(f"{at.name} message {number}")
    await at.says(at.ask(f"{at.name} done"))
    prompt = at.prompts()[-1]
    places = [prompt.find(f"message {number}\n") for number in range(20, 29)]
    assert places == sorted(places) and places[-1] > 0


@scenario
async def one_person_floods(at: Corner) -> None:
    for number in range(40):
        at.say(f"answer {number}", calls=True)
    await at.says(at.ask("am I served?", at.ben))
    assert len(at.texts()) < 30


@scenario
async def somebody_joins(at: Corner) -> None:
    at.slack.users["UNEW" + at.ann] = "Dora"
    at.slack.join(at.place, "UNEW" + at.ann)
    await at.silence()


@scenario
async def a_guest_asks(at: Corner) -> None:
    at.slack.guests[at.ben] = "single"
    await at.says(at.ask("may I?", at.ben))


@scenario
async def somebody_of_another_company_asks(at: Corner) -> None:
    at.slack.foreigners[at.ben] = "T999"
    at.place.is_ext_shared = True
    await at.says(at.ask("hello from next door", at.ben))
