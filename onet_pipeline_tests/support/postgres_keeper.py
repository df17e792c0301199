"""Keeps one PostgreSQL for as long as its parent lives: ``postgres_keeper.py FOLDER USER COMMAND…``.

The parent holds the other end of our standard input. When it closes, also because the parent was killed, the server is
shut down and its folder removed. Nothing but the standard library is imported, so that this starts at once.
"""

import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any


def main() -> int:
    """Run the server until standard input closes or the server ends by itself."""
    folder, user, command = Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
    identity: dict[str, Any] = {"user": user, "group": _group(user), "extra_groups": []} if user else {}
    try:
        with (folder / "log").open("wb") as log:
            server: subprocess.Popen[bytes] = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", **identity
            )
        threading.Thread(target=_stop_with_parent, args=(server,), daemon=True).start()
        return server.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _stop_with_parent(server: "subprocess.Popen[bytes]") -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    server.send_signal(signal.SIGQUIT)


def _group(user: str) -> int:
    import pwd

    return pwd.getpwnam(user).pw_gid


if __name__ == "__main__":
    sys.exit(main())
