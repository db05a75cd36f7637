"""Settings as people read them: what is in force, `.env.example`, and the README's table.

All three are made from `Settings`, so that they cannot disagree with it. Secrets are masked.
"""

from __future__ import annotations

from pydantic.fields import FieldInfo

from bot.config import LoadedSettings, is_secret, may_hold_password, without_password
from bot.settings import Settings

GROUPS = {
    "Platforms": (
        "discord_token",
        "discord_status",
        "discord_shard_",
        "slack_",
        "bot_platforms",
        "bot_name",
        "bot_language",
    ),
    "Model": ("bot_model", "bot_translation_model", "bot_device", "bot_dtype", "bot_threads"),
    "Answers": (
        "bot_max_batch",
        "bot_queue_limit",
        "bot_timeout_s",
        "bot_answer_tokens",
        "bot_system_prompt",
        "bot_person_rate",
        "bot_backfill_messages",
    ),
    "Storage, network, log": ("database_url", "bot_data_dir", "bot_http_", "bot_log_level"),
}
"""Settings by what people look for: beginnings of field names."""


def in_force(loaded: LoadedSettings) -> str:
    """One line a setting: name, value, and where it came from."""
    rows = [
        (name.upper(), _shown(name, getattr(loaded.settings, name), field), origin)
        for name, field in Settings.model_fields.items()
        for origin in (loaded.origins[name],)
    ]
    width = max(len(name) for name, _, _ in rows)
    lines = [f"{name:<{width}}  {value}  ({origin})" for name, value, origin in rows]
    return "\n".join([*lines, "", f"platforms to start: {', '.join(loaded.settings.platforms)}"]) + "\n"


def env_example() -> str:
    """The text of `.env.example`: every variable, commented out, with its default and its help."""
    lines = [
        "# Settings of Parley. Copy this file to .env and take away the # before what you change.",
        "# Made by `python -m bot config --env-example`; the environment wins over .env.",
    ]
    for group, names in _grouped():
        lines += ["", f"# --- {group} ---"]
        for name in names:
            field = Settings.model_fields[name]
            lines += ["", f"# {field.description}", f"#{name.upper()}={_env_value(_default(field))}"]
    return "\n".join(lines) + "\n"


def markdown_table() -> str:
    """The README's table of settings."""
    lines = ["| Variable | Default | What it does |", "|---|---|---|"]
    for _, names in _grouped():
        for name in names:
            field = Settings.model_fields[name]
            default = f"`{_default(field)}`" if _default(field) else ""
            lines.append(f"| `{name.upper()}` | {default} | {_cell(field.description or '')} |")
    return "\n".join(lines) + "\n"


def _grouped() -> list[tuple[str, list[str]]]:
    """Every setting once, in the first group that one of its beginnings is in."""
    left = list(Settings.model_fields)
    groups = []
    for group, beginnings in GROUPS.items():
        names = [name for beginning in beginnings for name in left if name.startswith(beginning)]
        left = [name for name in left if name not in names]
        groups.append((group, list(dict.fromkeys(names))))
    if left:
        groups.append(("Other", left))
    return groups


def _default(field: FieldInfo) -> str:
    return "" if field.default is None else _plain(field.default)


def _shown(name: str, value: object, field: FieldInfo) -> str:
    if value is None:
        return "not set"
    if may_hold_password(name):
        return without_password(str(value))
    return "********" if is_secret(field) else _plain(value) or "(empty)"


def _plain(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(str(item) for item in value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _env_value(text: str) -> str:
    return f'"{text}"' if " " in text else text


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
