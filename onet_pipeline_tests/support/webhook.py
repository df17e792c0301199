"""A webhook on loopback that keeps what is posted to it.

Belongs here: the server. Does not: what a message must look like.
"""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import TracebackType
from typing import Any, Self


class Webhook:
    """Answers every POST with ``status``; ``posted`` holds the JSON bodies."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.posted: list[Any] = []
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.webhook = self
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """The address to give as ``ONET_ALERT_SLACK``; its path is the secret."""
        return f"http://127.0.0.1:{self._server.server_port}/services/s3cret"


class _Server(HTTPServer):
    webhook: Webhook


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.webhook.posted.append(json.loads(body))
        self.send_response(self.server.webhook.status)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Tests read ``posted`` instead."""
