"""Takes the README's picture from a running bot.

`python -m tests.integration.web.picture ADDRESS docs/playground.png`, where ADDRESS is the one that the bot
printed, best of a fresh BOT_DATA_DIR. Everything in the picture is then really said.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from PIL import Image
from selenium.webdriver.common.keys import Keys

from tests.integration.web.browser import Browser

WIDTH, HEIGHT = 1280, 800
LOG = """\
[2026-11-23 09:02] Mara: Morning! Are we still releasing 2.4 on Friday?
[2026-11-23 09:03] Priya: hey
[2026-11-23 09:04] Jonas: The installer fails on Debian 12. I am on it, it is a missing libssl.
[2026-11-23 09:05] Priya: Oh no
[2026-11-23 09:05] Mara: How long do you need? The announcement is written.
[2026-11-23 09:11] Jonas: Two hours. I will have a fixed build at noon.
[2026-11-23 09:12] Mara: Then we release on Friday at 15:00, and Priya tests the build this afternoon.
[2026-11-23 09:13] Priya: Works for me. I will also check the upgrade from 2.3.
[2026-11-23 09:14] Jonas: Thanks!
[2026-11-23 09:15] Mara: Lunch at one?
"""


def take(address: str, picture: Path) -> None:
    """Import a log, let the bot summarise and translate, and save what is seen."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "release.txt"
        log.write_text(LOG)
        browser = Browser(Path(folder) / "profile", WIDTH, HEIGHT)
        try:
            browser.open(address)
            browser.all("#import-file")[0].send_keys(str(log))
            browser.until(lambda: len(browser.texts()) == LOG.count("\n"))
            browser.find("#composer-text").send_keys(Keys.ENTER)  # the /summarize that the import suggests
            _answered(browser, 12)
            browser.say("/translate to:fr Good morning! How are you?")
            _answered(browser, 14)
            browser.until(lambda: not browser.all(".toast"))
            browser.find("#composer-text").click()
            browser.driver.save_screenshot(str(picture))
        finally:
            browser.close()
    Image.open(picture).convert("RGB").quantize(256).save(picture, optimize=True)


def _answered(browser: Browser, count: int) -> None:
    browser.until(lambda: len(browser.texts()) == count and not browser.all(".is-streaming"), 120)


if __name__ == "__main__":
    take(sys.argv[1], Path(sys.argv[2]))
