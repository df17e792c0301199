"""A mail server on loopback that keeps what it is sent.

Belongs here: as much of SMTP as a client needs to hand in a message. Does not: encryption, delivery.

https://www.rfc-editor.org/rfc/rfc5321
"""

import socketserver

from onet_pipeline_tests.support.loopback import Loopback


class MailServer(Loopback):
    """Accepts every message, or refuses every recipient; ``messages`` holds (recipients, text) pairs."""

    def __init__(self, *, refuses: bool = False) -> None:
        self.refuses = refuses
        self.messages: list[tuple[list[str], str]] = []
        server = _Server(("127.0.0.1", 0), _Handler)
        server.mail = self
        super().__init__(server)

    @property
    def url(self) -> str:
        """The address to give as ``ONET_ALERT_SMTP``."""
        return f"smtp://127.0.0.1:{self.port}"


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
