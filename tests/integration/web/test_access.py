"""For everybody: names of controls, landmarks, contrast, and motion only where it is welcome."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.web.browser import CHROMIUM, DRIVER, Browser
from tests.integration.web.rig import InThread, slowly

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(
        not (CHROMIUM and DRIVER),
        reason="Chromium is not installed; on Debian: apt install chromium chromium-driver",
    ),
]

CONTRAST = """
const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
function rgba(color) {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
}
const over = (top, under) => top.slice(0, 3).map((c, i) => c * top[3] + under[i] * (1 - top[3])).concat(1);
function ground(element) {
    const layers = [];
    for (let e = element; e; e = e.parentElement) layers.push(rgba(getComputedStyle(e).backgroundColor));
    return layers.reverse().reduce((under, layer) => over(layer, under), [255, 255, 255, 1]);
}
const linear = (c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
const light = (color) => color.slice(0, 3).map((c) => linear(c / 255))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
function ratio(element) {
    const under = ground(element);
    const ink = over(rgba(getComputedStyle(element).color), under);
    const [a, b] = [light(ink), light(under)].sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05);
}
const found = {};
for (const element of document.querySelectorAll("body *")) {
    const hasWords = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!hasWords || !element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
    if (element.closest(":disabled, .visually-hidden, .skip, option")) continue;
    found[`${element.tagName} ${element.className} ${element.textContent.slice(0, 20)}`] = ratio(element);
}
return found;
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A page with something of everything on it."""
    folder: Path = tmp_path_factory.mktemp("playground")
    browser = Browser(tmp_path_factory.mktemp("profile"))
    try:
        with InThread(folder, slowly) as playground:
            browser.prefer(prefers_reduced_motion="reduce")
            browser.open(playground.web.address)
            browser.say("markdown")
            browser.until(lambda: browser.all(".is-bot table") and not browser.all(".is-streaming"))
            browser.act_on("markdown", "Reply in a thread")
            browser.say("a word", "#thread-composer-text")
            browser.until(lambda: browser.texts("#thread .text")[-1] == "You said: a word")
            browser.find("#composer-text").send_keys("/")
            browser.until(lambda: browser.find(".menu"))
            yield browser
    finally:
        browser.close()


def test_every_control_has_a_name_and_a_role(browser: Browser):
    browser.point_at(browser.all("#main .message")[0])
    controls = browser.all(
        "button, a, input, select, textarea, [tabindex='0'], [role=option], [role=listbox]"
    )
    shown = [control for control in controls if control.is_displayed()]
    assert len(shown) > 20
    nameless = [
        control.get_attribute("outerHTML") for control in shown if not control.accessible_name.strip()
    ]
    assert nameless == []


def test_landmarks_and_headings(browser: Browser):
    roles = {
        element.aria_role for element in browser.all("nav, main, aside, [role=log]") if element.is_displayed()
    }
    assert {"navigation", "main", "complementary", "log"} <= roles
    assert len(browser.all("h1")) == 1
    ids = browser.run("return [...document.querySelectorAll('[id]')].map((e) => e.id)")
    assert len(ids) == len(set(ids))
    assert browser.run("return document.documentElement.lang") == "en"


def test_one_message_can_be_reached_by_tab(browser: Browser):
    assert len(browser.all("#main .message[tabindex='0']")) == 1
    assert browser.all("#main .message")[-1].get_attribute("tabindex") == "0"


def test_finished_answers_are_announced_once_not_word_by_word(browser: Browser):
    assert browser.find("#main .timeline").get_attribute("aria-live") == "off"
    assert browser.run("return document.getElementById('announcer').textContent").startswith(
        "Parley: You said: a word"
    )


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_words_stand_out_from_their_ground(browser: Browser, colours: str):
    browser.prefer(prefers_color_scheme=colours, prefers_reduced_motion="reduce")
    browser.until(lambda: browser.run("return document.documentElement.dataset.theme") == colours)
    ratios: dict[str, float] = browser.run(CONTRAST)
    assert len(ratios) > 30
    assert {words: round(ratio, 2) for words, ratio in ratios.items() if ratio < 4.5} == {}


def test_nothing_moves_for_those_who_do_not_want_it(browser: Browser):
    browser.run("document.querySelector('#model').classList.remove('is-ready')")
    duration = "return parseFloat(getComputedStyle(document.querySelector('.dot')).animationDuration)"
    assert 0 < browser.run(duration) <= 0.001
    browser.prefer(prefers_reduced_motion="no-preference")
    assert browser.run(duration) > 1


def test_the_page_asks_nobody_else(browser: Browser):
    names = browser.run(
        "return performance.getEntriesByType('resource').map((entry) => new URL(entry.name).host)"
    )
    assert set(names) == {browser.run("return location.host")}
