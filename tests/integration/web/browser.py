"""Chromium for the browser tests: started headless with a profile of its own, asked only for this machine."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

T = TypeVar("T")

CHROMIUM = shutil.which("chromium")
DRIVER = shutil.which("chromedriver")
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--lang=en-GB",
)


class Browser:
    """One Chromium window and what a person does in it."""

    def __init__(self, profile: Path, width: int = 1280, height: int = 800) -> None:
        options = webdriver.ChromeOptions()
        options.binary_location = str(CHROMIUM)
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(str(DRIVER)))
        self.resize(width, height)

    def resize(self, width: int, height: int, scale: float = 1) -> None:
        size = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": width < 500}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def prefer(self, **features: str) -> None:
        """Answer media queries such as prefers-color-scheme."""
        asked = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": asked})

    def open(self, address: str) -> None:
        self.driver.get(address)
        self.until(lambda: self.find(".empty, .message"))

    def close(self) -> None:
        self.driver.quit()

    def all(self, css: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, css)

    def find(self, css: str) -> WebElement:
        """The first visible element that fits."""
        return next(element for element in self.all(css) if element.is_displayed())

    def texts(self, css: str = "#main .message .text") -> list[str]:
        script = "return [...document.querySelectorAll(arguments[0])].map((e) => e.innerText.trim())"
        found: list[str] = self.run(script, css)
        return found

    def run(self, script: str, *arguments: object):
        return self.driver.execute_script(script, *arguments)

    def until(self, condition: Callable[[], T], timeout_s: float = 10) -> T:
        """Wait until `condition` gives something true."""
        ignored = (StaleElementReferenceException, StopIteration, IndexError)
        waiting = WebDriverWait(self.driver, timeout_s, 0.03, ignored_exceptions=ignored)
        return waiting.until(lambda _: condition())

    def gone(self, css: str) -> None:
        """Wait until nothing that fits can be seen."""
        self.until(lambda: not any(element.is_displayed() for element in self.all(css)))

    def keys(self, *keys: str) -> None:
        """Type where the focus is."""
        webdriver.ActionChains(self.driver).send_keys(*keys).perform()

    def say(self, text: str, box: str = "#composer-text") -> None:
        self.find(box).send_keys(text, Keys.ENTER)

    def click(self, css: str) -> None:
        self.until(lambda: self.find(css)).click()

    def point_at(self, element: WebElement) -> None:
        webdriver.ActionChains(self.driver).move_to_element(element).perform()

    def act_on(self, text: str, action: str) -> None:
        """Choose an action of the toolbar of the message that says `text`."""
        message = next(
            element
            for element in self.all("#main .message")
            if element.find_element(By.CLASS_NAME, "text").text.strip() == text
        )
        self.point_at(message)
        self.click(f'.toolbar [aria-label="{action}"]')

    @property
    def complaints(self) -> list[str]:
        """What the console said, but for the browser's own remarks on lost connections."""
        lines = [entry["message"] for entry in self.driver.get_log("browser")]
        return [line for line in lines if "ERR_CONNECTION" not in line and "/socket" not in line]
