"""Channels that are translated by themselves, and channels kept in step: loops, edits, deletions, bursts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.conversation.access import named_channel
from bot.conversation.bridges import Bridge
from bot.conversation.tasks import bridge as bridge_task
from bot.generation.types import GenerationRequest
from bot.messages import Author, Command, ConversationKey, IncomingMessage
from bot.storage.migrate import upgrade
from tests.integration.conversation.rig import ALICE, BOB, GENERAL, Bench, ListPlatform, say, until
from tests.integration.conversation.script import PlayedGenerator, last_user

PARIS = replace(GENERAL, channel_id="paris")
ROBOT = Author("u7", "Robot", is_bot=True)
IN_FRENCH = {
    "Where is the meeting tomorrow morning?": "Où est la réunion demain matin ?",
    "The meeting is in the big room.": "La réunion est dans la grande salle.",
    "The meeting is in the small room.": "La réunion est dans la petite salle.",
}
IN_ENGLISH = {"Je ne peux pas venir demain, je suis malade.": "I cannot come tomorrow, I am ill."}


async def translator(request: GenerationRequest) -> AsyncIterator[str]:
    await asyncio.sleep(0)
    asked = last_user(request)
    known = IN_FRENCH | IN_ENGLISH
    yield next((known[text] for text in known if text in asked), f"Je réponds à cela : {asked}")


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "bot.db"
    upgrade(f"sqlite+aiosqlite:///{path}")
    return path


def bridge(number: int, key: ConversationKey = GENERAL, **options: str) -> IncomingMessage:
    command = Command("bridge", options, by_manager=True)
    return say("/bridge", number, key=key, command=command)


def talk(
    text: str,
    number: int,
    key: ConversationKey = GENERAL,
    author: Author = ALICE,
    reply_to: str | None = None,
) -> IncomingMessage:
    return replace(
        say(text, number, key=key, author=author, is_addressed=False),
        message_id=f"{key.channel_id}{number}",
        reply_to=reply_to,
    )


async def switched(bench: Bench, message: IncomingMessage) -> str:
    """What a command is answered with."""
    channel = bench.platform.channel(message.conversation)
    before = len(channel.outcomes)
    await bench.manager.accept(message)
    await until(lambda: len(channel.outcomes) > before)
    return channel.texts[-1]


async def settled(bench: Bench) -> None:
    """Wait until nothing is being made."""
    manager = bench.manager
    await until(lambda: not manager._active and not manager._queued, 20)


QUESTION, ROOM, SMALL_ROOM = IN_FRENCH
ILL = next(iter(IN_ENGLISH))


async def test_what_is_said_in_another_language_is_translated_under_it(database: Path) -> None:
    platform, generator = ListPlatform(), PlayedGenerator(translator)
    async with Bench(database, generator, platform) as bench:
        assert await switched(bench, bridge(1)) == bridge_task.NO_BRIDGE
        said = await switched(bench, bridge(2, to="fr"))
        assert "into French" in said
        assert await switched(bench, bridge(3)) == said
        posts = platform.channel(GENERAL).posts
        before = set(posts)
        await bench.manager.accept(talk(QUESTION, 4))
        await bench.manager.accept(talk(ILL, 5, author=BOB))
        await bench.manager.accept(talk(ROOM, 6, author=ROBOT))
        await bench.manager.accept(talk("12:30 https://example.org 🎉", 7))
        await settled(bench)
        new = {post: text for post, text in posts.items() if post not in before}
        assert list(new.values()) == [f"🇫🇷 {IN_FRENCH[QUESTION]}"]
        assert platform.replied_to[next(iter(new))] == "general4"
        assert len(generator.asked) == 1
        turns = await bench.store.turns(GENERAL, memory_only=False)
        assert [turn.text for turn in turns if turn.role == "user" and not turn.text.startswith("/")] == [
            QUESTION, ILL, ROOM, "12:30 https://example.org 🎉",
        ]  # fmt: skip
        assert IN_FRENCH[QUESTION] not in [turn.text for turn in turns]
        assert [summary.conversation for summary in await bench.manager.conversations("list", "w")] == [
            GENERAL
        ]
        assert await switched(bench, bridge(8, state="off")) == bridge_task.OFF
        await bench.manager.accept(talk(ROOM, 9))
        await settled(bench)
        assert len(generator.asked) == 1


async def test_two_languages_of_one_channel_are_kept_in_step(database: Path) -> None:
    platform, generator = ListPlatform(), PlayedGenerator(translator)
    async with Bench(database, generator, platform) as bench:
        await switched(bench, bridge(1, pair="en,fr"))
        await bench.manager.accept(talk(ROOM, 2))
        await bench.manager.accept(talk(ILL, 3, author=BOB))
        await bench.manager.accept(talk("Das ist doch ein ganz anderer Satz als die beiden.", 4))
        await settled(bench)
        assert platform.channel(GENERAL).texts[1:] == [f"🇫🇷 {IN_FRENCH[ROOM]}", f"🇬🇧 {IN_ENGLISH[ILL]}"]


async def test_edits_and_deletions_follow(database: Path) -> None:
    platform, generator = ListPlatform(), PlayedGenerator(translator)
    async with Bench(database, generator, platform) as bench:
        await switched(bench, bridge(1, to="fr"))
        channel = platform.channel(GENERAL)
        await bench.manager.accept(talk(ROOM, 2))
        await bench.manager.accept(talk(ILL, 3))
        await settled(bench)
        later = say("", 9).sent_at
        await bench.manager.amend(GENERAL, "general2", SMALL_ROOM, later)
        await bench.manager.amend(GENERAL, "general3", QUESTION, later)
        await settled(bench)
        assert channel.texts[1:] == [f"🇫🇷 {IN_FRENCH[SMALL_ROOM]}", f"🇫🇷 {IN_FRENCH[QUESTION]}"]
        await bench.manager.amend(GENERAL, "general3", ILL, say("", 10).sent_at)
        await bench.manager.forget(GENERAL, "general2")
        await settled(bench)
        assert len(channel.texts) == 1
        await bench.manager.accept(talk(QUESTION, 4))
        await bench.manager.forget(GENERAL, "general4")
        await settled(bench)
        assert len(channel.texts) == 1


async def test_a_translation_survives_a_crash_and_is_made_once(database: Path) -> None:
    platform = ListPlatform()
    crashed = Bench(database, PlayedGenerator(_hold), platform)
    await crashed.__aenter__()
    await switched(crashed, bridge(1, to="fr"))
    await crashed.manager.accept(talk(QUESTION, 2))
    await until(lambda: any(crashed.manager._active.values()))
    await crashed.crash()
    async with Bench(database, PlayedGenerator(translator), platform) as bench:
        await until(lambda: len(platform.channel(GENERAL).texts) == 2)
        await bench.manager.accept(talk(QUESTION, 2))
        await settled(bench)
        assert len(platform.channel(GENERAL).texts) == 2


async def _hold(request: GenerationRequest) -> AsyncIterator[str]:
    await asyncio.Event().wait()
    yield ""


async def test_a_pair_of_channels_is_kept_in_step_when_both_agree(database: Path) -> None:
    platform, generator = ListPlatform(), PlayedGenerator(translator)
    async with Bench(database, generator, platform) as bench:
        london, paris = platform.channel(GENERAL), platform.channel(PARIS)
        said = await switched(bench, bridge(1, GENERAL, **{"with": "<#paris>", "to": "fr"}))
        assert "has to agree" in said
        await bench.manager.accept(talk(QUESTION, 2))
        await settled(bench)
        assert paris.texts == []
        assert "in English" in await switched(bench, bridge(1, PARIS, **{"with": "#general", "to": "en"}))
        await bench.manager.accept(talk(QUESTION, 3))
        await settled(bench)
        assert paris.texts[1:] == [f"**Alice** 🇫🇷: {IN_FRENCH[QUESTION]}"]
        shown = list(paris.posts)[-1]
        await bench.manager.accept(
            replace(talk(ILL, 4, PARIS, BOB, reply_to=shown), is_addressed=True)  # a reply to the bot's post
        )
        await settled(bench)
        assert london.texts[1:] == [f"**Bob** 🇬🇧: {IN_ENGLISH[ILL]}"]
        answer = list(london.posts)[-1]
        assert platform.replied_to[answer] == "general3"
        await bench.manager.accept(talk(ROOM, 5, reply_to=answer))
        await bench.manager.accept(talk("Merci beaucoup à tout le monde !", 6, PARIS, BOB))
        await settled(bench)
        assert platform.replied_to[list(paris.posts)[-1]] == "paris4"
        assert paris.texts[-1] == f"**Alice** 🇫🇷: {IN_FRENCH[ROOM]}"
        asked = len(generator.asked)
        await bench.manager.accept(talk("Merci beaucoup mes chers amis.", 7, GENERAL))
        await settled(bench)
        assert paris.texts[-1] == "**Alice**: Merci beaucoup mes chers amis."
        assert len(generator.asked) == asked
        await bench.manager.forget(GENERAL, "general7")
        await settled(bench)
        assert "chers amis" not in " ".join(paris.texts)
        assert await switched(bench, bridge(8, PARIS, state="off")) == bridge_task.OFF
        for number, key, other in ((9, GENERAL, "paris"), (10, PARIS, "general")):
            told = await switched(bench, bridge(number, key))
            assert f"was in step with #{other}" in told and bridge_task.NO_BRIDGE in told
        await switched(bench, bridge(11, to="fr"))
        await switched(bench, bridge(12, state="off"))
        assert await switched(bench, bridge(13)) == bridge_task.NO_BRIDGE


@pytest.mark.parametrize("options", [{"with": "#rome", "to": "de"}, {"to": "de"}, {"pair": "en,fr"}])
async def test_a_pair_that_is_in_step_is_not_ended_in_passing(
    database: Path, options: dict[str, str]
) -> None:
    platform, generator = ListPlatform(), PlayedGenerator(translator)
    async with Bench(database, generator, platform) as bench:
        await switched(bench, bridge(1, GENERAL, **{"with": "#paris", "to": "de"}))
        await switched(bench, bridge(1, PARIS, **{"with": "#general", "to": "en"}))
        refused = await switched(bench, bridge(2, GENERAL, **options))
        assert "in step with #paris. `/bridge off` ends that" in refused
        assert "in French" in await switched(bench, bridge(3, GENERAL, **{"with": "#paris", "to": "fr"}))
        await bench.manager.accept(talk(QUESTION, 4))
        await bench.manager.accept(talk(ILL, 5, PARIS, BOB))
        await settled(bench)
        assert platform.channel(PARIS).texts[-1] == f"**Alice** 🇫🇷: {IN_FRENCH[QUESTION]}"
        assert platform.channel(GENERAL).texts[-1] == f"**Bob** 🇬🇧: {IN_ENGLISH[ILL]}"
        await switched(bench, bridge(6, state="off"))
        assert "in step" not in await switched(bench, bridge(7, GENERAL, **options))


async def test_a_reply_to_an_answer_is_a_question_also_where_there_is_a_bridge(database: Path) -> None:
    platform = ListPlatform()
    async with Bench(database, PlayedGenerator(translator), platform) as bench:
        await bench.manager.accept(say("Parley, hello", 1))
        await settled(bench)
        await bench.manager.accept(replace(say("and then?", 2), reply_to="p1"))
        await settled(bench)
        await switched(bench, bridge(3, to="fr"))
        await bench.manager.accept(replace(say("and after that?", 4), reply_to="p1"))
        await settled(bench)
        answered = [platform.replied_to[post] for post in platform.channel(GENERAL).posts]
        assert answered.count("m2") == 1
        assert "m4" in answered


async def test_only_managers_change_a_bridge_and_wrong_ones_are_explained(database: Path) -> None:
    platform = ListPlatform()
    async with Bench(database, PlayedGenerator(translator), platform) as bench:
        by_bob = replace(bridge(1, to="fr"), command=Command("bridge", {"to": "fr"}), author=BOB)
        assert await switched(bench, by_bob) == bridge_task.MANAGERS_ONLY
        wrong = [{"to": "klingon"}, {"pair": "en"}, {"pair": "en,en"}, {"with": "#x"}, {"state": "away"}]
        for number, options in enumerate([*wrong, {"with": "general", "to": "fr"}], 2):
            assert "/bridge" in await switched(bench, bridge(number, GENERAL, **options))
        assert await switched(bench, bridge(20)) == bridge_task.NO_BRIDGE


async def test_a_burst_does_not_hold_up_a_question(database: Path) -> None:
    platform = ListPlatform()

    async def slow(request: GenerationRequest) -> AsyncIterator[str]:
        await asyncio.sleep(0.01)
        yield f"Je réponds à cela : {len(last_user(request))}"

    async with Bench(database, PlayedGenerator(slow), platform) as bench:
        await switched(bench, bridge(1, to="fr"))
        for number in range(2, 202):
            await bench.manager.accept(talk(f"This is message number {number} of a long burst.", number))
        channel = platform.channel(GENERAL)
        assert len(channel.texts) < 150
        await bench.manager.accept(say("Parley, what time is it now?", 300))
        await until(lambda: any(platform.replied_to[post] == "m300" for post in channel.posts), 3)
        assert 3 < len(channel.texts) < 180, "translations go on, and wait"
        await bench.manager.accept(bridge(301, state="off"))
        await settled(bench)
        assert len(channel.texts) < 203


def test_channels_are_named_in_the_ways_that_people_have():
    assert named_channel("<#123>") == "123"
    assert named_channel("<#C12|general>") == "C12"
    assert named_channel("https://discord.com/channels/1/22/333") == "22"
    assert named_channel("https://team.slack.com/archives/C12/p99") == "C12"
    assert named_channel(" #general ") == "general"
    assert named_channel("C12") == "C12"


def test_a_bridge_is_read_back_as_it_was_written():
    one = Bridge("with", ("fr",), "c")
    assert Bridge.of_setting(one.to_setting()) == one
    assert Bridge.of_setting(None) is None


async def test_the_translations_of_a_forgotten_person_are_removed(database: Path) -> None:
    platform = ListPlatform()
    async with Bench(database, PlayedGenerator(translator), platform) as bench:
        await switched(bench, bridge(1, to="fr"))
        await bench.manager.accept(talk(QUESTION, 2))
        await bench.manager.accept(talk(ROOM, 3, author=BOB))
        await until(lambda: sum("🇫🇷" in text for text in platform.channel(GENERAL).texts) == 2)
        await settled(bench)
        forget = Command("forget-me", {"confirm": "yes"})
        await bench.manager.accept(say("/forget-me", 4, command=forget))
        await until(lambda: f"🇫🇷 {IN_FRENCH[QUESTION]}" not in platform.channel(GENERAL).texts)
        await settled(bench)
        assert f"🇫🇷 {IN_FRENCH[ROOM]}" in platform.channel(GENERAL).texts
