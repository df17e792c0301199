"""Dagster's own servers, as production runs them.

Belongs here: a Dagster home for them; starting webserver and daemon, talking GraphQL to them, ending them with
everything they started. Does not: what is asked of them.

https://docs.dagster.io/deployment/oss/deployment-options/deploying-dagster-as-a-service
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from onet_pipeline.settings import Settings
from onet_pipeline_tests.support.loopback import free_port

PROJECT = Path(__file__).parents[2]
DAEMON = "dagster-daemon"
_COMMANDS = Path(sys.executable).parent
_Found = TypeVar("_Found")


def local_home(settings: Settings, folder: Path, more: str = "", **variables: str) -> dict[str, str]:
    """Lay out a Dagster home under ``folder`` as `make ui` does, and return the variables of servers on it.

    They share database, uploads and reviews of the settings; ``more`` is added to ``dagster.yaml``.
    """
    home = folder / "dagster"
    home.mkdir()
    (home / "dagster.yaml").write_text((PROJECT / "deploy" / "local" / "dagster.yaml").read_text() + more)
    reviews = Path(settings.reviews)
    reviews.mkdir(parents=True, exist_ok=True)
    places = {"ONET_HOME": str(settings.home), "ONET_UPLOADS": settings.uploads, "ONET_REVIEWS": str(reviews)}
    return {"DAGSTER_HOME": str(home), **places, "ONET_MAPPER": "lexical", **variables}


class DagsterServers:
    """Webserver and daemon on one instance; each is a process group of its own that ends with the test."""

    def __init__(self, environment: Mapping[str, str], logs: Path) -> None:
        self._environment = {**environment, "PATH": os.environ["PATH"], "HOME": str(logs)}
        self._logs = logs
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._killed: list[subprocess.Popen[bytes]] = []
        self.url = f"http://127.0.0.1:{free_port()}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name in list(self._running):
            self.stop(name)
        for process in self._killed:
            _signal_group(process, signal.SIGKILL)
        if error is not None:
            for log in sorted(self._logs.glob("*.log")):
                print(f"--- {log.name}\n{log.read_text(errors='replace')[-6000:]}")  # noqa: T201 - shown by pytest

    def start_webserver(self) -> None:
        """Start the webserver; ``wait_until_loaded`` tells when it answers."""
        port = self.url.rpartition(":")[2]
        self._start("dagster-webserver", "-w", str(PROJECT / "workspace.yaml"), "-h", "127.0.0.1", "-p", port)

    def wait_until_loaded(self) -> None:
        """Wait until the webserver has loaded the project."""
        self.wait_for("the webserver", self._is_loaded)

    def start_daemon(self) -> None:
        """Start the daemon."""
        self._start(DAEMON, "run", "-w", str(PROJECT / "workspace.yaml"))

    def kill(self, name: str) -> None:
        """Kill a server with -9 and leave what it started to itself, as when it crashes."""
        process = self._running.pop(name)
        process.kill()
        process.wait(60)
        self._killed.append(process)

    def kill_all(self, name: str) -> None:
        """Kill a server with -9 and with it all that it started, as when its host loses power."""
        process = self._running.pop(name)
        _signal_group(process, signal.SIGKILL)
        process.wait(60)

    def stop(self, name: str) -> None:
        """End a server and what it started."""
        end_group(self._running.pop(name))

    def ask(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Post a GraphQL request and return its data."""
        answer = httpx.post(f"{self.url}/graphql", json=body, timeout=30).raise_for_status().json()
        assert "errors" not in answer, answer
        data: dict[str, Any] = answer["data"]
        return data

    def wait_for(self, what: str, ready: Callable[[], _Found], seconds: float = 300) -> _Found:
        """Ask until the answer is true; a server that has ended, or the deadline, fails the test."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if found := ready():
                return found
            for name, process in self._running.items():
                assert process.poll() is None, f"{name} ended with {process.returncode} while waiting for {what}"
            time.sleep(0.25)
        raise AssertionError(f"{what}: not within {seconds:.0f} s")

    def _start(self, name: str, *arguments: str) -> None:
        with (self._logs / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                [_COMMANDS / name, *arguments],
                cwd=self._logs,
                env=self._environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _is_loaded(self) -> bool:
        query = "{ repositoriesOrError { ... on RepositoryConnection { nodes { name } } } }"
        try:
            return bool(self.ask({"query": query})["repositoriesOrError"].get("nodes"))
        except httpx.TransportError:
            return False


def end_group(process: subprocess.Popen[bytes]) -> None:
    """End a process and what it started; whoever does not heed the signal within 10 s is killed."""
    _signal_group(process, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(10)
    _signal_group(process, signal.SIGKILL)
    process.wait(60)


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)
