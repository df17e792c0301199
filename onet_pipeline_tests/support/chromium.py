"""A headless Chromium for tests of what people see in a browser.

Belongs here: finding and starting it. Does not: what is looked at.

https://playwright.dev/python/docs/api/class-browsertype
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog, Page, Request

NAMES = ("chromium", "chromium-browser", "google-chrome", "/usr/bin/chromium")
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking")
MISSING = "no Chromium was found: install one (Debian: apt-get install chromium) to test the report in a browser"


def find_chromium() -> str | None:
    """Return the path of the first Chromium found, None where there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@contextmanager
def running_chromium(path: str) -> Iterator["Browser"]:
    """Start a Chromium that ends with the block."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@dataclass
class Watch:
    """What a page did that a report must not do."""

    complaints: list[str] = field(default_factory=list)

    def over(self, page: "Page") -> None:
        """Note every message, error, dialog and request of a page but the page itself."""
        page.on("console", lambda message: self.complaints.append(f"console {message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("dialog", self._dismiss)
        page.on("request", self._request)

    def _dismiss(self, dialog: "Dialog") -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _request(self, request: "Request") -> None:
        if not (request.is_navigation_request() and request.url.startswith("file:")):
            self.complaints.append(f"request: {request.url}")
