"""Scenarios: what the bot sees of what people post, before it was there and while it was away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.integration.conversation.stage import until
from tests.integration.discord.day.stage import Corner, scenario
from tests.unit.platforms.discord import payloads
from tests.unit.platforms.discord.payloads import snowflake


async def sees(at: Corner, *words: str) -> None:
    """Ask, and find the words in what the model was given."""
    at.ask(f"what was that, {at.name}?")
    await at.says(f"what was that, {at.name}?")
    prompt = at.prompts()[-1]
    assert all(word in prompt for word in words), prompt[-1500:]


@scenario
async def a_forward(at: Corner) -> None:
    inner = {
        "type": 0,
        "content": "the treasure is under the oak",
        "mentions": [],
        "mention_roles": [],
        "attachments": [],
        "embeds": [],
        "components": [],
        "timestamp": datetime.now(UTC).isoformat(),
        "edited_timestamp": None,
        "flags": 0,
    }
    reference = {"type": 1, "message_id": str(snowflake()), "channel_id": str(snowflake())}
    at.say("", message_reference=reference, message_snapshots=[{"message": inner}])
    await sees(at, "the treasure is under the oak")


@scenario
async def an_embed(at: Corner) -> None:
    embed = {"type": "rich", "title": "Build 81", "description": "the tests are green", "fields": []}
    at.say("look", embeds=[embed])
    await sees(at, "Build 81", "the tests are green")


@scenario
async def a_poll(at: Corner) -> None:
    answers = [
        {"answer_id": number, "poll_media": {"text": text}} for number, text in ((1, "pizza"), (2, "soup"))
    ]
    poll = {
        "question": {"text": "What do we eat?"},
        "answers": answers,
        "expiry": (datetime.now(UTC) + timedelta(days=1)).isoformat(),
        "allow_multiselect": False,
        "layout_type": 1,
        "results": {"is_finalized": False, "answer_counts": []},
    }
    at.say("", poll=poll)
    await sees(at, "What do we eat?", "pizza", "soup")


@scenario
async def a_text_file(at: Corner) -> None:
    file = at.discord.upload("notes.txt", b"the password of the gate is swordfish", "text/plain")
    at.ask(f"read this, {at.name}", attachments=[file])
    await at.says("read this")
    assert "swordfish" in at.prompts()[-1]


@scenario
async def a_picture(at: Corner) -> None:
    file = at.discord.upload("cat.png", b"\x89PNG\r\n\x1a\n" + bytes(50), "image/png")
    at.ask(f"and this, {at.name}", attachments=[file])
    await at.says("and this")
    assert "cat.png" in at.prompts()[-1]


@scenario
async def a_sticker(at: Corner) -> None:
    at.say("", sticker_items=[{"id": str(snowflake()), "name": "waving hand", "format_type": 1}])
    await sees(at, "waving hand")


@scenario
async def emoji_and_mentions_by_name(at: Corner) -> None:
    at.say(f"<:party:123456789012345678> for <@{at.ben['id']}>", beside=[at.ben])
    await sees(at, ":party:", "@Ben")


@scenario
async def a_reply_to_what_it_never_saw(at: Corner) -> None:
    old = at.say(f"the meeting of {at.name} is at noon", at.ben, is_told=False)
    at.answered.append(at.say("is that right?", calls=True, answering=old))
    await at.says("is that right?")
    assert f"the meeting of {at.name} is at noon" in at.prompts()[-1]


@scenario
async def a_thread_and_what_it_hangs_on(at: Corner) -> None:
    starter = at.say(f"shall we move {at.name} to Lisbon?", at.ben, is_told=False)
    thread = at.discord.open_thread(at.place, "Lisbon", starter=starter)
    at.ask("what is this about?", place=thread)
    await at.says("what is this about?", thread)
    assert f"shall we move {at.name} to Lisbon?" in at.prompts()[-1]


@scenario
async def called_in_the_middle_of_a_thread(at: Corner) -> None:
    thread = at.discord.open_thread(at.place, "long talk")
    for number in range(5):
        at.say(f"{at.name} thought {number}", place=thread, is_told=False)
    at.ask("sum it up", place=thread)
    await at.says("sum it up", thread)
    assert f"{at.name} thought 4" in at.prompts()[-1]


@scenario
async def a_channel_it_was_added_to_late(at: Corner) -> None:
    for number in range(8):
        at.say(f"{at.name} before you came {number}", is_told=False)
    await sees(at, f"{at.name} before you came 7")


@scenario
async def a_summary_of_what_was_before_it_came(at: Corner) -> None:
    at.say("We decided to meet in Porto on Friday.", at.ben, is_told=False)
    at.say("Anna books the train.", is_told=False)
    await at.command("summarize", {"style": "bullets"})
    await at.says("Porto")


@scenario
async def an_unheard_edit(at: Corner) -> None:
    old = at.say(f"{at.name}: the code is 1111")
    at.ask("noted?")
    await at.replies("You said: noted?")
    at.discord.edit(old, f"{at.name}: the code is 2222", is_told=False)
    await at.day.break_connection(at.discord.gateway.invalidate)
    await until(lambda: at.day.discord.rest.count("GET", f"/channels/{at.place.id}/messages") > 0)
    for _ in range(20):
        at.ask(f"what is the code of {at.name}?")
        await at.says(f"what is the code of {at.name}?")
        if "2222" in at.prompts()[-1]:
            break
        at.discord.interactions.clear()
    assert "2222" in at.prompts()[-1] and "1111" not in at.prompts()[-1]


@scenario
async def an_unheard_question(at: Corner) -> None:
    at.ask("hello")
    await at.replies("You said: hello")
    at.ask("did you miss me?", is_told=False)
    await at.day.break_connection(at.discord.gateway.invalidate)
    await at.says("did you miss me?")


@scenario
async def a_person_by_their_name_in_the_server(at: Corner) -> None:
    member = payloads.member(nick="The Boss")
    question = at.discord.say(f"{at.name} is mine", at.ann, at.place, calls=True)
    assert question and member["nick"]
    at.answered.append(question)
    await at.says("is mine")
