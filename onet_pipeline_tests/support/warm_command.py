"""The ``onet-pipeline`` command in real processes that need not import it anew: for killing many of them.

Belongs here: a parent that has imported everything and forks for each command. Does not: what is asked, or when a
process is killed.

    with WarmCommand(environment) as command:
        process = command.start("map", "staff.csv")
        os.kill(process, signal.SIGKILL)
        assert command.wait() == -signal.SIGKILL
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from types import TracebackType
from typing import Self

_IMPORTED = (
    "steps.export",
    "steps.given_files",
    "steps.mapping",
    "roles.claude_batches",
    "steps.collecting",
    "display",
)


class WarmCommand:
    """Runs one command at a time, each in a process of its own."""

    def __init__(self, environment: Mapping[str, str], log: int = subprocess.DEVNULL) -> None:
        self._environment, self._log = environment, log

    def __enter__(self) -> Self:
        self._parent = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=dict(self._environment),
            text=True,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._parent.communicate()

    def start(self, *arguments: str) -> int:
        """Start a command; return the id of its process."""
        assert self._parent.stdin
        self._parent.stdin.write(json.dumps(arguments) + "\n")
        self._parent.stdin.flush()
        return self._said()

    def wait(self) -> int:
        """Return the exit code of the command started last, or the signal that ended it, negative."""
        return self._said()

    def _said(self) -> int:
        assert self._parent.stdout
        return int(self._parent.stdout.readline())


def _serve() -> None:
    import importlib

    import anthropic.types  # noqa: F401 (a command imports it when it first asks)

    for name in _IMPORTED:
        importlib.import_module(f"onet_pipeline.{name}")
    for line in sys.stdin:
        process = os.fork()
        if not process:
            _run(json.loads(line))
        print(process, flush=True)  # noqa: T201
        print(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), flush=True)  # noqa: T201


def _run(arguments: list[str]) -> None:
    from onet_pipeline.cli import main

    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    code = 0
    try:
        main(arguments)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    finally:
        os._exit(code)


if __name__ == "__main__":
    _serve()
