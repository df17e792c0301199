"""The review commands, as a person types them."""

import shutil
from pathlib import Path

import pytest

from onet_pipeline_tests.support.reviews import decided
from onet_pipeline_tests.support.shell import Shell


@pytest.fixture
def shell(tmp_path: Path, synced_home: Path) -> Shell:
    """A home with one mapped upload."""
    shell = Shell(tmp_path)
    shutil.copytree(synced_home, tmp_path / "home")
    (tmp_path / "staff.csv").write_text("Job Title\nPolice Officer\nRegistered Nurses\nzzqx\n", encoding="utf-8")
    shell.ok("map", "staff.csv")
    return shell


def test_the_way_out_and_back(shell: Shell) -> None:
    assert "out.xlsx" in shell.ok("review", "export", "staff.csv", "--output", "out.xlsx")
    written = (shell.folder / "out.xlsx").read_bytes()
    decisions = {"Police Officer": "confirm", "zzqx": "perhaps"}
    (shell.folder / "back.xlsx").write_bytes(decided(written, decisions, reviewer=""))
    said = shell.ok("review", "import", "back.xlsx", "--reviewer", "Ann")
    assert "1 applied, 0 unchanged, 0 in conflict, 1 refused" in said
    assert "back.result.xlsx" in said
    assert "Nothing done" in shell.ok("review", "import", "back.xlsx")
    status = shell.ok("review", "status")
    assert "back.xlsx: 0 rows in conflict, 1 refused" in status
    assert "95 % interval" in status


def test_many_are_confirmed_after_a_preview_that_does_nothing(shell: Shell) -> None:
    preview = shell.ok("review", "confirm", "staff.csv", "--exact")
    assert "Registered Nurses" in preview
    assert "nothing is done without --yes" in preview
    assert shell.ok("review", "confirm", "staff.csv", "--exact") == preview
    said = shell.ok("review", "confirm", "staff.csv", "--exact", "--yes", "--reviewer", "Ann")
    assert "confirmed by Ann" in said
    assert "0 would be confirmed" in shell.ok("review", "confirm", "staff.csv", "--exact")


def test_what_cannot_be_done_is_one_line(shell: Shell) -> None:
    assert "nowhere" in shell.refused("review", "export", "nowhere")
    assert "hidden columns" in shell.refused("review", "import", "staff.csv")
    assert shell("review", "confirm", "staff.csv").returncode == 2
