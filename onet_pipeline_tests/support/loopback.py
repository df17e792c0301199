"""A server on 127.0.0.1 that lives as long as a ``with`` block.

Belongs here: its thread, from start to end; a free port for servers that are processes. Does not: what it says
(``mail``, ``mirror``, …).
"""

import socket
import socketserver
import threading
from typing import Self


class Loopback:
    """Serves in a thread of its own; ``port`` is the one that the system gave."""

    def __init__(self, server: socketserver.TCPServer) -> None:
        self._running = server
        self._thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._running.shutdown()
        self._running.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        return int(self._running.server_address[1])


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
