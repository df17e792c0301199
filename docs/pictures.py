"""Take the pictures of these pages from a running `make ui`: python docs/pictures.py http://127.0.0.1:3000.

Needs Chromium (Debian: apt-get install chromium) and the test dependencies.
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

GROUPS = ("onet", "search", "uploads")
LINEAGE = "/asset-groups?expanded=" + ",".join(f"global@global:{group}" for group in GROUPS)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]


def take_lineage(address: str, picture: Path) -> None:
    """Save the lineage of all groups, opened, as a PNG of 2,000 by 1,330 pixels."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page(viewport={"width": 2600, "height": 1450})
        page.goto(address + LINEAGE)
        page.get_by_text("role_mappings").first.wait_for(timeout=60_000)
        page.wait_for_timeout(3000)  # the graph is laid out after its nodes are there
        page.screenshot(path=picture, clip={"x": 540, "y": 110, "width": 2000, "height": 1330})
        browser.close()


if __name__ == "__main__":
    take_lineage(sys.argv[1], Path(__file__).with_name("lineage.png"))
