"""Every exception that Parley raises on purpose.

    BotError
    ├── ConfigError             a setting is missing or wrong
    ├── CommandError            a person used a command wrongly
    ├── PlatformError           a platform refused or failed
    ├── StorageError            the database refused or failed
    └── GenerationError         text could not be generated
        ├── WorkerBusyError         the queue is full
        ├── PromptTooLongError      the prompt does not fit the model's context window
        ├── GenerationTimeoutError  the deadline passed
        ├── ModelLoadError          the model cannot be found, fetched or loaded
        └── EngineDeadError         the engine's process died and a retry did not help

`str(error)` is for operators and may name files and settings; `user_message` is for channels and
names neither. No message of either kind quotes what people wrote.
"""

from __future__ import annotations

import traceback
from pathlib import Path


class BotError(Exception):
    """Root of the tree. `detail` is for operators, `user_message` for people in a channel."""

    default_user_message = "Something went wrong here. Please try again."

    def __init__(self, detail: str, user_message: str | None = None) -> None:
        super().__init__(detail)
        self.user_message = user_message or self.default_user_message


class ConfigError(BotError):
    """A setting is missing or wrong; `problems` lists all of them, one line each."""

    default_user_message = "I am not set up correctly. Please tell the person who runs me."

    def __init__(self, detail: str, problems: tuple[str, ...] = ()) -> None:
        super().__init__(detail)
        self.problems = problems or (detail,)


class CommandError(BotError):
    """A person used a command wrongly; the message says how to use it, with an example."""

    def __init__(self, user_message: str) -> None:
        super().__init__(user_message, user_message)


class PlatformError(BotError):
    """A platform refused or failed. `is_news` is False for what the operator was told a while ago already."""

    is_news = True


class StorageError(BotError):
    """The database refused or failed."""

    default_user_message = "I cannot reach my memory right now. Please try again in a minute."


class GenerationError(BotError):
    """Text could not be generated."""

    default_user_message = "I could not write an answer. Please try again."


class WorkerBusyError(GenerationError):
    """The queue is full."""

    default_user_message = "Too many questions are waiting for me right now. Please try again in a minute."


class PromptTooLongError(GenerationError):
    """The prompt does not fit the model's context window."""

    default_user_message = "That is too long for my model to read at once. Please shorten it."


class GenerationTimeoutError(GenerationError):
    """The deadline passed before the answer was finished."""

    default_user_message = (
        "I ran out of time for this answer. Please try again, or ask for something shorter."
    )


class ModelLoadError(GenerationError):
    """The model cannot be found, fetched or loaded."""

    default_user_message = (
        "My language model could not be loaded. The person who runs me can see why in my log."
    )


class EngineDeadError(GenerationError):
    """The engine's process died and a retry did not help."""

    default_user_message = (
        "My language model stopped twice on this message, so I gave up on it. Please rephrase it."
    )


def where(error: BaseException) -> str:
    """Name an unexpected error for the log: its type and the innermost frames, without its text,
    which may quote what people wrote."""
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    places = " < ".join(f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in reversed(frames))
    return f"{type(error).__name__} at {places or 'an unknown place'}"
