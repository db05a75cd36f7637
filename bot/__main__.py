"""The command line: `python -m bot COMMAND`, or `parley COMMAND` where it is installed.

Declares commands, options and exit codes; what the commands do lives in `bot.cli` and `bot.app`. Heavy
imports stay inside the commands, so that `--help` answers at once.

Exit codes: 0 done, 1 failed, 2 used or set up wrongly, 130 interrupted, 141 the reader of our output left.
"""

from __future__ import annotations

import asyncio
import io
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
import typer.core

from bot.errors import BotError, CommandError, ConfigError

if TYPE_CHECKING:
    from bot.config import LoadedSettings
    from bot.platforms.base import Finding
    from bot.settings import Settings

FAILED, WRONG_USE, INTERRUPTED, BROKEN_PIPE = 1, 2, 130, 141


@contextmanager
def exit_codes() -> Iterator[None]:
    """Turn what can go wrong into a sentence on standard error and an exit code."""
    try:
        yield
    except BotError as error:
        raise SystemExit(_explain(error)) from None
    except ExceptionGroup as group:  # from what ran side by side; the first cause that has words is told
        error_or_group: Exception = group
        while isinstance(error_or_group, ExceptionGroup):
            error_or_group = error_or_group.exceptions[0]
        if not isinstance(error_or_group, BotError):
            raise
        raise SystemExit(_explain(error_or_group)) from None
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED) from None
    except BrokenPipeError:
        # The interpreter flushes standard output once more at its end; that must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(BROKEN_PIPE) from None


class Commands(typer.core.TyperGroup):
    """The group of all commands, with our exit codes around it."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 (typer keeps the type of a context to itself)
        """Run the command that was asked for."""
        with exit_codes():
            result = super().invoke(ctx)
            sys.stdout.flush()
            return result


app = typer.Typer(
    cls=Commands,
    name="parley",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def start() -> None:
    """Parley: a private GPT for your own Discord and Slack, your terminal, and a local playground."""
    os.umask(0o077)  # what people write to the bot is for its operator's eyes alone
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a lone surrogate must not end an answer


db = typer.Typer(help="Look at or migrate the database. `run` migrates by itself.", no_args_is_help=True)
app.add_typer(db, name="db")
discord = typer.Typer(help="Bring the bot to Discord.", no_args_is_help=True)
app.add_typer(discord, name="discord")
slack = typer.Typer(help="Bring the bot to Slack.", no_args_is_help=True)
app.add_typer(slack, name="slack")


@app.command()
def run() -> None:
    """Start the bot on every platform whose token is set; without one, the playground."""
    settings = _settings()
    from bot import app as bot_app

    asyncio.run(bot_app.run(settings))


@app.command()
def chat(
    text: Annotated[str | None, typer.Argument(help="One message; without it, a conversation.")] = None,
    is_interactive: Annotated[
        bool, typer.Option("--interactive", "-i", help="Converse line by line even from a pipe.")
    ] = False,
) -> None:
    """Talk with the bot: interactively, or one message as argument or from a pipe."""
    if text is None and (is_interactive or sys.stdin.isatty()):
        settings = _settings()
        from bot import app as bot_app

        asyncio.run(bot_app.run_terminal(settings))
        return
    settings = _settings(is_one_shot=True)
    from bot.cli import oneshot

    asyncio.run(oneshot.chat(settings, oneshot.read_text("-") if text in (None, "-") else text))


@app.command()
def summarize(
    source: Annotated[str, typer.Argument(metavar="FILE|-", help="A chat log, or - for standard input.")],
    last: Annotated[str | None, typer.Option(help="Only the newest so many messages.")] = None,
    since: Annotated[
        str | None, typer.Option(help="Only what is newer, such as 2h, 3d or 2026-11-01.")
    ] = None,
    begin: Annotated[
        str | None,
        typer.Option("--from", help="Only from this message on: its number, as summaries tell it."),
    ] = None,
    about: Annotated[str | None, typer.Option(help="Only what is about this topic.")] = None,
    style: Annotated[
        str | None, typer.Option(help="How it is told: brief, bullets, decisions, timeline or questions.")
    ] = None,
    language: Annotated[str | None, typer.Option(help="Language of the summary, such as en.")] = None,
) -> None:
    """Summarize a chat log: plain text, JSON lines, a Slack export, or DiscordChatExporter's JSON."""
    settings = _settings(is_one_shot=True)
    from bot.cli import oneshot

    options = {
        "last": last,
        "since": since,
        "from": begin,
        "about": about,
        "style": style,
        "language": language,
    }
    asyncio.run(oneshot.summarize(settings, source, options))


@app.command()
def translate(
    text: Annotated[
        str, typer.Argument(metavar="TEXT|-", help="What to translate, or - for standard input.")
    ],
    to: Annotated[str, typer.Option(help="The language to translate into, such as fr.")],
    source: Annotated[str | None, typer.Option("--from", help="The language it is in, if known.")] = None,
) -> None:
    """Translate a text."""
    settings = _settings(is_one_shot=True)
    from bot.cli import oneshot

    asyncio.run(oneshot.translate(settings, oneshot.read_text(text) if text == "-" else text, to, source))


@app.command()
def write(
    prompt: Annotated[str, typer.Argument(help="The beginning to continue, or - for standard input.")],
    max_length: Annotated[int | None, typer.Option(min=1, help="Most tokens, the prompt's included.")] = None,
    max_new_tokens: Annotated[
        int | None, typer.Option(min=1, help="Most tokens, the prompt's apart.")
    ] = None,
    num_return_sequences: Annotated[int, typer.Option(min=1, max=64, help="How many texts; samples.")] = 1,
    temperature: Annotated[float | None, typer.Option(min=0.0, help="Sample, flatter above 1.")] = None,
    top_k: Annotated[int | None, typer.Option(min=0, help="Sample from the k likeliest tokens.")] = None,
    top_p: Annotated[float | None, typer.Option(min=0.0, max=1.0, help="Sample from this much mass.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Sample the same again.")] = None,
) -> None:
    """Continue a text with the bare model, greedily unless a sampling option is named."""
    settings = _settings(is_one_shot=True)
    from bot.cli import oneshot, writing

    wanted = writing.Writing(
        oneshot.read_text(prompt) if prompt == "-" else prompt,
        max_length,
        max_new_tokens,
        num_return_sequences,
        temperature,
        top_k,
        top_p,
        seed,
    )
    asyncio.run(writing.write(settings, wanted))


@app.command()
def models() -> None:
    """List the models on this machine, and which one `auto` takes."""
    from bot.cli.models import table

    typer.echo(table(_settings()), nl=False)


@app.command()
def config(
    env_example: Annotated[
        bool, typer.Option("--env-example", help="Print the text of .env.example.")
    ] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the README's table.")] = False,
    commands: Annotated[bool, typer.Option("--commands", help="Print the README's commands.")] = False,
    permissions: Annotated[
        bool, typer.Option("--permissions", help="Print the README's permissions on Discord.")
    ] = False,
    scopes: Annotated[bool, typer.Option("--scopes", help="Print the scopes on Slack.")] = False,
) -> None:
    """Print the settings in force and where each came from; secrets are masked."""
    from bot.cli import settings_pages

    if env_example:
        text = settings_pages.env_example()
    elif markdown:
        text = settings_pages.markdown_table()
    elif commands:
        from bot.conversation.commands import commands_table

        text = commands_table()
    elif permissions:
        from bot.platforms.discord.invite import permissions_table

        text = permissions_table()
    elif scopes:
        from bot.platforms.slack.scopes import scopes_table

        text = scopes_table()
    else:
        text = settings_pages.in_force(_load())
    typer.echo(text, nl=False)


@discord.command()
def invite(
    guild: Annotated[int | None, typer.Option(min=1, help="Only for this server, by its id.")] = None,
) -> None:
    """Print the addresses that bring the bot to a server or to yourself, with no permission too many."""
    from bot.cli.discord import invitation

    typer.echo(invitation(_load(is_warning=False).settings, guild))


@app.command("slack-manifest", hidden=True)
@slack.command("manifest")
def slack_manifest(
    http: Annotated[
        str | None, typer.Option(metavar="URL", help="Events over HTTP, to this address of yours.")
    ] = None,
) -> None:
    """Print the manifest of the Slack app, to paste where Slack asks for one."""
    from bot.cli.slack import manifest_settings, manifest_text

    typer.echo(manifest_text(manifest_settings(http), http))


@slack.command("key")
def slack_key() -> None:
    """Print a new key for SLACK_TOKEN_KEY, which seals the tokens of workspaces that install the bot."""
    from bot.cli.slack import new_key

    typer.echo(new_key())


@slack.command("forget-tokens")
def slack_forget_tokens() -> None:
    """Delete the tokens of all workspaces that installed the bot, where SLACK_TOKEN_KEY is lost."""
    from bot.cli.slack import forget_tokens

    typer.echo(asyncio.run(forget_tokens(_settings())))


@slack.command("forget-workspace")
def slack_forget_workspace(
    workspace: Annotated[str, typer.Argument(metavar="ID", help="Its id, such as T0123456789.")],
    is_sure: Annotated[bool, typer.Option("--yes", help="Erase it; without this, say how much.")] = False,
) -> None:
    """Delete the tokens of a workspace, and erase all that was said there when the bot starts anew."""
    from bot.cli.slack import forget_workspace

    typer.echo(asyncio.run(forget_workspace(_settings(), workspace, is_sure=is_sure)))


@app.command()
def doctor() -> None:
    """Look at what the bot needs: settings, folders, model, memory, ports; and Discord's and Slack's side."""
    from bot.cli.doctor import examine, examine_platforms

    loaded = _load(is_warning=False)
    verdicts: list[bool] = []

    def tell(finding: Finding) -> None:
        typer.echo(f"{finding.mark:5}  {finding.subject}: {finding.detail}")
        verdicts.append(finding.is_fine)

    async def ask_platforms() -> None:
        async for finding in examine_platforms(loaded.settings):
            tell(finding)

    for finding in examine(loaded):
        tell(finding)
    asyncio.run(ask_platforms())
    if not all(verdicts):
        raise typer.Exit(FAILED)


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
)
def train(ctx: typer.Context) -> None:
    """Make the bundled model: pretrain, evaluate, export. `train --help` lists the recipes."""
    try:
        from bot.training.cli import app as training
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"training needs {error.name}: pip install -c constraints.txt -e '.[train]'"
        ) from None
    training(ctx.args, prog_name="parley train", standalone_mode=False)


@db.command()
def upgrade(revision: Annotated[str, typer.Argument(help="Where to.")] = "head") -> None:
    """Migrate the database forwards."""
    settings = _settings()
    from bot.storage import migrate

    migrate.upgrade(settings.database_url, revision)


@db.command()
def downgrade(revision: Annotated[str, typer.Argument(help="Where to, such as -1.")]) -> None:
    """Migrate the database backwards. What newer versions stored may be lost: copy the file first."""
    from bot.storage import migrate

    migrate.downgrade(_settings().database_url, revision)


@db.command()
def current() -> None:
    """Print the database's revision."""
    from bot.storage import migrate

    typer.echo(migrate.current(_settings().database_url) or "empty: no migration was applied yet")


def _load(is_warning: bool = True) -> LoadedSettings:
    from bot.config import load

    loaded = load(Path(".env"))
    if is_warning:
        for warning in loaded.warnings:
            typer.echo(f"parley: warning: {warning}", err=True)
    return loaded


def _settings(is_one_shot: bool = False) -> Settings:
    """The settings; a one-shot logs nothing of ours unless a level was asked for: its end is told once."""
    loaded = _load()
    if not is_one_shot:
        return loaded.settings
    from bot.app import configure_logging

    is_quiet = loaded.origins["bot_log_level"] == "default"
    configure_logging(loaded.settings, quiet=is_quiet)
    if is_quiet:
        logging.getLogger("bot").setLevel(logging.CRITICAL)
    return loaded.settings


def _explain(error: BotError) -> int:
    """Say what is wrong on standard error; returns the exit code."""
    from bot.cli.wording import sentences

    for sentence in sentences(error):
        typer.echo(f"parley: {sentence}", err=True)
    return WRONG_USE if isinstance(error, ConfigError | CommandError) else FAILED


def main() -> None:
    """The entry point of `parley`."""
    app(prog_name="parley")


if __name__ == "__main__":
    app(prog_name="python -m bot")
