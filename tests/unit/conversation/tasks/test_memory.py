"""Facts, personas, search, questions about the channel, and what was used: with a real store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from bot.conversation.tasks.chat import ASK, FOUND_HERE
from bot.conversation.tasks.chat import TASK as CHAT
from bot.conversation.tasks.context import TASK as CONTEXT
from bot.conversation.tasks.facts import NONE_KNOWN
from bot.conversation.tasks.facts import TASK as FACTS
from bot.conversation.tasks.persona import TASK as PERSONA
from bot.conversation.tasks.remember import TASK as REMEMBER
from bot.conversation.tasks.reset import TASK as RESET
from bot.conversation.tasks.search import TASK as SEARCH
from bot.conversation.tasks.task import Task, TaskContext
from bot.conversation.tasks.write import TASK as WRITE
from bot.errors import CommandError
from bot.messages import Author, Command, Turn
from bot.storage.store import HistoryStore
from tests.support import (
    ALICE,
    BASE,
    BOB,
    CHANNEL,
    INSTRUCTED,
    PARLEY,
    SMALL,
    ScriptedGenerator,
    answer_of,
    context,
    message,
    remembering,
    turn,
)

LARGE = replace(INSTRUCTED, context_window=4096)


def asked(
    task: Task,
    memory: HistoryStore,
    options: Mapping[str, str] | None = None,
    *,
    author: Author = ALICE,
    by_manager: bool = False,
    generator: ScriptedGenerator | None = None,
) -> TaskContext:
    command = Command(task.name, dict(options or {}), by_manager)
    question = replace(message("", command), author=author)
    ctx = context(generator or ScriptedGenerator(model=LARGE), memory, question)
    return replace(ctx, permalink=lambda said: f"https://chat.example/{said.message_id}")


async def told(
    task: Task,
    memory: HistoryStore,
    options: Mapping[str, str] | None = None,
    *,
    author: Author = ALICE,
    by_manager: bool = False,
    generator: ScriptedGenerator | None = None,
) -> str:
    ctx = asked(task, memory, options, author=author, by_manager=by_manager, generator=generator)
    return await answer_of(task, ctx)


async def said(memory: HistoryStore, text: str, generator: ScriptedGenerator, author: Author = ALICE) -> str:
    question = replace(message(text), author=author)
    return await answer_of(CHAT, context(generator, memory, question))


# --- facts -----------------------------------------------------------------------------------


async def test_facts_are_kept_by_command_and_in_words_and_listed_with_who_said_them() -> None:
    memory, generator = await remembering(), ScriptedGenerator()
    assert "as fact 1: The deploy day is Tuesday" in await told(
        REMEMBER, memory, {"text": "The deploy day is Tuesday"}
    )
    assert "as fact 2: Bo is vegan" in await said(memory, "remember that Bo is vegan", generator, BOB)
    assert not generator.requests
    listed = await told(FACTS, memory)
    assert "1. The deploy day is Tuesday (Alice, " in listed and "2. Bo is vegan (Bob, " in listed
    assert "no facts" in NONE_KNOWN and await told(FACTS, await remembering()) == NONE_KNOWN


async def test_each_of_several_messages_that_wait_is_done() -> None:
    memory, generator = await remembering(), ScriptedGenerator(model=SMALL)
    texts = ("@Parley remember that Bo is vegan", "hello", "@Parley remember: lunch is at noon")
    waiting = [message(text, number=200 + number) for number, text in enumerate(texts)]
    answer = await answer_of(CHAT, context(generator, memory, *waiting))
    assert [fact.text for fact in await memory.facts(CHANNEL)] == ["Bo is vegan", "lunch is at noon"]
    assert "as fact 1" in answer and "as fact 2" in answer and answer.endswith("\n\nAn answer.")
    assert generator.prompts[0].messages[-1].content == "hello"


async def test_facts_stand_in_the_prompt_with_their_author_and_nowhere_else() -> None:
    memory, generator = await remembering(), ScriptedGenerator(model=LARGE)
    await told(REMEMBER, memory, {"text": "The deploy day is Tuesday"}, author=BOB)
    await said(memory, "hello", generator)
    contents = [one.content for one in generator.prompts[0].messages]
    assert "| fact 1, said by Bob: The deploy day is Tuesday" in contents[1] and contents[-1] == "hello"
    other = replace(CHANNEL, channel_id="other")
    elsewhere = replace(message("hello"), conversation=other)
    await answer_of(CHAT, context(generator, memory, elsewhere))
    assert "Tuesday" not in str(generator.prompts[1])


async def test_a_fact_is_changed_by_who_said_it_and_deleted_by_them_or_a_manager() -> None:
    memory, generator = await remembering(), ScriptedGenerator()
    for text in ("one", "two", "three"):
        await told(REMEMBER, memory, {"text": text})
    assert await told(FACTS, memory, {"edit": "2", "text": "zwei"}) == "Fact 2 now is: zwei"
    with pytest.raises(CommandError, match="said by Alice"):
        await told(FACTS, memory, {"edit": "2", "text": "mine"}, author=BOB, by_manager=True)
    with pytest.raises(CommandError, match="said by Alice"):
        await told(FACTS, memory, {"delete": "2"}, author=BOB)
    with pytest.raises(CommandError, match="said by Alice"):
        await said(memory, "forget fact 2", generator, BOB)
    assert "forgotten fact 2: zwei" in await told(FACTS, memory, {"delete": "2"}, author=BOB, by_manager=True)
    assert "forgotten fact 1: one" in await said(memory, "forget fact 1", generator)
    assert "forgotten fact 3: three" in await said(memory, "forget that three", generator)
    assert await memory.facts(CHANNEL) == []


@pytest.mark.parametrize(
    "options", [{"delete": "9"}, {"delete": "x"}, {"edit": "1"}, {"edit": "1", "delete": "1"}, {"text": "x"}]
)
async def test_facts_used_wrongly_say_how_it_goes(options: dict[str, str]) -> None:
    memory = await remembering()
    await told(REMEMBER, memory, {"text": "one"})
    with pytest.raises(CommandError, match=r"/facts|/remember"):
        await told(FACTS, memory, options)
    assert len(await memory.facts(CHANNEL)) == 1


async def test_facts_have_limits_and_are_kept_once() -> None:
    memory = await remembering()
    with pytest.raises(CommandError, match="301 characters long, and a fact has at most 300"):
        await told(REMEMBER, memory, {"text": "x" * 301})
    for number in range(50):
        await memory.add_fact(CHANNEL, ALICE, f"fact number {number}")
    with pytest.raises(CommandError, match="remember that already"):
        await told(REMEMBER, memory, {"text": "Fact  number 7"})
    with pytest.raises(CommandError, match="I remember 50 facts"):
        await told(REMEMBER, memory, {"text": "one more"})


# --- personas --------------------------------------------------------------------------------


async def test_personas_stand_behind_the_operators_words_each_for_whom_it_is() -> None:
    memory, generator = await remembering(), ScriptedGenerator(model=LARGE)
    await told(PERSONA, memory, {"text": "You are a\npirate"}, by_manager=True)
    await told(PERSONA, memory, {"mine": "yes", "text": "in rhymes"}, author=BOB)
    await said(memory, "hello", generator)
    await said(memory, "hello", generator, BOB)
    alices, bobs = (prompt.messages[0].content.split("\n") for prompt in generator.prompts)
    assert alices[0] == bobs[0] == "You are Parley."
    assert "You are a pirate" in alices[1] and len(alices) == 2
    assert "Bob, who asks, likes to be answered like this: in rhymes" in bobs[2]


async def test_personas_are_shown_and_cleared_and_the_channels_is_for_managers() -> None:
    memory = await remembering()
    with pytest.raises(CommandError, match=r"Only who manages .* mine:yes"):
        await told(PERSONA, memory, {"text": "You are mine"})
    await told(PERSONA, memory, {"text": "a pirate"}, by_manager=True)
    await told(PERSONA, memory, {"mine": "yes", "text": "briefly"})
    shown = await told(PERSONA, memory)
    assert "In this channel: a pirate" in shown and "For answers to you: briefly" in shown
    await told(PERSONA, memory, {"clear": "yes"}, by_manager=True)
    await told(PERSONA, memory, {"mine": "yes", "clear": "yes"})
    assert (await told(PERSONA, memory)).count("nothing was said") == 2
    with pytest.raises(CommandError, match="at most 500"):
        await told(PERSONA, memory, {"text": "x" * 501}, by_manager=True)
    small = ScriptedGenerator(model=SMALL)
    assert "too small to follow" in await told(PERSONA, memory, {"mine": "yes", "text": "x"}, generator=small)


# --- search ----------------------------------------------------------------------------------


async def history() -> HistoryStore:
    return await remembering(
        [
            turn("The deploy day is Tuesday, after lunch.", BOB, 1),
            turn("Lunch was good.", number=2),
            turn("会议室的密码是四八二七，不要告诉外面的人。", BOB, 3),
            replace(turn("In the thread: deployment is frozen", number=4), thread_id="m1"),
            turn("deploy " + "and so on " * 60 + "the end", number=5),
        ]
    )


async def test_search_shows_author_time_excerpt_and_link_with_the_words_in_bold() -> None:
    answer = await told(SEARCH, await history(), {"words": "deploy day"})
    assert answer.startswith(
        "3 messages found:\n\n1. **Bob**, 2026-11-20 12:01 UTC: The **deploy** **day** is"
    )
    assert "[open](https://chat.example/m1)" in answer and "**deployment** is frozen" in answer
    assert max(map(len, answer.splitlines())) < 400


@pytest.mark.parametrize(
    ("options", "found", "unfound"),
    [
        ({"words": "密码"}, "**密码**是四八二七", "Lunch"),
        ({"words": "deploy", "from": "@bob"}, "Tuesday", "frozen"),
        ({"words": "lunch", "last": "4"}, "was good", "Tuesday"),
        ({"words": "lunch", "since": "2026-11-20T12:02"}, "was good", "Tuesday"),
    ],
)
async def test_search_options(options: dict[str, str], found: str, unfound: str) -> None:
    answer = await told(SEARCH, await history(), options)
    assert found in answer and unfound not in answer


async def test_search_says_when_nothing_was_found_and_what_is_wrong() -> None:
    memory = await history()
    answer = await told(SEARCH, memory, {"words": "unicorn", "from": "Bob"})
    assert answer == "I found nothing with these words in this channel from Bob."
    for options in ({"words": " "}, {"words": "x", "last": "0"}, {"words": "x", "since": "soon"}):
        with pytest.raises(CommandError, match=r"/search|since:"):
            await told(SEARCH, memory, options)


# --- questions about the channel -------------------------------------------------------------


async def test_a_small_model_is_not_asked_where_a_message_clearly_tells() -> None:
    generator = ScriptedGenerator(model=SMALL)
    answer = await told(ASK, await history(), {"question": "When is deploy day?"}, generator=generator)
    assert answer.startswith(f"{FOUND_HERE}\n\n1. **Bob**, 2026-11-20 12:01 UTC: The deploy day is Tuesday")
    assert not generator.requests


@pytest.mark.parametrize("text", ["hello", "who are you?", "tell me a joke", "good morning", "thanks"])
async def test_small_talk_stays_with_the_model(text: str) -> None:
    memory = await remembering([turn("hello, tell me a joke, good morning", BOB, 1)])
    assert (
        await told(ASK, memory, {"question": text}, generator=ScriptedGenerator(model=SMALL)) == "An answer."
    )


async def test_a_model_that_follows_instructions_reads_what_was_found_and_its_citations_get_links() -> None:
    memory = await remembering(
        [turn("The deploy day is Tuesday.", BOB, 1), turn("fine", number=2)]
        + [turn(f"chatter {number} " * 12, number=number) for number in range(3, 120)]
    )
    generator = ScriptedGenerator(lambda _: ["On Tuesday", " [1]."], LARGE)
    answer = await told(ASK, memory, {"question": "When do we deploy?"}, generator=generator)
    assert answer == (
        "On Tuesday [1].\n\n_Sources: [1](https://chat.example/m1) **Bob**, 2026-11-20 12:01 UTC_"
    )
    assert "| [1] Bob (member, 2026-11-20 12:01): The deploy day is Tuesday." in str(
        [one.content for one in generator.prompts[0].messages]
    )


async def test_what_was_found_is_of_this_channel_only() -> None:
    memory = await history()
    generator = ScriptedGenerator(model=LARGE)
    question = replace(
        message("", Command("ask", {"question": "When is deploy day?"})),
        conversation=replace(CHANNEL, channel_id="other"),
    )
    await answer_of(ASK, context(generator, memory, question))
    assert "Tuesday" not in str(generator.prompts)


async def talk(memory: HistoryStore, text: str) -> str:
    """What a small model's bot answers in plain talk; "An answer." is the model's own."""
    return await said(memory, text, ScriptedGenerator(model=SMALL))


async def small_ask(memory: HistoryStore, question: str) -> str:
    return await told(ASK, memory, {"question": question}, generator=ScriptedGenerator(model=SMALL))


async def test_a_small_models_bot_quotes_matching_facts_first() -> None:
    memory = await history()
    await told(REMEMBER, memory, {"text": "The gate code is 7741"})
    await told(REMEMBER, memory, {"text": "Deploy day starts at nine"}, author=BOB)
    fact = "You asked me to remember (fact 1, Alice): The gate code is 7741"
    assert await small_ask(memory, "What is the gate code?") == fact
    assert await talk(memory, "@Parley what is the gate code?") == fact
    assert await talk(memory, "I like the gate") == await talk(memory, "who are you?") == "An answer."
    answer = await small_ask(memory, "When is deploy day?")
    assert answer.startswith("Somebody asked me to remember (fact 2, Bob): Deploy day starts at nine\n\n")
    assert FOUND_HERE in answer and "The deploy day is Tuesday" in answer
    line = await told(CONTEXT, memory, generator=ScriptedGenerator(model=SMALL))
    assert "2 facts known, quoted where a question asks for it" in line
    await told(FACTS, memory, {"delete": "1"})
    assert await small_ask(memory, "What is the gate code?") == "An answer."


async def test_a_question_is_quoted_with_its_answer_and_never_alone() -> None:
    memory = await remembering([turn("What is the wifi password?", number=1)])
    assert await small_ask(memory, "What is the wifi password?") == "An answer."
    memory = await remembering(
        [turn("@Parley what is the wifi password?", number=1), turn("What is the wifi password?", number=2),
         turn("It is hunter22", BOB, 3), turn("Lunch?", BOB, 4),
         turn("Does the wifi reach the garden?", BOB, 5)]
    )  # fmt: skip
    answer = await small_ask(memory, "what is the wifi password?")
    assert "Alice**, 2026-11-20 12:02 UTC: What is the wifi password?" in answer
    assert (
        "   - **Bob**, 2026-11-20 12:03 UTC: It is hunter22" in answer and answer.count("It is hunter22") == 1
    )
    assert "garden" not in answer and "hunter22" in await talk(memory, "whats the wifi password")


async def test_a_proposal_is_quoted_with_what_settled_it() -> None:
    memory = await remembering(
        [turn("Where do we go for the offsite?", number=1), turn("I propose Lisbon", BOB, 2),
         turn("Fine with me", number=3), turn("So Lisbon it is", BOB, 4)]
    )  # fmt: skip
    answer = await small_ask(memory, "Where do we go for the offsite?")
    assert answer.index("I propose Lisbon") < answer.index("So Lisbon it is") and "Fine" not in answer


async def test_plain_talk_about_the_people_here_is_answered_by_quotation() -> None:
    memory = await remembering(
        [turn("We decided to renew the domain in March", BOB, 1), turn("The moon is far away", BOB, 2)]
    )
    answer = await talk(memory, "@Parley What did we decide about the domain?")
    assert answer.startswith(FOUND_HERE) and "renew the domain in March" in answer
    assert "renew" in await talk(memory, "When is the domain renewed?")
    for text in ("what is the capital of France?", "tell me a joke", "how are you?", "we like the domain"):
        assert await talk(memory, text) == "An answer."


async def test_what_the_bot_said_and_what_it_was_told_to_remember_is_no_evidence() -> None:
    memory = await remembering(
        [turn("@Parley remember that the gate code is 7741", number=1),
         turn("I will remember in this channel, as fact 1: the gate code is 7741", PARLEY, 2)]
    )  # fmt: skip
    assert await small_ask(memory, "What is the gate code?") == "An answer."


async def test_an_answer_by_quotation_says_what_was_used_if_asked() -> None:
    memory = await history()
    await told(REMEMBER, memory, {"text": "Deploy day starts at nine"})
    options = {"question": "When is deploy day?", "context": "yes"}
    answer = await told(ASK, memory, options, generator=ScriptedGenerator(model=SMALL))
    assert answer.endswith(" found by search, quoted as they are; the model was not asked_")
    assert "_Context used: 1 fact and " in answer


# --- context ---------------------------------------------------------------------------------


async def test_the_line_about_the_context() -> None:
    memory = await remembering([turn("word " * 30, (ALICE, BOB)[number % 2], number) for number in range(40)])
    line = await told(CONTEXT, memory, generator=ScriptedGenerator(model=INSTRUCTED))
    assert line.startswith("Context used: model scripted, ") and "of 512 tokens (persona " in line
    assert "messages in (since 2026-11-20 12:" in line and line.endswith(" left out")
    small = await told(CONTEXT, memory, generator=ScriptedGenerator(model=SMALL))
    assert small.endswith("no running summary, this model does not summarise")
    answer = await told(ASK, memory, {"question": "hello there", "context": "yes"})
    assert answer.startswith("An answer.\n\n_Context used: model scripted") and answer.endswith("left out_")


# --- continuing ------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [LARGE, SMALL, BASE])
@pytest.mark.parametrize("task", [CHAT, WRITE])
async def test_of_an_answer_that_is_begun_only_the_rest_is_yielded(task: Task, model: object) -> None:
    chosen = LARGE if model is LARGE else SMALL if model is SMALL else BASE
    generator = ScriptedGenerator(lambda _: ["  Parley: and", " so on"], chosen)
    ctx = replace(context(generator, await remembering(), message("hi")), begun="It began ")
    ctx = replace(ctx, options={"prompt": "It"})
    assert await answer_of(task, ctx) == "  Parley: and so on"
    assert generator.prompts[0].prefix == "It began "


async def test_a_long_beginning_is_shortened_from_its_front() -> None:
    generator = ScriptedGenerator(model=INSTRUCTED)
    begun = " ".join(f"w{number}" for number in range(600))
    ctx = context(generator, await remembering(), message("hi"), answer_tokens=100)
    await answer_of(CHAT, replace(ctx, begun=begun))
    prefix = generator.prompts[0].prefix
    assert begun.endswith(prefix) and 0 < len(prefix.split()) <= 50


async def test_replies_above_the_newest_turns_are_in_focus() -> None:
    turns: list[Turn] = [turn("the very old proposal", BOB, 1), turn("re: it", PARLEY, 2, reply_to="m1")]
    turns += [turn("chatter " * 20, BOB, number) for number in range(3, 120)]
    generator = ScriptedGenerator(model=INSTRUCTED)
    memory = await remembering(turns)
    await answer_of(CHAT, context(generator, memory, message("and now?", reply_to="m2")))
    text = "\n".join(one.content for one in generator.prompts[0].messages)
    assert "the very old proposal" in text and "Parley (you, 2026-11-20 12:02): re: it" in text


async def test_reset_forgets_the_facts_of_a_channel_too_and_says_so() -> None:
    memory = await remembering([turn("a")])
    await told(REMEMBER, memory, {"text": "one"})
    assert (
        await told(RESET, memory, by_manager=True)
        == "I have forgotten the 1 message and 1 fact of this conversation."
    )
    assert await told(FACTS, memory) == NONE_KNOWN
    await told(REMEMBER, memory, {"text": "two"})
    assert await told(RESET, memory, by_manager=True) == "I have forgotten the 1 fact of this conversation."
