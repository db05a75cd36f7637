"""What the bot sees of messages over the real gateway: files, forwards, stickers, and names."""

from __future__ import annotations

from pathlib import Path

from tests.integration.conversation.rig import until
from tests.integration.conversation.script import echo, of_lengths
from tests.integration.discord.fake_discord import FakeDiscord
from tests.integration.discord.rig import running
from tests.unit.platforms.discord import payloads
from tests.unit.platforms.discord.payloads import Payload, snowflake


async def test_messages_without_text_of_their_own_are_remembered(
    discord: FakeDiscord, database: Path
) -> None:
    forwarded: Payload = {
        "content": "lunch at noon",
        "type": 0,
        "flags": 0,
        "timestamp": "2026-01-01T00:00:00+00:00",
        "edited_timestamp": None,
        **{name: [] for name in ("mentions", "mention_roles", "attachments", "embeds", "components")},
    }
    reference = {"type": 1, "message_id": str(snowflake()), "channel_id": str(snowflake())}
    async with running(discord, database, echo) as bot:
        discord.say("", sticker_items=[{"id": "1", "name": "Wave", "format_type": 1}])
        discord.say("", attachments=[discord.upload("cat.png", b"\x89PNG" + b"x" * 2000, "image/png")])
        discord.say("", message_reference=reference, message_snapshots=[{"message": forwarded}])
        discord.say("what was that?", calls=True)
        await until(lambda: discord.texts() == ["You said: what was that?"])
        assert [text for _, text in await bot.remembered()][:3] == [
            "[sticker: Wave]",
            "[image cat.png, 2 KB]",
            "[forwarded]\nlunch at noon",
        ]


async def test_the_text_files_of_a_question_are_read(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo) as bot:
        files = [
            discord.upload("notes.txt", "café at nine".encode(), "text/plain; charset=utf-8"),
            discord.upload("tool.txt", b"MZ\x90\x00", "text/plain"),
            discord.upload("big.txt", b"x" * (256 * 1024 + 1), "text/plain"),
        ]
        files[0]["filename"] = "notes.txt"
        elsewhere = discord.upload("inside.txt", b"secret", "text/plain")
        elsewhere["url"] = discord.api_url.replace("127.0.0.1", "localhost") + "/inside.txt"
        discord.say("when?", calls=True, attachments=[*files, elsewhere])
        await until(lambda: bot.generator.asked)
        asked = bot.generator.asked[0].prompt.messages[-1].content
        assert asked.startswith("when?\n[file notes.txt, 13 B]\ncafé at nine\n[end of the file]\n")
        assert "[file tool.txt, 4 B: not text]\n[file big.txt, 262 KB: too long to read]\n" in asked
        assert asked.endswith("[file inside.txt, 6 B: not read]")


async def test_there_is_an_end_to_reading(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, of_lengths(1)) as bot:
        long = discord.upload("long.txt", b"x" * 15_000 + b"\n" + b"y" * 15_000, "text/plain")
        short = [discord.upload(f"{number}.txt", b"zz", "text/plain") for number in range(5)]
        discord.say("well?", calls=True, attachments=[*short[:1], long, *short[1:]])
        await until(lambda: bot.generator.asked)
        asked = bot.generator.asked[0].prompt.messages[-1].content
        assert "[file 0.txt, 2 B]\nzz\n[end of the file]" in asked and asked.count("zz") == 1
        assert "y\n[cut: the first 19,998 of 30,001 characters]\n[end of the file]" in asked
        assert asked.endswith("\n".join(f"[file {number}.txt, 2 B: not read]" for number in range(1, 5)))


async def test_a_file_that_is_gone_is_named(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo) as bot:
        file = discord.upload("notes.txt", b"at nine", "text/plain")
        discord.uploads.clear()
        discord.say("when?", calls=True, attachments=[file])
        await until(lambda: bot.generator.asked)
        assert bot.generator.asked[0].prompt.messages[-1].content == "when?\n[file notes.txt, 7 B: not read]"


async def test_a_file_is_read_when_somebody_asks_about_it(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo) as bot:
        file = discord.upload("error.log", b"disk full", "text/plain")
        posted = discord.say("the log", author=discord.ben, attachments=[file])
        discord.say("what is wrong?", calls=True, answering=posted)
        await until(lambda: bot.generator.asked)
        prompt = "\n".join(message.content for message in bot.generator.asked[0].prompt.messages)
        assert "the log\n|   [file error.log, 9 B]\n|   disk full" in prompt


async def test_what_a_webhook_shows_is_known_to_who_asks_about_it(
    discord: FakeDiscord, database: Path
) -> None:
    async with running(discord, database, echo) as bot:
        embed = {"type": "rich", "title": "Build 7", "fields": [{"name": "State", "value": "failed"}]}
        text = {"type": 17, "components": [{"type": 10, "content": "by <@" + discord.ben["id"] + ">"}]}
        hook = payloads.user(snowflake(), "Builder")
        posted = discord.say("", author=hook, embeds=[embed], components=[text], webhook_id=hook["id"])
        discord.say("why?", calls=True, answering=posted)
        await until(lambda: bot.generator.asked)
        prompt = "\n".join(message.content for message in bot.generator.asked[0].prompt.messages)
        assert "[embed] Build 7\n|   State: failed\n|   by @somebody" in prompt
        assert next(text for _, text in await bot.remembered()).startswith("[embed] Build 7")
