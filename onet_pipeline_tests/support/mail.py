"""A mail server on loopback that keeps what it is sent.

Belongs here: as much of SMTP as a client needs to hand in a message. Does not: encryption, delivery.

https://www.rfc-editor.org/rfc/rfc5321
"""

import socketserver
import threading
from types import TracebackType
from typing import Self


class MailServer:
    """Accepts every message, or refuses every recipient; ``messages`` holds (recipients, text) pairs."""

    def __init__(self, *, refuses: bool = False) -> None:
        self.refuses = refuses
        self.messages: list[tuple[list[str], str]] = []
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.mail = self
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
        """The address to give as ``ONET_ALERT_SMTP``."""
        return f"smtp://127.0.0.1:{self._server.server_address[1]}"


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    mail: MailServer


class _Handler(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        recipients: list[str] = []
        self._say(220, "loopback")
        while line := self.rfile.readline():
            verb = line[:4].upper()
            if verb == b"RCPT":
                recipients.append(line.decode().partition("<")[2].partition(">")[0])
                self._say(550 if self.server.mail.refuses else 250, "recipient")
            elif verb == b"DATA":
                self._say(354, "go on")
                self.server.mail.messages.append((recipients, self._text()))
                self._say(250, "kept")
            elif verb == b"QUIT":
                self._say(221, "bye")
                return
            else:
                self._say(250, "fine")

    def _text(self) -> str:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line.decode())
        return "".join(lines)

    def _say(self, code: int, text: str) -> None:
        self.wfile.write(f"{code} {text}\r\n".encode())
