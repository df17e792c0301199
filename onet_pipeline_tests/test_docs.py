"""What the documentation says is true: settings, links, commands."""

import json
import os
import re
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from onet_pipeline.onet.source import sample_release_path
from onet_pipeline.settings import Settings
from onet_pipeline_tests.support.dagster_servers import end_group

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "deploy").rglob("*.md")])
COMMANDS = re.findall(r"^\$ (.+)$", README, re.MULTILINE)
BIN = Path(sys.executable).parent


def settings_rows() -> list[str]:
    rows = ["| variable | default | meaning |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        variable = name.upper() if name.startswith("anthropic") else f"ONET_{name.upper()}"
        default = "" if field.default in (None, "") else f"`{field.default}`"
        default = {"`True`": "`1`", "`False`": "`0`"}.get(default, default)
        rows.append(f"| `{variable}` | {default} | {field.description} |")
    return rows


def test_the_readme_has_every_setting_with_its_default_and_meaning() -> None:
    table = re.findall(r"^\|.*\|$", README.split("## Settings")[1].split("\n## ")[0], re.MULTILINE)
    assert table == settings_rows()


def test_the_example_environment_has_every_setting_once_and_no_secret() -> None:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    named = re.findall(r"^# ?([A-Z_]+)=", "\n".join(lines), re.MULTILINE)
    assert named == [row.split("`")[1] for row in settings_rows()[2:]]
    assert not any(re.match(r"[A-Z_]+=.", line) for line in lines)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_within_the_project_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if not target.startswith(("http://", "https://", "mailto:")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def environment(folder: Path, **more: str) -> dict[str, str]:
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("ONET_", "ANTHROPIC_", "DAGSTER"))
    }
    own = {
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "ONET_HOME": str(folder / "home"),
        "ONET_UPLOADS": str(folder / "uploads"),
        "ONET_REVIEWS": str(folder / "reviews"),
        "ONET_RELEASE": str(sample_release_path()),
    }
    return kept | own | more


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the README's commands are run, in its order, with the files that they name."""
    place = tmp_path_factory.mktemp("readme")
    (place / "titles.txt").write_text("Police Officer\n", encoding="utf-8")
    (place / "staff.csv").write_text("Job Title\nPolice Officer\n", encoding="utf-8")
    (place / "gold.tsv").write_text("title\tsoc_code\nPolice Officer\t33-3051\n", encoding="utf-8")
    return place


def run(command: list[str], where: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=where, env=environment(folder), capture_output=True, text=True, timeout=300, check=False
    )


def test_make_demo_does_what_the_readme_shows(folder: Path) -> None:
    assert "make demo" in COMMANDS
    # The environment these tests run in is installed already; only the program itself is run.
    done = run(
        ["make", "--no-print-directory", "demo", f"VENV={BIN.parent}", "-o", f"{BIN.parent}/.runtime"], ROOT, folder
    )
    assert done.returncode == 0, done.stderr
    assert "Budget Analyst" in done.stdout


@pytest.mark.parametrize("command", [command for command in COMMANDS if command.startswith("onet-pipeline ")])
def test_commands_of_the_readme_work_in_its_order(folder: Path, command: str) -> None:
    done = run(shlex.split(command), folder, folder)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("verb", ["test", "lint", "format", "bench"])
def test_the_other_verbs_are_there(folder: Path, verb: str) -> None:
    assert f"make {verb}" in README
    done = run(["make", "--dry-run", verb, f"VENV={BIN.parent}"], ROOT, folder)
    assert done.returncode == 0, done.stderr


def test_every_command_of_the_readme_is_run_by_a_test() -> None:
    others = [command for command in COMMANDS if not command.startswith(("onet-pipeline ", "curl "))]
    assert others == ["make demo", "make test", "make ui"]


@pytest.fixture(scope="module")
def ui(folder: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["make", "ui", f"VENV={BIN.parent}", "-o", f"{BIN.parent}/.runtime", f"PORT={port}"]
    with (folder / "ui.log").open("w") as log:
        server = subprocess.Popen(
            command, cwd=ROOT, env=environment(folder), stdout=log, stderr=log, start_new_session=True
        )
    yield f"http://127.0.0.1:{port}"
    end_group(server)


def answer(ui: str, query: object) -> dict[str, Any]:
    """Post a GraphQL query, for up to two minutes while the server starts and loads the project."""
    deadline = time.monotonic() + 120
    while True:
        try:
            found: dict[str, Any] = httpx.post(f"{ui}/graphql", json=query, timeout=30).json()
            if "data" in found and "repositor" not in json.dumps(found.get("errors", "")).lower():
                return found
        except (httpx.TransportError, ValueError):
            pass
        assert time.monotonic() < deadline
        time.sleep(0.5)


def test_make_ui_opens_the_dagster_ui_on_the_data_of_the_demo(ui: str) -> None:
    query = "{ repositoriesOrError { ... on RepositoryConnection { nodes { assetNodes { assetKey { path } } } } } }"
    deadline = time.monotonic() + 120
    while not (found := answer(ui, {"query": query})["data"]["repositoriesOrError"].get("nodes")):
        assert time.monotonic() < deadline
        time.sleep(0.5)
    assert "role_mappings" in {node["assetKey"]["path"][-1] for node in found[0]["assetNodes"]}


@pytest.mark.parametrize("command", [command for command in COMMANDS if command.startswith("curl ")])
def test_what_the_readme_sends_by_curl_is_answered(ui: str, command: str) -> None:
    test_make_ui_opens_the_dagster_ui_on_the_data_of_the_demo(ui)
    program, silent, address, header, kind, data, body = shlex.split(command)
    assert [program, silent, header, kind, data] == ["curl", "-s", "-H", "Content-Type: application/json", "-d"]
    assert address == "http://127.0.0.1:3000/graphql"
    found = answer(ui, json.loads((ROOT / body.removeprefix("@")).read_text(encoding="utf-8")))
    assert "errors" not in found
    assert "Failure" not in json.dumps(found["data"])
