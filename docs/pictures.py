"""Take the pictures of these pages.

    python docs/pictures.py lineage http://127.0.0.1:3000    # from a running `make ui`
    python docs/pictures.py report .onet/reports/*/report.html    # as `make demo` writes it

Needs Chromium (Debian: apt-get install chromium) and the test dependencies.
"""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

GROUPS = ("onet", "search", "uploads", "review")
LINEAGE = "/asset-groups?expanded=" + ",".join(f"global@global:{group}" for group in GROUPS)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]


@contextmanager
def page_of(width: int, height: int) -> Iterator[Page]:
    """Open an empty page in a browser of its own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        yield browser.new_page(viewport={"width": width, "height": height})
        browser.close()


def take_lineage(address: str, picture: Path) -> None:
    """Save the lineage of all groups, opened, as a PNG of 2,560 by 2,560 pixels."""
    with page_of(3200, 2750) as page:
        page.goto(address + LINEAGE)
        page.get_by_text("role_mappings").first.wait_for(timeout=60_000)
        page.wait_for_timeout(
            10_000
        )  # the graph is laid out after its nodes are there, and each then asks for its state
        page.screenshot(path=picture, clip={"x": 580, "y": 130, "width": 2560, "height": 2560})


def take_report(file: str, picture: Path) -> None:
    """Save the beginning of a report, down to its first rows."""
    with page_of(1280, 1700) as page:
        page.goto(Path(file).absolute().as_uri())
        page.locator("#table tbody details").first.click()
        page.screenshot(path=picture)


if __name__ == "__main__":
    take = {"lineage": take_lineage, "report": take_report}[sys.argv[1]]
    take(sys.argv[2], Path(__file__).with_name(f"{sys.argv[1]}.png"))
