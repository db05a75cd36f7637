"""The app's manifest: what Slack must know of the bot, made from the list of tasks.

https://docs.slack.dev/reference/app-manifest names its fields and limits. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.conversation.tasks import TASKS
from bot.conversation.tasks.task import Option, Task
from bot.platforms.slack.commands import command_name

SCOPES = (
    "app_mentions:read",
    "channels:history",
    "chat:write",
    "commands",
    "groups:history",
    "im:history",
    "mpim:history",
    "users:read",
)
"""What the bot may do: hear, look up its own posts, write, learn people's names. `assistant:write`, for the
status line, is refused in a manifest without a feature `agent_view`."""

EVENTS = ("app_mention", "message.channels", "message.groups", "message.im", "message.mpim")

MAX_NAME_CHARS = 35
MAX_HELP_CHARS = 2000
MAX_HINT_CHARS = 1000


def manifest(bot_name: str = "Parley", tasks: Sequence[Task] = TASKS) -> dict[str, object]:
    """The manifest of an app in Socket Mode, to be pasted as JSON where Slack makes a new app."""
    name = bot_name[:MAX_NAME_CHARS]
    return {
        "display_information": {
            "name": name,
            "description": "Answers, summarises and translates, on your own machine.",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": False,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": name, "always_online": True},
            "slash_commands": [_slash(task) for task in tasks if task.is_command],
        },
        "oauth_config": {"scopes": {"bot": list(SCOPES)}},
        "settings": {
            "event_subscriptions": {"bot_events": list(EVENTS)},
            "interactivity": {"is_enabled": False},
            "org_deploy_enabled": False,
            "socket_mode_enabled": True,
            "token_rotation_enabled": False,
        },
    }


def _slash(task: Task) -> dict[str, object]:
    entry: dict[str, object] = {
        "command": command_name(task),
        "description": task.help[:MAX_HELP_CHARS],
        "should_escape": True,
    }
    hint = " ".join(_hint(option) for option in task.options)
    return {**entry, "usage_hint": hint[:MAX_HINT_CHARS]} if hint else entry


def _hint(option: Option) -> str:
    word = option.name if option.is_rest else f"{option.name}:{'|'.join(option.choices) or '…'}"
    return word if option.is_required else f"[{word}]"
