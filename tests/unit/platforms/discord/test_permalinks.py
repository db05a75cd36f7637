"""Addresses of messages, as Discord's clients know them."""

from __future__ import annotations

from bot.messages import ConversationKey
from bot.platforms.discord.platform import DiscordPlatform


def test_discord_addresses_name_the_server_and_the_thread() -> None:
    platform = DiscordPlatform("token", bot_name="Parley")
    channel = ConversationKey("discord", "1", "2")
    assert platform.permalink(channel, "4") == "https://discord.com/channels/1/2/4"
    thread = ConversationKey("discord", "1", "2", "3")
    assert platform.permalink(thread, "4") == "https://discord.com/channels/1/3/4"
    direct = ConversationKey("discord", "dm", "2")
    assert platform.permalink(direct, "4") == "https://discord.com/channels/@me/2/4"
