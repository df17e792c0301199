"""A webhook on loopback that keeps what is posted to it.

Belongs here: the server. Does not: what a message must look like.
"""

import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from onet_pipeline_tests.support.loopback import Loopback


class Webhook(Loopback):
    """Answers every POST with ``status``; ``posted`` holds the JSON bodies."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.posted: list[Any] = []
        server = _Server(("127.0.0.1", 0), _Handler)
        server.webhook = self
        super().__init__(server)

    @property
    def url(self) -> str:
        """The address to give as ``ONET_ALERT_SLACK``; its path is the secret."""
        return f"http://127.0.0.1:{self.port}/services/s3cret"


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
