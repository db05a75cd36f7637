"""How the home tab looks: what the bot knows of who looks at it, their settings and digests, and buttons.

Pure. Slack keeps what is shown, so there are numbers and settings in it, and nothing that anybody said.
Reference: https://docs.slack.dev/surfaces/app-home
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot import __version__
from bot.conversation.schedules import EXAMPLE, Schedule
from bot.conversation.tasks.forget_me import TASK as FORGET_ME
from bot.conversation.tasks.forget_me import counts_of as counts_of_traces
from bot.conversation.tasks.stats import counts_of as counts_of_tally
from bot.conversation.text.languages import english_name, find_language
from bot.conversation.words import words as words_in
from bot.messages import Command, ConversationKey
from bot.platforms.layout import PREFIX
from bot.platforms.slack.commands import with_names_here
from bot.platforms.slack.incoming import DIRECT
from bot.platforms.slack.mrkdwn import escaped, to_mrkdwn
from bot.platforms.slack.names import UNKNOWN, Person
from bot.storage.records import Tally, Traces

HOME = f"{PREFIX}home:"
"""What the ids of the home tab's buttons begin with."""
COMMANDS = {
    "export": Command("export"),
    "leave-out": Command(FORGET_ME.name, {"later": "ignore"}),
    "take-in": Command(FORGET_ME.name, {"later": "remember"}),
    "forget": Command(FORGET_ME.name, {"confirm": "yes"}),
    "help": Command("help"),
}
"""What the buttons are for, by the rest of their ids."""

LABELS: dict[str, dict[str, str]] = {
    "en": {
        "export": "Export my data",
        "leave-out": "Leave me out of memory",
        "take-in": "Remember what I say again",
        "forget": "Forget me",
        "help": "Help",
        "cancel": "Cancel",
        "final": "It cannot be undone.",
    },
    "es": {
        "export": "Exportar mis datos",
        "leave-out": "No guardar lo que digo",
        "take-in": "Volver a guardar lo que digo",
        "forget": "Olvidar todo lo mío",
        "help": "Ayuda",
        "cancel": "Cancelar",
        "final": "No se puede deshacer.",
    },
    "fr": {
        "export": "Exporter mes données",
        "leave-out": "Ne pas retenir ce que je dis",
        "take-in": "Retenir à nouveau ce que je dis",
        "forget": "Tout oublier de moi",
        "help": "Aide",
        "cancel": "Annuler",
        "final": "C'est irréversible.",
    },
    "de": {
        "export": "Meine Daten exportieren",
        "leave-out": "Nicht merken, was ich sage",
        "take-in": "Wieder merken, was ich sage",
        "forget": "Alles von mir vergessen",
        "help": "Hilfe",
        "cancel": "Abbrechen",
        "final": "Das lässt sich nicht rückgängig machen.",
    },
    "pt": {
        "export": "Exportar meus dados",
        "leave-out": "Não guardar o que digo",
        "take-in": "Voltar a guardar o que digo",
        "forget": "Esquecer tudo sobre mim",
        "help": "Ajuda",
        "cancel": "Cancelar",
        "final": "Isso não pode ser desfeito.",
    },
    "zh": {
        "export": "导出我的数据",
        "leave-out": "不记住我说的话",
        "take-in": "重新记住我说的话",
        "forget": "忘记我的一切",
        "help": "帮助",
        "cancel": "取消",
        "final": "此操作无法撤销。",
    },
    "ja": {
        "export": "データを書き出す",
        "leave-out": "発言を記憶しない",
        "take-in": "発言をまた記憶する",
        "forget": "私のことをすべて忘れる",
        "help": "ヘルプ",
        "cancel": "キャンセル",
        "final": "元に戻すことはできません。",
    },
}
"""The words on the buttons, and in the question whether one is meant, by the code of a language."""

MAX_DIGESTS = 12
"""A section takes 3,000 characters."""

_WELCOME = (
    "I answer, summarise, translate and write. Mention me in a channel, write to me under **Messages**, "
    "give a command such as `/summarize`, or use the menu of a message."
)
_NOTHING = "Nothing of yours is kept."
_LATER = "One moment …"
_UNKNOWN = "I cannot look that up just now."

Block = dict[str, object]


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a person, in numbers. `everywhere` is for who manages the workspace; `has_wish`: they
    said how they like to be answered."""

    traces: Traces
    is_left_out: bool = False
    has_wish: bool = False
    everywhere: Tally | None = None


@dataclass(slots=True)
class Glance:
    """What one person sees at home, as far as it is known by now; `is_whole` when nothing is looked up any
    more. `model` is a line about it, `digests` are those of the channels that the person is in. `notice`
    stands above all."""

    bot_name: str
    model: str
    now: datetime
    notice: str = ""
    person: Person = UNKNOWN
    kept: Kept | None = None
    digests: Sequence[tuple[ConversationKey, Schedule]] | None = None
    is_whole: bool = False


def home_view(glance: Glance) -> dict[str, object]:
    """The view to be published. The same glance makes the same `private_metadata`, another one another."""
    blocks: list[Block] = [
        {"type": "header", "text": _plain(glance.bot_name)},
        *([_small(glance.notice)] if glance.notice else []),
        {**_section(to_mrkdwn(with_names_here(_WELCOME))), "accessory": _button(glance, "help")},
        _section(f"*What I keep of you*\n{to_mrkdwn(_kept(glance))}"),
        _section(f"*Your settings*\n{to_mrkdwn(with_names_here(_settings(glance)))}"),
        _buttons(glance),
        _section(f"*Digests in your channels*\n{_digests(glance)}"),
        _section(f"*My model*\n{to_mrkdwn(glance.model)}"),
        _small(f"Parley {__version__}"),
    ]
    return {"type": "home", "private_metadata": _fingerprint(blocks), "blocks": blocks}


def _kept(glance: Glance) -> str:
    if glance.kept is None:
        return _unknown(glance)
    traces = glance.kept.traces
    since = f", since {traces.since.astimezone(glance.person.zone):%Y-%m-%d}" if traces.since else ""
    counts = counts_of_traces(traces)
    lines = [f"{counts}{since}. What you wrote in direct messages counts too." if counts else _NOTHING]
    if glance.kept.everywhere is not None:
        lines.append(f"In the whole workspace: {counts_of_tally(glance.kept.everywhere)}")
    return "\n".join(lines)


def _settings(glance: Glance) -> str:
    person, kept = glance.person, glance.kept
    language = find_language(person.language) if person.language else None
    memory = wish = _unknown(glance)
    if kept is not None:
        memory = "off, but for what you say to me" if kept.is_left_out else "on, as for everybody"
        wish = (
            "as you said by `/persona`" if kept.has_wish else "as everybody; `/persona mine:yes` changes it"
        )
    return "\n".join(
        [
            f"- Language: {english_name(language.code) if language else 'not known'}, as in your Slack",
            f"- Time zone: {person.zone}",
            f"- Memory: {memory}",
            f"- How I answer you: {wish}",
        ]
    )


def _digests(glance: Glance) -> str:
    """In mrkdwn: Slack shows channels by their names, and times in the zone of who looks."""
    if glance.digests is None:
        return to_mrkdwn(_unknown(glance))
    if not glance.digests:
        return to_mrkdwn(f"None. Who manages a channel can set one there: `{EXAMPLE}`")
    due = [(one.rhythm.after(glance.now), key, one.rhythm.in_words) for key, one in glance.digests]
    due.sort(key=lambda one: one[0])
    lines = [
        f"• {_place(key)}: {escaped(rhythm)}, next {_moment(at)}" for at, key, rhythm in due[:MAX_DIGESTS]
    ]
    more = len(due) - MAX_DIGESTS
    return "\n".join([*lines, *([f"… and {more:,} more"] if more > 0 else [])])


def _place(key: ConversationKey) -> str:
    if key.channel_id.startswith(DIRECT):
        return "our direct messages"
    return f"<#{key.channel_id}>" + (" (a thread)" if key.thread_id else "")


def _buttons(glance: Glance) -> Block:
    names = ["export", "forget"]
    if glance.kept is not None:
        names.insert(1, "take-in" if glance.kept.is_left_out else "leave-out")
    return {"type": "actions", "elements": [_button(glance, name) for name in names]}


def _button(glance: Glance, name: str) -> Block:
    button: Block = {"type": "button", "action_id": f"{HOME}{name}", "text": _plain(_label(glance, name))}
    if name != "forget":
        return button
    label = words_in(glance.person.language).command(FORGET_ME.name)
    confirm = {
        "title": _plain(_label(glance, name)),
        "text": _plain(f"{label.help if label else FORGET_ME.help} {_label(glance, 'final')}"),
        "confirm": _plain(_label(glance, name)),
        "deny": _plain(_label(glance, "cancel")),
        "style": "danger",
    }
    return {**button, "style": "danger", "confirm": confirm}


def _label(glance: Glance, name: str) -> str:
    return LABELS.get(glance.person.language, LABELS["en"])[name]


def _unknown(glance: Glance) -> str:
    return _UNKNOWN if glance.is_whole else _LATER


def _moment(at: datetime) -> str:
    fallback = f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{fallback}>"


def _section(mrkdwn: str) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": mrkdwn}}


def _small(text: str) -> Block:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": to_mrkdwn(text)}]}


def _plain(text: str) -> dict[str, object]:
    return {"type": "plain_text", "text": text}


def _fingerprint(blocks: list[Block]) -> str:
    return hashlib.sha256(json.dumps(blocks).encode()).hexdigest()[:16]
