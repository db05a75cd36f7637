"""The list of everything the bot does. Platforms' commands, menus and the README's table come from it."""

from bot.conversation.tasks.bridge import MESSAGE as BRIDGED
from bot.conversation.tasks.bridge import TASK as BRIDGE
from bot.conversation.tasks.catchup import TASK as CATCHUP
from bot.conversation.tasks.chat import ASK
from bot.conversation.tasks.chat import TASK as CHAT
from bot.conversation.tasks.context import TASK as CONTEXT
from bot.conversation.tasks.continue_ import TASK as CONTINUE
from bot.conversation.tasks.digest import DIGESTED
from bot.conversation.tasks.digest import TASK as DIGEST
from bot.conversation.tasks.explain import TASK as EXPLAIN
from bot.conversation.tasks.export import TASK as EXPORT
from bot.conversation.tasks.facts import TASK as FACTS
from bot.conversation.tasks.forget_me import TASK as FORGET_ME
from bot.conversation.tasks.glossary import TASK as GLOSSARY
from bot.conversation.tasks.help import TASK as HELP
from bot.conversation.tasks.persona import TASK as PERSONA
from bot.conversation.tasks.regenerate import TASK as REGENERATE
from bot.conversation.tasks.remember import TASK as REMEMBER
from bot.conversation.tasks.reply_to import TASK as REPLY
from bot.conversation.tasks.reset import TASK as RESET
from bot.conversation.tasks.search import TASK as SEARCH
from bot.conversation.tasks.settings import TASK as SETTINGS
from bot.conversation.tasks.share import TASK as SHARE
from bot.conversation.tasks.slow_down import TASK as SLOW_DOWN
from bot.conversation.tasks.stats import TASK as STATS
from bot.conversation.tasks.stop import TASK as STOP
from bot.conversation.tasks.summarize import TASK as SUMMARIZE
from bot.conversation.tasks.task import Task
from bot.conversation.tasks.translate import TASK as TRANSLATE
from bot.conversation.tasks.undo import TASK as UNDO
from bot.conversation.tasks.unreadable import TASK as UNREADABLE
from bot.conversation.tasks.write import TASK as WRITE

TASKS: tuple[Task, ...] = (
    CHAT,
    ASK,
    SEARCH,
    SUMMARIZE,
    CATCHUP,
    DIGEST,
    DIGESTED,
    TRANSLATE,
    EXPLAIN,
    REPLY,
    BRIDGE,
    BRIDGED,
    GLOSSARY,
    WRITE,
    REMEMBER,
    FACTS,
    PERSONA,
    SETTINGS,
    CONTEXT,
    SHARE,
    STOP,
    REGENERATE,
    CONTINUE,
    UNDO,
    HELP,
    STATS,
    EXPORT,
    FORGET_ME,
    SLOW_DOWN,
    UNREADABLE,
    RESET,
)


def task_by_name(name: str) -> Task | None:
    """The task called `name`, or None."""
    return next((task for task in TASKS if task.name == name), None)


__all__ = ["TASKS", "Task", "task_by_name"]
