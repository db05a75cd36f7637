"""The app's manifest: what Slack must know of the bot, made from the lists of tasks, shortcuts and scopes.

https://docs.slack.dev/reference/app-manifest names its fields and limits. Pure.
"""

from __future__ import annotations

from bot.conversation.tasks import TASKS
from bot.conversation.tasks.task import Option, Task
from bot.platforms.slack.commands import command_name
from bot.platforms.slack.options import EVENTS_PATH, REDIRECT_PATH
from bot.platforms.slack.prompts import suggestions
from bot.platforms.slack.scopes import NAMES as SCOPES
from bot.platforms.slack.shortcuts import SHORTCUTS

EVENTS = {
    "agent_session_stopped": "chat:write",
    "app_context_changed": "assistant:write",
    "app_home_opened": "",
    "app_mention": "app_mentions:read",
    "app_uninstalled": "",
    "channel_deleted": "channels:read",
    "channel_left": "channels:read",
    "group_deleted": "groups:read",
    "group_left": "groups:read",
    "member_joined_channel": "channels:read",
    "member_left_channel": "channels:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "message.mpim": "mpim:history",
    "reaction_added": "reactions:read",
    "team_access_revoked": "",
    "tokens_revoked": "",
}
"""What the bot hears of, and the scope that Slack wants for it. Apps from before the agent view hear of
`assistant_thread_started` and `assistant_thread_context_changed` too, which Slack takes from no new app."""

DESCRIPTION = "Answers, summarises and translates, on your own machine."
LONG_DESCRIPTION = (
    "Answers questions, summarises channels and threads with links to what was said, translates, and writes. "
    "It runs on a machine of yours with a model of yours: what people say in this workspace goes to no third "
    "party. Mention it, write to it directly, or type one of its commands."
)
AGENT_DESCRIPTION = "Summarises channels and threads, translates, answers and writes, on your own machine."

MAX_NAME_CHARS = 35
MAX_HELP_CHARS = 2000
MAX_HINT_CHARS = 1000


def manifest(
    bot_name: str = "Parley", *, http_url: str | None = None, public_url: str | None = None
) -> dict[str, object]:
    """The manifest of an app, to be pasted as JSON where Slack makes a new one. Everything is sent to
    `http_url`, or without one over Socket Mode. At `public_url`, which is the same if it is left out, many
    workspaces can install the app."""
    name = bot_name[:MAX_NAME_CHARS]
    public_url = public_url or http_url
    request = {"request_url": http_url.rstrip("/") + EVENTS_PATH} if http_url else {}
    menus = {"message_menu_options_url": request["request_url"]} if request else {}
    return {
        "display_information": {
            "name": name,
            "description": DESCRIPTION,
            "long_description": LONG_DESCRIPTION,
        },
        "features": _features(name, request.get("request_url")),
        "oauth_config": {
            **({"redirect_urls": [public_url.rstrip("/") + REDIRECT_PATH]} if public_url else {}),
            "scopes": {"bot": list(SCOPES)},
        },
        "settings": {
            "event_subscriptions": {**request, "bot_events": list(EVENTS)},
            "interactivity": {"is_enabled": True, **request, **menus},
            "org_deploy_enabled": public_url is not None,
            "socket_mode_enabled": http_url is None,
            "token_rotation_enabled": False,
        },
    }


def _features(name: str, url: str | None) -> dict[str, object]:
    return {
        "app_home": {
            "home_tab_enabled": True,
            "messages_tab_enabled": True,
            "messages_tab_read_only_enabled": False,
        },
        "agent_view": {
            "agent_description": AGENT_DESCRIPTION,
            "suggested_prompts": suggestions("en", channel_id=None)[1],
        },
        "bot_user": {"display_name": name, "always_online": True},
        "shortcuts": [
            {
                "name": shortcut.name_for(name),
                "type": shortcut.type,
                "callback_id": shortcut.callback_id,
                "description": shortcut.description,
            }
            for shortcut in SHORTCUTS
        ],
        "slash_commands": [_slash(task, url) for task in TASKS if task.is_command],
    }


def _slash(task: Task, url: str | None) -> dict[str, object]:
    entry: dict[str, object] = {
        "command": command_name(task),
        "description": task.help[:MAX_HELP_CHARS],
        "should_escape": True,
    }
    if url is not None:
        entry["url"] = url
    if hint := " ".join(_hint(option) for option in task.options):
        entry["usage_hint"] = hint[:MAX_HINT_CHARS]
    return entry


def _hint(option: Option) -> str:
    word = option.name if option.is_rest else f"{option.name}:{'|'.join(option.choices) or '…'}"
    return word if option.is_required else f"[{word}]"
