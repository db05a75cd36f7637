"""Buttons under answers, links to messages and private answers, through the websocket and in Chromium."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import pytest
from selenium.webdriver.common.keys import Keys

from bot.conversation.access import NO_SUCH_PLACE
from bot.conversation.reply import CUT
from bot.messages import ConversationKey
from bot.platforms.web.board import Board
from bot.platforms.web.notes import Channel, Note
from tests.integration.web.browser import CHROMIUM, DRIVER, Browser
from tests.integration.web.rig import InThread, Page, Playground, steadily

in_chromium = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(
        not (CHROMIUM and DRIVER),
        reason="Chromium is not installed; on Debian: apt install chromium chromium-driver",
    ),
]
Test = TypeVar("Test", bound=Callable[..., Any])
CUT_SHORT = f"1 2 3 4\n\n{CUT}"


def chromium(test: Test) -> Test:
    """Mark a test that needs the browser."""
    for mark in in_chromium:
        test = mark(test)
    return test


async def history(
    page: Page, channel: str = "direct", thread: str | None = None, **fields: object
) -> list[dict]:
    await page.send("history", channel=channel, thread=thread, **fields)
    notes: list[dict] = (await page.frame("history", channel=channel, thread=thread))["messages"]
    return notes


def playing(folder: Path, ending: str = "stop") -> Playground:
    playground = Playground(folder, steadily)
    playground.generator.ending = ending  # type: ignore[assignment]
    return playground


async def test_what_can_be_done_with_an_answer_stands_on_its_last_post(tmp_path: Path):
    async with playing(tmp_path, "length") as playground, Page(playground) as page:
        await page.say("count", 1)
        assert await page.answer() == CUT_SHORT
        question, answer = await history(page)
        assert (question["kind"], answer["kind"]) == ("", "cut")
        playground.generator.ending = "stop"
        await page.send("control", action="continue", id=answer["id"], person="bob")
        assert (await page.frame("done"))["text"].startswith("I go on [above](#m-b-")
        assert await page.answer() == "1 2 3 4 5 6 7 8"
        (_, answer) = await history(page)
        assert (answer["kind"], answer["text"].strip()) == ("answer", "1 2 3 4 5 6 7 8")
        await page.send("control", action="continue", id=answer["id"], person="bob")
        assert "ended by itself" in (await page.frame("error"))["text"]
        await page.send("control", action="regenerate", id=answer["id"], person="bob")
        assert await page.answer() == "1 2 3 4"
        await page.send("control", action="undo", id=answer["id"], person="bob")
        assert "Taken back" in (await page.frame("done"))["text"]
        await page.frame("delete", id=answer["id"])
        assert [note["id"] for note in await history(page)] == ["m-1"]
        assert await playground.manager.history(ConversationKey("web", "local", "direct")) == []
        for action, note_id in (("undo", answer["id"]), ("explode", "m-1")):
            await page.send("control", action=action, id=note_id, person="bob")
            await page.frame("error")


async def test_a_typed_command_of_the_playground_may_do_everything(tmp_path: Path):
    async with playing(tmp_path) as playground, Page(playground) as page:
        await page.say("long", 1)
        await page.frame("edit")
        await page.say("/stop", 2, person="bob")
        assert (await page.frame("reply", state="finished"))["outcome"] == "stopped"
        assert await page.answer() == "Stopped."
        await page.say("/bridge to:fr", 3)
        assert "into French" in await page.answer()


async def test_a_private_answer_names_the_person_who_may_see_it(tmp_path: Path):
    async with playing(tmp_path) as playground, Page(playground) as page:
        await page.say("@Parley hello", 1, channel="general", person="alice")
        await page.answer()
        await page.say("/context", 2, channel="general", person="bob")
        await page.answer()
        notes = await history(page, "general")
        assert [note["audience"] for note in notes] == [None, None, "bob", "bob"]


async def test_who_was_let_in_is_told_of_every_channel_in_private(tmp_path: Path):
    async with playing(tmp_path) as playground, Page(playground) as page:
        await page.say("we meet in the harbour", 1, channel="general", person="alice")
        for number, channel in enumerate(("#general", "nowhere"), 2):
            await page.say(f"/search channel:{channel} harbour", number, person="bob")
            answer = await page.answer()
            assert ("1 message found" in answer) is (channel == "#general")
            assert (answer == NO_SUCH_PLACE) is (channel == "nowhere")
        notes = await history(page)
        assert [note["audience"] for note in notes[-4:]] == ["bob"] * 4


async def test_a_message_is_found_with_all_that_is_between(tmp_path: Path):
    async with playing(tmp_path) as playground, Page(playground) as page:
        for number in range(1, 4):
            await page.say(f"line {number}", number, channel="general")
        await page.say("in the thread", 9, channel="general", thread="m-2")
        await page.send("find", id="m-9")
        found = await page.frame("found")
        assert (found["channel"], found["thread"]) == ("general", "m-2")
        await page.send("find", id="m-99")
        assert "gone" in (await page.frame("error"))["text"]
        assert playground.web.permalink(ConversationKey("web", "local", "general"), "log-1:a b)") == (
            "#m-log-1:a%20b%29"
        )


async def test_a_page_of_the_board_goes_back_as_far_as_it_is_asked(tmp_path: Path):
    board = Board(tmp_path / "board.sqlite3")
    await board.add_channel(Channel("c", "c", "channel"))
    await board.add_all(Note(f"n{number}", "c", None, "a", "Ann", "x", number) for number in range(300))
    middle = await board.get("n100")
    assert middle is not None
    notes, has_more = await board.page("c", None, None, middle.seq)
    assert "n100" in [note.id for note in notes[:100]]
    assert (len(notes), has_more) == (260, True)
    await board.close()


async def test_a_board_of_an_earlier_version_gets_what_it_lacks(tmp_path: Path):
    path = tmp_path / "board.sqlite3"
    with closing(sqlite3.connect(path)) as old:
        old.execute(
            "CREATE TABLE messages (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, "
            "channel TEXT NOT NULL, thread TEXT, author_id TEXT NOT NULL, author_name BLOB NOT NULL, "
            "is_bot INTEGER NOT NULL DEFAULT 0, text BLOB NOT NULL, reply_to TEXT, sent_ms INTEGER NOT NULL, "
            "edited_ms INTEGER, nonce TEXT UNIQUE, is_addressed INTEGER NOT NULL DEFAULT 0, "
            "is_command INTEGER NOT NULL DEFAULT 0, is_deleted INTEGER NOT NULL DEFAULT 0)"
        )
        old.execute(
            "INSERT INTO messages (id, channel, author_id, author_name, text, sent_ms) "
            "VALUES ('m1', 'c', 'a', 'Ann', 'hello', 1)"
        )
        old.commit()
    board = Board(path)
    note = await board.get("m1")
    assert note is not None
    assert (note.text, note.audience, note.kind) == ("hello", None, "")
    await board.set_kind("m1", "answer")
    await board.close()


# --- in Chromium -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    browser = Browser(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()


@pytest.fixture
def playground(tmp_path: Path) -> Iterator[Playground]:
    with InThread(tmp_path, steadily) as playground:
        yield playground


@pytest.fixture
def browser(window: Browser, playground: Playground) -> Iterator[Browser]:
    window.resize(1280, 800)
    window.prefer(prefers_color_scheme="light")
    window.open(playground.web.address)
    yield window
    complaints = window.complaints
    window.run("localStorage.clear(); sessionStorage.clear()")
    assert complaints == []


def names(browser: Browser) -> list[str]:
    return [button.text for button in browser.all("#main .foot [data-act]") if button.is_displayed()]


def speak_as(browser: Browser, person: str) -> None:
    browser.run("document.querySelector('.speak select').value = arguments[0]", person)
    browser.run("document.querySelector('.speak select').dispatchEvent(new Event('change'))")


@chromium
def test_the_buttons_under_the_last_answer(browser: Browser, playground: Playground):
    playground.generator.ending = "length"
    browser.say("count")
    browser.until(lambda: names(browser) == ["Continue", "Regenerate", "Undo"])
    assert "length limit" in browser.texts()[1]
    playground.generator.ending = "stop"
    browser.click('[data-act="continue"]')
    browser.until(lambda: browser.texts()[1] == "1 2 3 4 5 6 7 8")
    browser.until(lambda: names(browser) == ["Regenerate", "Undo"])
    browser.say("again")
    browser.until(lambda: len(browser.texts()) == 4 and names(browser) == ["Regenerate", "Undo"])
    assert len(browser.all("#main .foot [data-act]")) == 2, "under the last answer only"
    browser.say("long")
    browser.until(lambda: len(browser.texts()) == 6)
    assert names(browser) == []
    browser.click(".stop")
    browser.until(lambda: names(browser) == ["Regenerate", "Undo"])
    browser.click('[data-act="undo"]')
    browser.until(lambda: browser.texts()[-1] == "long")
    assert "Taken back" in browser.until(lambda: browser.find(".toast")).text
    browser.until(lambda: names(browser) == ["Regenerate", "Undo"])
    asked = len(playground.generator.asked)
    browser.find('[data-act="regenerate"]').send_keys(Keys.ENTER)  # by keyboard
    browser.until(lambda: len(playground.generator.asked) == asked + 1)
    browser.until(lambda: browser.texts()[3] == "1 2 3 4" and names(browser) == ["Regenerate", "Undo"])


@chromium
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_buttons_fit_a_phone(browser: Browser, playground: Playground, scheme: str):
    browser.resize(360, 720)
    browser.prefer(prefers_color_scheme=scheme)
    playground.generator.ending = "length"
    browser.say("count")
    browser.until(lambda: names(browser) == ["Continue", "Regenerate", "Undo"])
    width = "return document.querySelector('#main .timeline').scrollWidth"
    assert browser.run(width) <= 360
    for button in browser.all("#main .foot [data-act]"):
        assert button.rect["height"] >= 40
        assert button.rect["x"] + button.rect["width"] <= 360


@chromium
def test_a_link_to_a_message_leads_to_it_in_channels_and_threads(browser: Browser, tmp_path: Path):
    log = tmp_path / "long.txt"
    log.write_text("".join(f"Ann: line {number}\n" for number in range(200)))
    browser.all("#import-file")[0].send_keys(str(log))
    browser.until(lambda: browser.texts()[-1:] == ["line 199"])
    ids = "return [...document.querySelectorAll('#main .message')].map((e) => e.dataset.id)"
    sixtieth = browser.run(ids)[0]
    browser.until(lambda: not browser.all(".is-pending"))
    browser.act_on("line 199", "Reply in a thread")
    browser.say("deep inside", "#thread-composer-text")
    browser.until(
        lambda: browser.texts("#thread .text")[-1] == "deep inside" and not browser.all(".is-pending")
    )
    deep = browser.run("return [...document.querySelectorAll('#thread .message')].at(-1).dataset.id")
    browser.click("#thread-close")
    browser.click('[data-channel="general"]')
    browser.say(f"see [1](#m-{sixtieth}) and [2](#m-{deep})")
    browser.until(lambda: len(browser.all("#main a.to-message")) == 2 and not browser.all(".is-pending"))
    browser.click("#main a.to-message:first-of-type")
    target = browser.until(lambda: browser.find("#main .message.is-target"))
    assert target.get_attribute("data-id") == sixtieth
    assert browser.run("return document.activeElement.dataset.id") == sixtieth
    browser.click('[data-channel="general"]')
    browser.until(lambda: len(browser.all("#main a.to-message")) == 2 and not browser.all(".is-pending"))
    browser.click("#main a.to-message:last-of-type")
    target = browser.until(lambda: browser.find("#thread .message.is-target"))
    assert target.get_attribute("data-id") == deep
    assert "#m-" not in browser.driver.current_url


@chromium
def test_an_old_message_is_fetched_with_all_that_came_after_it(browser: Browser, playground: Playground):
    browser.click('[data-channel="general"]')
    browser.say("the very first")
    browser.until(lambda: browser.texts() == ["the very first"] and not browser.all(".is-pending"))
    first = browser.run("return document.querySelector('#main .message').dataset.id")
    for number in range(130):
        browser.say(f"later {number}")
    browser.until(lambda: browser.texts()[-1] == "later 129" and not browser.all(".is-pending"), 20)
    for address in ("about:blank", f"{playground.root}/#m-{first}"):
        browser.driver.get(address)
    target = browser.until(lambda: browser.find("#main .message.is-target"))
    assert target.find_element("class name", "text").text == "the very first"
    assert len(browser.texts()) == 131


@chromium
def test_a_private_answer_is_shown_to_the_one_who_asked_only(browser: Browser):
    browser.click('[data-channel="general"]')
    browser.say("@Parley hello")
    browser.until(lambda: len(browser.texts()) == 2)
    speak_as(browser, "bob")
    browser.say("/context")
    browser.until(lambda: len(browser.texts()) == 4)
    assert [mark.text for mark in browser.all(".only-you")] == ["only you can see this"] * 2
    speak_as(browser, "alice")
    browser.until(lambda: len(browser.texts()) == 2)
    speak_as(browser, "bob")
    browser.until(lambda: len(browser.texts()) == 4)
