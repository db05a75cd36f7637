"""Talking through the websocket, without a browser: the road of a message, and what survives a restart."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from bot.generation.types import GenerationRequest
from bot.messages import ConversationKey
from bot.platforms.web.frames import CLIPPED_CHARS
from tests.integration.conversation.rig import until
from tests.integration.conversation.script import last_user
from tests.integration.web.rig import Page, Playground, slowly

DIRECT = ConversationKey("web", "local", "direct")


async def history(page: Page, channel: str = "direct", thread: str | None = None) -> list[dict]:
    await page.send("history", channel=channel, thread=thread)
    notes: list[dict] = (await page.frame("history", channel=channel, thread=thread))["messages"]
    return notes


async def test_a_question_is_answered_in_every_tab_and_remembered(tmp_path: Path):
    async with (
        Playground(tmp_path, slowly) as playground,
        Page(playground) as page,
        Page(playground) as other,
    ):
        hello = await page.frame("hello")
        assert [channel["id"] for channel in hello["channels"]] == ["direct", "general"]
        assert {"summarize", "translate", "write", "help"} <= {
            command["name"] for command in hello["commands"]
        }
        await page.say("hello", 1)
        assert await page.answer() == await other.answer() == "You said: hello"
        await until(lambda: not playground.manager.is_answering(DIRECT))
        turns = await playground.manager.history(DIRECT)
        assert [(turn.role, turn.text.strip()) for turn in turns] == [
            ("user", "hello"),
            ("assistant", "You said: hello"),
        ]
        assert [note["text"].strip() for note in await history(other)] == ["hello", "You said: hello"]


async def test_sending_again_after_a_lost_connection_changes_nothing(tmp_path: Path):
    async with Playground(tmp_path, slowly) as playground, Page(playground) as page:
        await page.say("hello", 1)
        await page.answer()
        await page.socket.close()
        await page.open()
        await page.say("hello", 1)
        await page.frame("hello")
        await page.frame("message")  # the acknowledgement that the first connection did not bring
        assert len(await history(page)) == 2
        assert len(playground.generator.asked) == 1


async def test_in_a_channel_only_what_is_meant_for_the_bot_is_answered(tmp_path: Path):
    async with Playground(tmp_path, slowly) as playground, Page(playground) as page:
        await page.say("lunch, Bob?", 1, channel="general")
        await page.say("@parley hi", 2, channel="general")
        assert await page.answer() == "You said: @parley hi"
        (bots,) = [note for note in await history(page, "general") if note["author"]["is_bot"]]
        assert bots["reply_to"] == "m-2"
        await page.say("and you?", 3, channel="general", person="bob", reply_to=bots["id"])
        assert await page.answer() == "You said: and you?"
        assert len(playground.generator.asked) == 2
        prompt = playground.generator.asked[0].prompt
        assert "lunch, Bob?" in " ".join(message.content for message in prompt.messages)


async def test_a_thread_is_answered_there_once_the_bot_was_called(tmp_path: Path):
    async with Playground(tmp_path, slowly) as playground, Page(playground) as page:
        await page.say("an idea", 1, channel="general")
        await page.say("good one", 2, channel="general", thread="m-1", person="bob")
        await history(page, "general", "m-1")
        await page.say("@Parley what do you think?", 3, channel="general", thread="m-1")
        assert await page.answer() == "You said: @Parley what do you think?"
        await page.say("are you sure?", 4, channel="general", thread="m-1")
        assert await page.answer() == "You said: are you sure?"
        (root,) = await history(page, "general")
        assert root["thread_replies"] == 5
        thread = await history(page, "general", "m-1")
        assert [note["id"] for note in thread if not note["author"]["is_bot"]] == ["m-1", "m-2", "m-3", "m-4"]
        is_bot_in = [f["is_bot_in"] for f in page.frames if f["type"] == "history" and f["thread"]]
        assert is_bot_in == [False, True]


async def test_stop_leaves_what_was_written(tmp_path: Path):
    async with Playground(tmp_path, slowly) as playground, Page(playground) as page:
        await page.say("count", 1)
        await page.frame("edit")
        await page.send("stop", channel="direct", thread=None)
        ended = await page.frame("reply", state="finished")
        assert ended["outcome"] == "stopped"
        answer = (await history(page))[1]["text"]
        assert answer.startswith("1 2")
        assert playground.generator.generations[0].is_closed


async def test_an_edited_question_is_answered_again_into_the_same_message(tmp_path: Path):
    async with Playground(tmp_path, slowly) as playground, Page(playground) as page:
        await page.say("helo", 1)
        await page.answer()
        before = await history(page)
        await page.send("edit", id="m-1", text="hello")
        assert await page.answer() == "You said: hello"
        after = await history(page)
        assert [note["id"] for note in after] == [note["id"] for note in before]
        assert after[0]["edited_ms"]
        assert after[1]["text"].strip() == "You said: hello"


async def test_a_deleted_question_takes_its_answer_in_the_making_along(tmp_path: Path):
    async with Playground(tmp_path, slowly) as playground, Page(playground) as page:
        await page.say("count", 1)
        await page.frame("edit")
        await page.send("delete", id="m-1")
        assert (await page.frame("reply", state="finished"))["outcome"] == "withdrawn"
        assert await history(page) == []
        assert await playground.manager.history(DIRECT) == []


async def test_the_bots_messages_and_foreign_ids_cannot_be_changed(tmp_path: Path):
    async with Playground(tmp_path, slowly) as playground, Page(playground) as page:
        await page.say("hello", 1)
        await page.answer()
        bots = (await history(page))[1]
        for kind in ("edit", "delete"):
            await page.send(kind, id=bots["id"], text="mine now")
            assert (await page.frame("error"))["text"] == "Only messages of people can be changed here."
            await page.send(kind, id="m-99", text="x")
            assert (await page.frame("error"))["text"] == "That message is gone already."
        await page.say("hi", 3, thread="m-99")
        assert (await page.frame("error"))["id"] == "m-3"
        await page.say("hi", 2, person="nobody")
        assert (await page.frame("error"))["id"] == "m-2"


async def test_a_wrong_command_is_explained_and_not_posted(tmp_path: Path):
    async with Playground(tmp_path, slowly) as playground, Page(playground) as page:
        await page.say("/nonsense", 1)
        error = await page.frame("error")
        assert error["id"] == "m-1"
        assert "/nonsense" in error["text"]
        assert await history(page) == []
        await page.say("/usr/bin is a folder", 2)  # no command, although it begins like one
        assert await page.answer() == "You said: /usr/bin is a folder"


async def test_a_message_that_memory_refuses_is_not_shown_as_sent_and_can_be_sent_again(tmp_path: Path):
    async with Playground(tmp_path, slowly) as playground, Page(playground) as page:
        with closing(sqlite3.connect(tmp_path / "parley.sqlite3")) as database:
            database.execute(
                "CREATE TRIGGER full BEFORE INSERT ON messages BEGIN SELECT RAISE(ABORT, 'disk full'); END"
            )
            await page.say("hello", 1)
            error = await page.frame("error")
            assert (error["id"], error["can_retry"]) == ("m-1", True)
            assert await history(page) == []
            database.execute("DROP TRIGGER full")
        await page.say("hello", 1)
        assert await page.answer() == "You said: hello"


async def test_commands_and_their_answers_are_there_after_a_restart(tmp_path: Path):
    async with Playground(tmp_path, slowly) as playground, Page(playground) as page:
        await page.say("/help", 1)
        answer = await page.answer()
        assert "/summarize" in answer
    async with Playground(tmp_path, slowly) as playground, Page(playground) as page:
        assert [note["text"] for note in await history(page)] == ["/help", answer]


async def test_a_question_left_open_by_a_crash_gets_its_answer_in_the_same_message(tmp_path: Path):
    playground = Playground(tmp_path, slowly)
    await playground.__aenter__()
    async with Page(playground) as page:
        await page.say("count", 1)
        await page.frame("edit")
        posted = (await history(page))[1]["id"]
    playground.manager.settle = _never  # type: ignore[method-assign]  # as kill -9: nothing is settled
    await playground.crash()

    async def brief(request: GenerationRequest) -> AsyncIterator[str]:
        yield f"At last: {last_user(request)}"

    async with Playground(tmp_path, brief) as again, Page(again) as page:
        await until(lambda: not again.manager.is_answering(DIRECT))
        async with asyncio.timeout(5):
            while (notes := await history(page))[-1]["text"] != "At last: count":
                await asyncio.sleep(0.01)
        assert [note["id"] for note in notes] == ["m-1", posted]


async def _never(reply: object) -> None:
    return


@pytest.mark.parametrize("text", ["\x00 nul", "\ud800 lone", "\u202eabc", "😀😀😀", "e" + "\u0301" * 3000])
async def test_strange_texts_are_stored_intact_and_answered(tmp_path: Path, text: str):
    async with Playground(tmp_path, slowly) as playground, Page(playground) as page:
        await page.say(text, 1)
        await page.answer()
        assert (await history(page))[0]["text"] == text


async def test_a_text_of_a_megabyte_is_kept_whole_and_shown_shortened(tmp_path: Path):
    text = "long " * 200_000
    async with Playground(tmp_path, slowly) as playground, Page(playground) as page:
        await page.say(text, 1, channel="general")
        shown = (await page.frame("message"))["message"]
        assert (len(shown["text"]), shown["more"]) == (CLIPPED_CHARS, len(text) - CLIPPED_CHARS)
        await page.send("full", id="m-1")
        assert (await page.frame("full"))["text"] == text


async def test_an_imported_log_becomes_a_channel_that_can_be_summarised(tmp_path: Path):
    log = "\n".join(
        json.dumps({"author": name, "text": text, "ts": 1_700_000_000 + number})
        for number, (name, text) in enumerate([("Ann", "ship on Friday?"), ("Ben", "yes, on Friday")])
    )
    async with Playground(tmp_path, slowly) as playground, Page(playground) as page:
        form = aiohttp.FormData(quote_fields=False)
        form.add_field("file", log.encode(), filename="../team/release plan.jsonl")
        headers = {"Origin": playground.root}
        async with page.http.post(f"{playground.root}/import", data=form, headers=headers) as response:
            body = await response.json()
            assert response.status == 200, body
        channel = body["channel"]
        assert (channel["name"], body["messages"]) == ("release plan", 2)
        assert (await page.frame("channel"))["channel"] == channel
        notes = await history(page, channel["id"])
        assert [(n["author"]["name"], n["text"]) for n in notes] == [
            ("Ann", "ship on Friday?"),
            ("Ben", "yes, on Friday"),
        ]
        await page.say("/summarize", 1, channel=channel["id"])
        await page.answer()
        asked = playground.generator.asked[-1].prompt
        assert "ship on Friday?" in " ".join(message.content for message in asked.messages)


async def test_channels_and_people_can_be_added(tmp_path: Path):
    async with Playground(tmp_path, slowly) as playground, Page(playground) as page:
        await page.send("channel", name="Night shift")
        first = (await page.frame("channel"))["channel"]
        await page.send("channel", name="Night shift")
        second = (await page.frame("channel"))["channel"]
        assert first["id"] != second["id"]
        assert [first["name"], second["name"]] == ["Night shift", "Night shift-2"]
        await page.send("person", name="Дарья")
        person = (await page.frame("person"))["person"]
        await page.say("привет @Parley", 1, channel=first["id"], person=person["id"])
        assert await page.answer() == "You said: привет @Parley"
        await page.send("person", name="дарья")
        assert (await page.frame("person"))["person"] == person


async def test_logs_of_one_name_become_channels_of_different_names(tmp_path: Path):
    async with Playground(tmp_path, slowly) as playground, Page(playground) as page:
        names = []
        for _ in range(3):
            form = aiohttp.FormData()
            form.add_field("file", b"Ann: hi", filename="Slack.txt")
            headers = {"Origin": playground.root}
            async with page.http.post(f"{playground.root}/import", data=form, headers=headers) as response:
                names.append((await response.json())["channel"]["name"])
        assert names == ["Slack", "Slack-2", "Slack-3"]
        await page.send("channel", name="GENERAL")
        made = [await page.frame("channel") for _ in range(4)]
        assert made[-1]["channel"]["name"] == "GENERAL-2"


async def test_a_tab_opened_while_an_answer_is_written_sees_it(tmp_path: Path):
    async with Playground(tmp_path, slowly) as playground, Page(playground) as page:
        await page.say("count", 1)
        await page.frame("edit")
        async with Page(playground) as late:
            hello = await late.frame("hello")
            assert [reply["question"] for reply in hello["replies"]] == ["m-1"]
            assert (await history(late))[1]["reply_id"] == hello["replies"][0]["reply_id"]
        await page.send("stop", channel="direct", thread=None)
        await page.frame("reply", state="finished")


async def test_a_deleted_channel_is_gone_from_board_and_memory_while_answers_are_made_there(tmp_path: Path):
    attic = ConversationKey("web", "local", "attic")
    async with Playground(tmp_path, slowly) as playground, Page(playground) as page:
        await page.send("channel", name="attic")
        await page.frame("channel")
        await page.say("harmless", 1, channel="general")
        await page.say("a dusty box", 2, channel="attic")
        await page.say("@Parley count the dusty ones", 3, channel="attic")
        await page.say("@Parley count the dusty ones here", 4, channel="attic", thread="m-2")
        for _ in range(2):
            await page.frame("reply", state="started")
        await page.frame("edit")
        await page.say("@Parley is it dusty?", 5, channel="attic")  # waits for the answer being made
        await page.send("delete_channel", channel="attic")
        await page.frame("channel_gone", channel="attic")
        assert await playground.manager.history(attic) == []
        assert await playground.manager.history(replace(attic, thread_id="m-2")) == []
        assert len(await playground.manager.history(replace(attic, channel_id="general"))) == 1
        assert await history(page, "attic") == []
        assert len(playground.generator.asked) == 2
        await page.say("anybody?", 6, channel="attic")
        assert (await page.frame("error"))["id"] == "m-6"
        await page.send("delete_channel", channel="attic")
        assert (await page.frame("error"))["text"] == "This channel is gone already."
        await page.send("channel", name="attic")
        assert (await page.frame("channel"))["channel"]["name"] == "attic"
        await page.say("@Parley hello", 7, channel="attic")
        assert await page.answer() == "You said: @Parley hello"
    files = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"harmless" in files
    assert b"dusty" not in files


async def test_the_first_channels_stay(tmp_path: Path):
    async with Playground(tmp_path, slowly) as playground, Page(playground) as page:
        for channel in ("direct", "general"):
            await page.send("delete_channel", channel=channel)
            assert "always here" in (await page.frame("error"))["text"]
            await page.say("@Parley hello", ord(channel[0]), channel=channel)
            assert await page.answer() == "You said: @Parley hello"
