"""The page in Chromium, as a person uses it: pointer, keyboard, phone; a restart in the middle."""

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys

from tests.integration.web.browser import CHROMIUM, DRIVER, Browser
from tests.integration.web.rig import InThread, Playground, slowly

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(
        not (CHROMIUM and DRIVER),
        reason="Chromium is not installed; on Debian: apt install chromium chromium-driver",
    ),
]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    browser = Browser(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()


@pytest.fixture
def playground(tmp_path: Path) -> Iterator[Playground]:
    with InThread(tmp_path, slowly) as playground:
        yield playground


@pytest.fixture
def browser(shared: Browser, playground: Playground) -> Iterator[Browser]:
    """The shared window, on a playground of the test's own; the console must stay silent."""
    shared.resize(1280, 800)
    shared.prefer(prefers_color_scheme="light")
    shared.open(playground.web.address)
    yield shared
    complaints = shared.complaints
    shared.run("localStorage.clear(); sessionStorage.clear()")
    assert complaints == []


def test_a_stranger_talks_a_moment_after_opening_the_address(browser: Browser):
    assert browser.find(".empty h2").text == "Hello, I am Parley"
    assert "token" not in browser.driver.current_url
    browser.click(".examples button")
    box = browser.find("#composer-text")
    assert box.get_attribute("value") == "Hello! What can you do?"
    box.send_keys(Keys.ENTER)
    browser.until(lambda: browser.texts() == ["Hello! What can you do?", "You said: Hello! What can you do?"])
    assert box.get_attribute("value") == ""
    assert browser.run("return document.activeElement.id") == "composer-text"


@pytest.mark.parametrize("how", ["button", "escape"])
def test_an_answer_streams_and_can_be_stopped(browser: Browser, how: str):
    browser.say("count")
    browser.until(lambda: len(browser.texts()[1].split()) > 3)
    if how == "button":
        browser.click(".stop")
    else:
        browser.keys(Keys.ESCAPE)
    browser.gone("#composer-slot .stop")
    browser.until(lambda: not browser.all(".is-streaming"))
    stopped = browser.texts()[1]
    browser.say("again")
    browser.until(lambda: browser.texts()[-1] == "You said: again")
    assert browser.texts()[1] == stopped


def test_markdown_is_shown_and_nothing_in_it_runs(browser: Browser):
    browser.say("markdown")
    browser.until(lambda: browser.all(".is-bot table"))
    shown = browser.run("return document.querySelector('.is-bot .text').innerText")
    assert "code <b>" in shown
    assert "<b>no tags</b>" in shown
    assert "2 * 3 * 4" in shown
    assert "snake_case_name" in shown
    assert [bold.text for bold in browser.all(".is-bot strong")] == ["bold"]
    assert [item.text for item in browser.all(".is-bot .text > ol > li")] == ["first", "second"]
    assert browser.find(".is-bot .text > ul > li > ul > li").text == "two and a half"
    assert browser.find(".is-bot pre code").text == 'print("1")  # **not bold**'
    links = {link.get_attribute("href"): link for link in browser.all(".is-bot a")}
    assert list(links) == ["https://example.org/a_(b)", "https://example.com/x"]
    assert {link.get_attribute("rel") for link in links.values()} == {"noopener noreferrer nofollow"}
    assert browser.find(".host").text == "(example.org)"
    assert browser.find(".is-bot .code button").accessible_name == "Copy"


def test_edit_and_delete_by_pointer(browser: Browser):
    browser.say("helo")
    browser.until(lambda: browser.texts() == ["helo", "You said: helo"])
    browser.act_on("helo", "Edit")
    browser.keys(Keys.BACKSPACE, "lo", Keys.ENTER)
    browser.until(lambda: browser.texts() == ["hello", "You said: hello"])
    assert browser.find(".mark").text == "edited"
    browser.act_on("hello", "Delete")
    browser.click("#ask-ok")
    browser.until(lambda: browser.texts() == [])


def test_edit_and_delete_by_keyboard(browser: Browser):
    browser.say("helo")
    browser.until(lambda: browser.texts() == ["helo", "You said: helo"])
    browser.keys(Keys.ARROW_UP)
    browser.keys(Keys.BACKSPACE, "lo", Keys.ENTER)
    browser.until(lambda: browser.texts() == ["hello", "You said: hello"])
    browser.keys(Keys.HOME, Keys.ENTER)  # the edited message has the focus; its toolbar opens
    assert browser.run("return document.activeElement.getAttribute('aria-label')") == "Reply"
    browser.keys(Keys.TAB * 4, Keys.ENTER)
    browser.until(lambda: browser.find("#ask"))
    browser.keys(Keys.ENTER)
    browser.until(lambda: browser.texts() == [])


def test_a_thread_is_opened_answered_and_counted(browser: Browser):
    browser.click('[data-channel="general"]')
    browser.say("an idea")
    browser.until(lambda: browser.texts() == ["an idea"])
    browser.until(lambda: not browser.all(".is-pending"))
    browser.act_on("an idea", "Reply in a thread")
    browser.say("@Parley what do you think?", "#thread-composer-text")
    browser.until(lambda: browser.texts("#thread .text")[-1] == "You said: @Parley what do you think?")
    assert browser.find(".thread-link").text == "2 replies"
    assert browser.texts() == ["an idea"]
    browser.keys(Keys.ESCAPE)
    browser.gone("#thread")


def test_a_reply_shows_what_it_replies_to(browser: Browser):
    browser.click('[data-channel="general"]')
    for words in ("first", "second", "third"):
        browser.say(words)
    browser.until(lambda: browser.texts() == ["first", "second", "third"] and not browser.all(".is-pending"))
    browser.act_on("first", "Reply")
    browser.keys("to the first", Keys.ENTER)
    browser.until(lambda: browser.find(".quote").text == "Alice first")


def test_the_slash_menu_by_keyboard(browser: Browser):
    box = browser.find("#composer-text")
    box.send_keys("/")
    browser.until(lambda: browser.find(".menu"))
    names = browser.texts(".menu [role=option] .name")
    assert {"/summarize", "/translate", "/write", "/help"} <= set(names)
    box.send_keys("wr")
    assert browser.texts(".menu [role=option] .name") == ["/write"]
    active = box.get_attribute("aria-activedescendant")
    assert browser.find(f"#{active}").text.startswith("/write")
    box.send_keys(Keys.ENTER)
    assert box.get_attribute("value") == "/write "
    assert "kind:" in browser.texts(".menu [role=option] .name")
    box.send_keys("kind:", Keys.ARROW_DOWN, Keys.TAB)
    assert box.get_attribute("value") == "/write kind:article "
    box.send_keys("a short tale", Keys.ENTER)
    browser.until(lambda: len(browser.texts()) == 2 and "a short tale" in browser.texts()[1])
    box.send_keys("/", Keys.ESCAPE)
    assert browser.all(".menu:not([hidden])") == []


def test_a_wrong_command_is_explained_and_can_be_changed(browser: Browser):
    browser.say("/sumarize ")
    assert "/summarize" in browser.until(lambda: browser.find(".problem")).text
    browser.click('[data-act="amend"]')
    assert browser.find("#composer-text").get_attribute("value") == "/sumarize "
    assert browser.texts() == []


def test_the_bots_name_is_completed_and_stands_out(browser: Browser):
    browser.click('[data-channel="general"]')
    box = browser.find("#composer-text")
    box.send_keys("hi @pa")
    browser.until(lambda: browser.find(".menu"))
    box.send_keys(Keys.TAB, "there", Keys.ENTER)
    browser.until(lambda: browser.texts()[-1] == "You said: hi @Parley there")
    assert browser.find(".mention").text == "@Parley"


def test_a_log_is_imported_and_summarised(browser: Browser, tmp_path: Path):
    log = tmp_path / "planning.txt"
    log.write_text("Ann: ship on Friday?\nBen: yes, on Friday\nAnn: I write the notes\n")
    browser.all("#import-file")[0].send_keys(str(log))
    browser.until(lambda: browser.texts() == ["ship on Friday?", "yes, on Friday", "I write the notes"])
    assert browser.find("#channel-title").text == "#planning"
    assert browser.find("#composer-text").get_attribute("value") == "/summarize"
    browser.find("#composer-text").send_keys(Keys.ENTER)
    browser.until(lambda: len(browser.texts()) == 5)


def test_several_people_and_channels(browser: Browser):
    browser.click("#new-channel")
    browser.keys("Night shift", Keys.ENTER)
    browser.until(lambda: browser.find("#channel-title").text == "#Night shift")
    browser.run("document.querySelector('.speak select').value = 'bob'")
    browser.run("document.querySelector('.speak select').dispatchEvent(new Event('change'))")
    browser.say("I am here")
    browser.until(lambda: browser.texts(".message .author") == ["Bob"])
    browser.driver.refresh()
    browser.until(lambda: browser.texts() == ["I am here"])
    assert browser.run("return document.querySelector('.speak select').value") == "bob"


def test_reload_shows_the_same(browser: Browser):
    browser.say("hello")
    browser.until(lambda: browser.texts() == ["hello", "You said: hello"])
    browser.say("/help")
    browser.until(lambda: len(browser.texts()) == 4)
    browser.until(lambda: not browser.all(".is-streaming, .is-pending"))
    before = browser.texts()
    browser.driver.refresh()
    browser.until(lambda: browser.texts() == before)


def test_a_restart_is_survived_and_unsent_words_are_sent(shared: Browser, tmp_path: Path):
    with InThread(tmp_path, slowly) as first:
        port = first.web.port
        shared.open(first.web.address)
        shared.say("before")
        shared.until(lambda: shared.texts() == ["before", "You said: before"])
    shared.until(lambda: shared.find("#offline"))
    shared.say("meanwhile")
    shared.until(lambda: shared.texts()[-1] == "meanwhile")
    with InThread(tmp_path, slowly, port):
        shared.until(lambda: shared.texts()[-1] == "You said: meanwhile", 20)
        assert shared.texts()[:3] == ["before", "You said: before", "meanwhile"]
        assert not shared.all("#offline:not([hidden])")
    shared.run("localStorage.clear(); sessionStorage.clear()")
    shared.complaints  # noqa: B018 - read away: Chromium remarks on every failed connection


def test_two_tabs_stay_in_step(browser: Browser, playground: Playground):
    first = browser.driver.current_window_handle
    browser.driver.switch_to.new_window("tab")
    browser.open(playground.root)
    browser.say("from the second tab")
    browser.until(lambda: len(browser.texts()) == 2)
    browser.driver.close()
    browser.driver.switch_to.window(first)
    browser.until(lambda: browser.texts() == ["from the second tab", "You said: from the second tab"])


def test_older_messages_come_when_scrolling_up_and_the_view_stays_where_it_is(
    browser: Browser, tmp_path: Path
):
    log = tmp_path / "long.txt"
    log.write_text("".join(f"Ann: line {number}\n" for number in range(150)))
    browser.all("#import-file")[0].send_keys(str(log))
    browser.until(lambda: browser.texts()[-1:] == ["line 149"])
    assert len(browser.texts()) == 60
    offset = "return document.querySelectorAll('#main .message')[arguments[0]].getBoundingClientRect().top"
    timeline = "const list = document.querySelector('#main .timeline'); "
    assert browser.run(timeline + "return list.scrollHeight - list.scrollTop - list.clientHeight") < 2
    before = browser.run(timeline + "list.scrollTop = 50; " + offset, 3)
    browser.until(lambda: len(browser.texts()) == 120)
    assert abs(browser.run(offset, 63) - before) < 30  # the button above the oldest message takes its place
    browser.run(timeline + "list.scrollTop = 0")
    browser.until(lambda: browser.texts() == [f"line {number}" for number in range(150)])
    browser.click(".jump")
    browser.until(
        lambda: browser.run(timeline + "return list.scrollHeight - list.scrollTop - list.clientHeight") < 2
    )


def test_right_to_left_text_keeps_to_itself(browser: Browser):
    browser.say("\u0645\u0631\u062d\u0628\u0627")
    browser.until(lambda: len(browser.texts()) == 2)
    direction = (
        "return getComputedStyle(document.querySelectorAll('.message .text p')[arguments[0]]).direction"
    )
    assert browser.run(direction, 0) == "rtl"
    assert browser.run(direction, 1) == "ltr"


HOSTILE = (
    *("*", "_", "`", "[", "](", "**a", "*a~", "~~", "<http://", "@", "#", "\\", "`a``b", "http://(", "!["),
    *("[a](http://x", "<b>", "&lt;", "\u0301", "\u202e", "> ", "- ", "|", "\n", " ", "1. a\n", "    - x\n"),
    *("> \n> ", "a|b\n-|-\n"),
)


def test_hostile_text_is_rendered_in_linear_time(browser: Browser):
    """Eight times the text takes about eight times as long (quadratic: 64), or no time worth speaking of."""
    script = """
        const [marks, done] = arguments;
        import("/static/js/markdown.js").then(({ renderMarkdown }) => {
            const took = (text) => Math.min(...[1, 2, 3].map(() => {
                const start = performance.now();
                renderMarkdown(text, "Parley");
                return performance.now() - start;
            }));
            const repeated = (mark, n) => mark.repeat(Math.ceil(n / mark.length));
            done(marks.map((mark) => [2500, 20000].map((n) => took(repeated(mark, n)))));
        });
    """
    took_ms = browser.driver.execute_async_script(script, HOSTILE)
    slow = {mark: ms for mark, ms in zip(HOSTILE, took_ms, strict=True) if ms[1] > max(100, 24 * ms[0])}
    assert slow == {}


def test_it_fits_a_phone(browser: Browser):
    browser.resize(360, 720)
    browser.say("markdown " + "verylongword" * 20)
    browser.until(lambda: browser.all(".is-bot table"))
    width = (
        "return [document.documentElement.scrollWidth, document.querySelector('#main .timeline').scrollWidth]"
    )
    assert max(browser.run(width)) <= 360
    browser.click("#drawer-open")
    browser.until(lambda: browser.find("#sidebar").rect["x"] == 0)
    browser.click('[data-channel="general"]')
    assert browser.find("#channel-title").text == "#general"
    browser.gone("#sidebar")
    browser.find("#composer-text").send_keys("/")
    browser.until(lambda: browser.find(".menu"))
    assert max(browser.run(width)) <= 360


def test_colours_follow_the_system_and_the_button(browser: Browser):
    ground = "return getComputedStyle(document.body).backgroundColor"
    light = browser.run(ground)
    browser.prefer(prefers_color_scheme="dark")
    browser.until(lambda: browser.run(ground) != light)
    browser.click("#theme")
    browser.until(lambda: browser.run(ground) == light)
    browser.driver.refresh()
    browser.until(lambda: browser.find(".empty"))
    assert browser.run(ground) == light


def test_a_log_can_be_dropped_on_the_page(browser: Browser):
    browser.run("""
        const carried = new DataTransfer();
        carried.items.add(new File(["Ann: dropped\\n"], "dropped.txt", { type: "text/plain" }));
        for (const kind of ["dragenter", "dragover", "drop"]) {
            const how = { dataTransfer: carried, bubbles: true, cancelable: true };
            document.body.dispatchEvent(new DragEvent(kind, how));
        }
    """)
    browser.until(lambda: browser.texts() == ["dropped"])
    assert browser.all("#drop:not([hidden])") == []


def test_an_answer_elsewhere_is_marked_in_the_list(browser: Browser):
    browser.click('[data-channel="general"]')
    browser.say("@Parley think" + " hard" * 40)
    browser.click('[data-channel="direct"]')
    browser.until(lambda: browser.find('[data-channel="general"] .unread'))
    browser.click('[data-channel="general"]')
    browser.gone(".unread")
    assert browser.texts()[-1].startswith("You said: @Parley think hard")


def test_a_browser_that_is_not_known_any_more_is_told_so_once(shared: Browser, tmp_path: Path):
    with InThread(tmp_path, slowly) as first:
        port = first.web.port
        shared.open(first.web.address)
        shared.until(lambda: shared.find(".empty"))
    shared.driver.delete_all_cookies()
    with InThread(tmp_path, slowly, port) as second:
        shared.until(lambda: "terminal" in shared.find("#offline").text, 20)
        assert len(second.announced) == 1
    shared.complaints  # noqa: B018 - read away, as above


def test_a_refused_command_stays_where_it_was_said(browser: Browser):
    browser.say("/nope")
    browser.until(lambda: browser.find(".problem"))
    browser.say("hi")
    browser.until(lambda: browser.texts() == ["/nope", "hi", "You said: hi"])
    browser.say("/nope again")
    browser.until(lambda: len(browser.all(".problem")) == 2)
    browser.say("still there?")
    said = ["/nope", "hi", "You said: hi", "/nope again", "still there?", "You said: still there?"]
    browser.until(lambda: browser.texts() == said)
    browser.driver.refresh()
    browser.until(lambda: browser.texts() == said)


FILL = """
    const area = document.getElementById("composer-text");
    area.value = arguments[0].repeat(arguments[1]);
    area.dispatchEvent(new Event("input"));
"""


@pytest.mark.parametrize(("unit", "limit"), [("x", "1,048,576 characters"), ("\u4e2d", "2 MiB")])
def test_too_long_a_message_is_refused_before_it_is_drawn_and_stays_in_the_box(
    browser: Browser, unit: str, limit: str
):
    count = 1_048_577 if unit == "x" else 900_000
    browser.run(FILL, unit, count)
    browser.click('#composer-slot [aria-label="Send"]')
    assert limit in browser.find(".complaint").text
    assert browser.texts() == []
    assert browser.run("return document.getElementById('composer-text').value.length") == count
    browser.run(FILL, "hi", 1)
    browser.gone(".complaint")
    browser.click('#composer-slot [aria-label="Send"]')
    browser.until(lambda: browser.texts() == ["hi", "You said: hi"])


def test_a_paste_of_seven_megabytes_is_refused_without_a_stall(browser: Browser):
    browser.run("""
        document.addEventListener("copy", (event) => {
            event.clipboardData.setData("text/plain", "a few words ".repeat(600_000));
            event.preventDefault();
        }, { once: true });
    """)
    box = browser.find("#composer-text")
    box.send_keys("before", Keys.CONTROL + "c")
    started = time.monotonic()
    box.send_keys(Keys.CONTROL + "v")
    assert "1,048,576" in browser.until(lambda: browser.find(".complaint")).text
    assert time.monotonic() - started < 5
    assert box.get_attribute("value") == "before"
    box.send_keys(" and after", Keys.ENTER)
    browser.until(lambda: browser.texts()[:1] == ["before and after"])


def test_the_longest_message_neither_stalls_the_box_nor_the_page(browser: Browser):
    """250,000 characters in the box, where commands are offered; 990,000 on their way, drawn in part."""
    took_ms = "const start = performance.now();" + FILL + "return performance.now() - start"
    assert browser.run(took_ms, "/write " + "x" * 99, 2500) < 1500
    browser.click('[data-channel="general"]')
    browser.run("WebSocket.prototype.send = () => {}")  # it stays on its way
    browser.run(FILL, "some words ", 90_000)
    started = time.monotonic()
    browser.click('#composer-slot [aria-label="Send"]')
    browser.until(lambda: browser.all(".is-pending"))
    assert time.monotonic() - started < 5
    assert browser.run("return document.querySelector('.is-pending .text').textContent.length") == 20_001
    browser.run("sessionStorage.clear()")


def test_adding_somebody_who_is_here_chooses_them(browser: Browser):
    browser.run("""
        const speaker = document.querySelector(".speak select");
        speaker.value = speaker.options[speaker.options.length - 1].value;
        speaker.dispatchEvent(new Event("change"));
    """)
    browser.until(lambda: browser.find("#ask"))
    browser.keys("bob", Keys.ENTER)
    browser.until(lambda: browser.run("return document.querySelector('.speak select').value") == "bob")
    assert browser.find(".toast").text == "Bob is here already; you speak as Bob now."


def test_one_imported_message_is_one(browser: Browser, tmp_path: Path):
    log = tmp_path / "prose.txt"
    log.write_text("Ann: the only line\n")
    browser.all("#import-file")[0].send_keys(str(log))
    browser.until(lambda: browser.find(".toast").text == "1 message is in #prose now")


def test_a_threads_box_says_how_to_call_the_bot_until_it_takes_part(browser: Browser):
    browser.click('[data-channel="general"]')
    browser.say("an idea")
    browser.until(lambda: browser.texts() == ["an idea"] and not browser.all(".is-pending"))
    browser.act_on("an idea", "Reply in a thread")
    placeholder = "return document.getElementById('thread-composer-text').placeholder"
    browser.until(lambda: browser.run(placeholder) == "Reply in thread; call @Parley for an answer")
    browser.say("good one", "#thread-composer-text")
    browser.until(lambda: browser.texts("#thread .text") == ["an idea", "good one"])
    assert "call @Parley" in browser.run(placeholder)
    browser.say("@Parley, and you?", "#thread-composer-text")
    browser.until(lambda: browser.run(placeholder) == "Reply in thread")


def _is_open(browser: Browser, name: str) -> bool:
    return browser.find("#channel-title").text == f"#{name}"


def test_the_import_stays_in_sight_beside_many_channels(browser: Browser):
    browser.resize(1280, 500)
    for name in (f"channel {number}" for number in range(20)):
        browser.click("#new-channel")
        browser.keys(name, Keys.ENTER)
        browser.until(partial(_is_open, browser, name))
    assert browser.run("return document.querySelectorAll('.channel').length") == 22
    inside = """
        const { top, bottom } = document.querySelector(arguments[0]).getBoundingClientRect();
        return top >= 0 && bottom <= innerHeight;
    """
    assert browser.run(inside, "#import-log")
    assert browser.run(inside, ".brand")
    assert browser.run("return getComputedStyle(document.querySelector('.lists')).scrollbarWidth") == "thin"
    assert browser.run(inside, '.channel[aria-current="page"]')


def test_a_channel_is_deleted_after_a_question(browser: Browser):
    browser.click("#new-channel")
    browser.keys("attic", Keys.ENTER)
    browser.until(lambda: browser.find("#channel-title").text == "#attic")
    browser.say("a box")
    browser.until(lambda: browser.texts() == ["a box"] and not browser.all(".is-pending"))
    browser.click("#channel-delete")
    browser.until(lambda: browser.find("#ask-title").text == "Delete #attic?")
    browser.click("#ask-cancel")
    browser.gone("#ask")
    browser.click("#channel-delete")
    browser.click("#ask-ok")
    browser.until(lambda: browser.find(".toast").text == "#attic was deleted.")
    assert browser.find("#channel-title").text == "Parley"
    assert browser.texts(".channel bdi") == ["Parley", "general"]
    assert not browser.all("#channel-delete:not([hidden])")
    browser.click('[data-channel="general"]')
    assert not browser.all("#channel-delete:not([hidden])")
    browser.driver.refresh()
    browser.until(lambda: browser.texts(".channel bdi") == ["Parley", "general"])
