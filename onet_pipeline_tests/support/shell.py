"""The installed command, run as a person runs it.

Belongs here: a folder and an environment of its own. Does not: what is typed.
"""

import os
import subprocess
import sys
from pathlib import Path


class Shell:
    """Runs the installed command in a folder of its own, with nothing of the caller's settings."""

    def __init__(self, folder: Path, **environment: str) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ONET_", "ANTHROPIC_"))}
        self.folder = folder
        self.environment = kept | {"ONET_HOME": str(folder / "home"), "COLUMNS": "200"} | environment

    def __call__(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        command = [str(Path(sys.executable).with_name("onet-pipeline")), *arguments]
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def ok(self, *arguments: str, **environment: str) -> str:
        done = self(*arguments, **environment)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def refused(self, *arguments: str, **environment: str) -> str:
        """Run what must fail: one line on standard error, no traceback, exit code 1."""
        done = self(*arguments, **environment)
        assert done.returncode == 1, done.stdout
        assert "Traceback" not in done.stderr
        lines = done.stderr.strip().splitlines()
        assert len(lines) == 1, done.stderr
        return lines[0]
