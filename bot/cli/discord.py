"""`python -m bot discord ...`: what an operator needs from this side to bring the bot to Discord."""

from __future__ import annotations

from bot.errors import ConfigError
from bot.platforms.discord.invite import (
    PERMISSIONS,
    application_id,
    permission_bits,
    person_address,
    server_address,
)
from bot.settings import Settings


def invitation(settings: Settings, guild: int | None = None) -> str:
    """The addresses that invite the bot, and the reason of each permission. Raises ConfigError."""
    if settings.discord_token is None:
        raise ConfigError(
            "DISCORD_TOKEN is missing: the invitation is made from it. In Discord's developer portal "
            "(https://discord.com/developers/applications), your application, page Bot, press Reset Token, "
            "and write the token into .env"
        )
    application = application_id(settings.discord_token.get_secret_value())
    if application is None:
        raise ConfigError(
            "DISCORD_TOKEN is not a bot's token, which has three parts with dots between them: it is on the "
            "page Bot of your application, not on General Information or OAuth2"
        )
    width = max(len(permission.name) for permission in PERMISSIONS)
    reasons = [f"  {permission.name:<{width}}  {permission.reason}" for permission in PERMISSIONS]
    return "\n".join(
        [
            "Add the bot to a server (you need Manage Server there):",
            f"  {server_address(application, guild)}",
            "",
            "Take its commands along yourself, to every server and conversation:",
            f"  {person_address(application)}",
            "",
            f"Permissions ({permission_bits()}), and what each is for:",
            *reasons,
        ]
    )
