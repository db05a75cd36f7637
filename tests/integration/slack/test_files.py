"""Long code goes as files in Slack: on the post in a channel, or to the one person who sees the answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.generation.types import GenerationRequest
from bot.platforms.slack.files import NO_FILES, NOT_TAKEN
from tests.integration.conversation.rig import until
from tests.integration.slack.fake_slack import ANN, FakeSlack, Payload, Place
from tests.integration.slack.fake_web import Fault, Kind
from tests.integration.slack.rig import Bot, running
from tests.unit.platforms.slack.payloads import text_of

LACKS = NO_FILES.split(".")[0]
CODE = "\n".join(f"print({number})" for number in range(30)) + "\n"


async def program(request: GenerationRequest) -> AsyncIterator[str]:
    yield f"Here it is:\n\n```python file=count.py\n{CODE}```\nRun it."


def files_in(slack: FakeSlack, place: Place | None = None, thread: str | None = None) -> list[Payload]:
    return [file for post in slack.posts(place, thread) for file in post.get("files", [])]


def is_there(slack: FakeSlack) -> bool:
    """Whether the file hangs on the answer, once."""
    return [slack.web.files.data[file["id"]] for file in files_in(slack)] == [CODE.encode()]


async def test_a_file_hangs_on_the_post_that_names_it(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, program):
        slack.say("count", calls=True)
        await until(lambda: is_there(slack) and "Run it." in "".join(map(text_of, slack.posts())))
    assert files_in(slack)[0]["name"] == "count.py" and "`count.py` (30 lines, attached)" in slack.texts()[0]
    assert slack.web.count("files.completeUploadExternal") == 1
    assert "channel_id" not in slack.web.calls("files.completeUploadExternal")[0]


@pytest.mark.parametrize("kind", ["lost", "cut", "trouble"])
@pytest.mark.parametrize(
    "method", ["files.getUploadURLExternal", "files.completeUploadExternal", "chat.update"]
)
async def test_a_file_stands_once_whatever_gets_lost(
    slack: FakeSlack, database: Path, method: str, kind: Kind
) -> None:
    async with running(slack, database, program):
        slack.web.faults.append(Fault(method, kind))
        slack.say("count", calls=True)
        await until(lambda: is_there(slack) and not slack.web.faults)
    assert len(slack.web.files.by_id) == 1


async def test_a_file_goes_with_its_answer_also_after_a_restart(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, program) as bot:
        question = slack.say("count", calls=True)
        await until(lambda: is_there(slack))
        await bot.remembered()
    async with running(slack, database, program):
        slack.delete(question)
        await until(lambda: slack.posts() == [] and slack.web.files.by_id == {})


async def test_a_file_that_is_no_longer_in_the_answer_goes(slack: FakeSlack, database: Path) -> None:
    async def no_program(request: GenerationRequest) -> AsyncIterator[str]:
        yield "No program."

    async with running(slack, database, program) as bot:
        slack.say("count", calls=True)
        await until(lambda: is_there(slack))
        await bot.remembered()
        bot.generator.script = no_program
        slack.command("/regenerate")
        await until(lambda: slack.texts() == ["No program."] and slack.web.files.by_id == {})
    assert files_in(slack) == []


async def test_without_the_scope_it_is_said_what_is_missing(slack: FakeSlack, database: Path) -> None:
    slack.scopes.remove("files:write")

    async def long(request: GenerationRequest) -> AsyncIterator[str]:
        yield f"```python file=count.py\n{CODE * 60}```"

    async with running(slack, database, long):
        slack.say("count", calls=True)
        await until(lambda: LACKS in "".join(slack.texts()))
    assert slack.web.count("files.getUploadURLExternal") == 0


@pytest.mark.parametrize(("code", "why"), [("missing_scope", LACKS), ("file_type_not_allowed", NOT_TAKEN)])
async def test_what_slack_does_not_take_is_told_in_the_answer(
    slack: FakeSlack, database: Path, caplog: pytest.LogCaptureFixture, code: str, why: str
) -> None:
    async with running(slack, database, program):
        slack.web.faults.append(Fault("files.getUploadURLExternal", "refused", code=code))
        slack.say("count", calls=True)
        await until(lambda: why in "".join(slack.texts()))
    assert files_in(slack) == [] and "print" not in caplog.text


async def test_what_one_person_sees_has_its_file_with_that_person(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, program) as bot:
        command = slack.command("/ask", "count")
        await until(lambda: command.texts)
        await bot.remembered()
    direct = slack.open_dm(ANN)
    assert "`count.py` (30 lines)" in command.texts[0] and "attached" not in command.texts[0]
    assert "I sent you `count.py` directly." in command.texts[0] and files_in(slack) == []
    assert [file["name"] for file in files_in(slack, direct)] == ["count.py"]
    assert "`/ask" in slack.texts(direct)[0]


async def test_what_cannot_be_sent_to_the_person_is_told(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, program):
        slack.web.faults.append(Fault("conversations.open", "refused", times=9, code="missing_scope"))
        command = slack.command("/ask", "count")
        await until(lambda: command.texts)
    assert "I could not send you `count.py` directly." in command.texts[0]
    assert slack.web.files.by_id == {}


async def test_a_file_is_attached_after_a_crash(slack: FakeSlack, database: Path) -> None:
    bot = Bot(slack, database, program)
    await bot.connected()
    slack.web.delay_s["files.getUploadURLExternal"] = 30.0
    slack.say("count", calls=True)
    await until(lambda: slack.web.count("files.getUploadURLExternal"))
    await bot.crash()
    del slack.web.delay_s["files.getUploadURLExternal"]
    async with running(slack, database, program):
        await until(lambda: is_there(slack))
    assert sum("attached" in text for text in slack.texts()) == 1
