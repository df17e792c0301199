"""A process that maps is killed with -9, twenty times: nothing that was saved is asked again, and nothing is lost."""

import os
import random
import shutil
import signal
import threading
import time
from pathlib import Path

import pytest

from onet_pipeline.onet.source import sample_release_path
from onet_pipeline.roles.records import Method
from onet_pipeline.settings import Settings
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline_tests.support.claude_api import Call, ClaudeServer, Reply, answer_normally
from onet_pipeline_tests.support.message_batches import table
from onet_pipeline_tests.support.warm_command import WarmCommand

KILLS, ROLES, BATCH_SIZE, CONCURRENCY = 20, 100, 2, 1


def titles() -> list[str]:
    lines = (sample_release_path() / "Alternate Titles.txt").read_text(encoding="utf-8").splitlines()[1:]
    return list(dict.fromkeys(line.split("\t")[1] for line in lines))[:ROLES]


def staff(folder: Path) -> Path:
    file = folder / "staff.csv"
    file.write_text("Job Title\n" + "".join(f'"{title}"\n' for title in titles()), encoding="utf-8")
    return file


def environment(home: Path, server: ClaudeServer) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ONET_", "ANTHROPIC_"))}
    own = {"ONET_HOME": str(home), "ONET_BATCH_SIZE": str(BATCH_SIZE), "ONET_CONCURRENCY": str(CONCURRENCY)}
    return kept | own | {"ONET_SECOND_LOOK": "0"} | server.environment


@pytest.fixture
def home(tmp_path: Path, synced_home: Path) -> Path:
    return shutil.copytree(synced_home, tmp_path / "home")


@pytest.fixture
def pipeline(home: Path) -> Pipeline:
    return Pipeline(Settings(home=home, mapper="lexical"))


def only_upload(pipeline: Pipeline) -> str | None:
    keys = [upload.key for upload in pipeline.uploads.all()]
    return keys[0] if keys else None


def saved(pipeline: Pipeline) -> set[str]:
    key = only_upload(pipeline)
    rows = pipeline.mappings.mappings(key) if key else ()
    assert all(row.method is Method.CLAUDE for row in rows)
    return {row.source_role for row in rows}


class Killer:
    """Kills the process of the moment some milliseconds after its n-th call has come, wherever it is by then."""

    def __init__(self, server: ClaudeServer, seed: int) -> None:
        self._random = random.Random(seed)
        self._server, self._process, self._calls, self._struck = server, 0, 0, False
        self._lock = threading.Lock()
        server.always(self._reply)

    def aim(self) -> None:
        self._calls, self._struck = self._random.randint(1, 4), False
        self._after = self._random.choice([0.0, 0.002, 0.005, 0.01, 0.02, 0.04])

    def at(self, process: int) -> None:
        self._process = process

    def _reply(self, server: ClaudeServer, call: Call) -> Reply:
        with self._lock:
            self._calls -= 1
            strikes = self._calls == 0
        if strikes:
            threading.Timer(self._after, os.kill, (self._process, signal.SIGKILL)).start()
        return answer_normally(server, call)


@pytest.mark.parametrize("seed", [4])
def test_twenty_kills_and_then_the_same_table_as_without_any(
    tmp_path: Path, synced_home: Path, pipeline: Pipeline, home: Path, seed: int
) -> None:
    file, began = staff(tmp_path), time.monotonic()
    with ClaudeServer() as server, WarmCommand(environment(home, server)) as command:
        killer = Killer(server, seed)
        for number in range(KILLS):
            killer.aim()
            before, asked = saved(pipeline), len(server.calls)
            process = command.start("map", str(file))
            killer.at(process)
            assert command.wait() == -signal.SIGKILL, f"process {number} ended before it was killed"
            again = {title for call in server.calls[asked:] for title in call.titles} & before
            assert not again, f"saved and asked again: {again}"
            assert before <= saved(pipeline), "what was saved is gone"
        left = set(titles()) - saved(pipeline)
        assert left, "the last kill must still have found work under way"
        asked = len(server.calls)
        assert command.start("map", str(file))
        assert command.wait() == 0
        assert {title for call in server.calls[asked:] for title in call.titles} == left
        paid_twice = sum(server.paid_roles.values()) - ROLES
        found = table(pipeline, only_upload(pipeline) or "")
    assert found == without_kills(tmp_path, synced_home, file)
    # A worker asks for no batch before its last one is saved, so that a kill loses at most one for each worker.
    assert paid_twice <= KILLS * BATCH_SIZE * CONCURRENCY
    print(f"{paid_twice} of {ROLES} roles paid twice, {time.monotonic() - began:.1f} s")  # noqa: T201
    pipeline.close()


def without_kills(tmp_path: Path, synced_home: Path, file: Path) -> dict[str, dict[str, object]]:
    home = shutil.copytree(synced_home, tmp_path / "other")
    with ClaudeServer() as server, WarmCommand(environment(home, server)) as command:
        command.start("map", str(file))
        assert command.wait() == 0
    pipeline = Pipeline(Settings(home=home, mapper="lexical"))
    rows = table(pipeline, only_upload(pipeline) or "")
    pipeline.close()
    assert len(rows) == ROLES
    return rows
