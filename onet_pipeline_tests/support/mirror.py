"""A mirror of O*NET releases on loopback: a real HTTP server, with faults on request.

Belongs here: publishing bytes at predictable addresses, ETag, Last-Modified, Range, and what can go wrong. Does not:
what the bytes are (``releases``).

    with Mirror() as mirror:
        mirror.publish("30.1", small_release("30.1").zip_bytes())
        mirror.fail_next(Status(503), Truncated(100))        # the next two requests, in this order
        ...fetch from mirror.url...
        assert [r.status for r in mirror.requests] == [503, 200, 206]

https://www.rfc-editor.org/rfc/rfc9110
"""

import hashlib
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from onet_pipeline_tests.support.loopback import Loopback


@dataclass(frozen=True)
class Status:
    """Answer with this status and a short text."""

    code: int
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Truncated:
    """Announce the whole body, send this many bytes of it, hang up."""

    after: int


@dataclass(frozen=True)
class HangUp:
    """Close the connection without a word."""


@dataclass(frozen=True)
class Stall:
    """Say nothing until the client has gone or the mirror closes."""


Fault = Status | Truncated | HangUp | Stall


@dataclass(frozen=True)
class Seen:
    """One request as it was answered; ``status`` 0 means that no status was sent."""

    method: str
    path: str
    headers: Mapping[str, str]
    status: int


@dataclass(frozen=True)
class _File:
    body: bytes
    etag: str
    content_type: str = "application/zip"
    last_modified: str = "Tue, 02 Dec 2025 00:00:00 GMT"


class Mirror(Loopback):
    """Serves what is published under ``url``; everything else is a 404.

    Features of the server that can be switched off: ``etags``, ``dates`` (Last-Modified), ``ranges``, ``conditions``
    (If-Range is ignored), ``lengths`` (Content-Length), ``heads`` (HEAD is answered with 405).
    """

    def __init__(
        self,
        *,
        etags: bool = True,
        dates: bool = True,
        ranges: bool = True,
        conditions: bool = True,
        lengths: bool = True,
        heads: bool = True,
        prefix: str = "/db",
    ) -> None:
        self.etags, self.dates, self.ranges, self.lengths = etags, dates, ranges, lengths
        self.conditions, self.heads = conditions, heads
        self.requests: list[Seen] = []
        self.closing = threading.Event()
        self._prefix = prefix
        self._files: dict[str, _File] = {}
        self._faults: deque[Fault] = deque()
        self._always: dict[str, Fault] = {}
        self._lock = threading.Lock()
        server = _Server(("127.0.0.1", 0), _Handler)
        server.mirror = self
        super().__init__(server)

    def __exit__(self, *failure: object) -> None:
        self.closing.set()
        super().__exit__(*failure)

    @property
    def url(self) -> str:
        """The address to give as ``ONET_MIRROR``."""
        return f"http://127.0.0.1:{self.port}{self._prefix}"

    def url_of(self, name: str) -> str:
        """Return the address of a version (``"30.1"``) or of any other file name."""
        return f"{self.url}/{_file_name(name)}"

    def publish(self, name: str, body: bytes, *, content_type: str = "application/zip") -> None:
        """Publish or replace a version (``"30.1"`` becomes ``db_30_1_text.zip``) or any other file name."""
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        self._files[f"{self._prefix}/{_file_name(name)}"] = _File(body, etag, content_type)

    def withdraw(self, name: str) -> None:
        """Take a version or file away."""
        del self._files[f"{self._prefix}/{_file_name(name)}"]

    def fail_next(self, *faults: Fault) -> None:
        """Spend these faults on the next requests, one each."""
        self._faults.extend(faults)

    def fail_always(self, name: str, fault: Fault) -> None:
        """Answer every request for this version or file with the fault."""
        self._always[f"{self._prefix}/{_file_name(name)}"] = fault

    def recover(self) -> None:
        """Forget all faults."""
        self._faults.clear()
        self._always.clear()

    def requested(self, method: str = "GET") -> list[str]:
        """Return the base names asked for with this method, in order."""
        return [seen.path.rsplit("/", 1)[-1] for seen in self.requests if seen.method == method]

    def _next_fault(self, path: str) -> Fault | None:
        with self._lock:
            return self._faults.popleft() if self._faults else self._always.get(path)

    def _file(self, path: str) -> _File | None:
        return self._files.get(path)


def _file_name(name: str) -> str:
    return f"db_{name.replace('.', '_')}_text.zip" if name.replace(".", "").isdigit() else name


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    mirror: Mirror

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is part of the tests, not worth a traceback."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Tests read ``Mirror.requests`` instead."""

    def _answer(self, *, with_body: bool) -> None:
        mirror, path = self.server.mirror, urlsplit(self.path).path
        fault, file = mirror._next_fault(path), mirror._file(path)
        if isinstance(fault, HangUp | Stall):
            self._seen(0)
            if isinstance(fault, Stall):
                mirror.closing.wait(30)
            self.close_connection = True
        elif not with_body and not mirror.heads:
            self._send(405, {"Allow": "GET"}, b"", 0, with_body=False)
        elif isinstance(fault, Status) or file is None:
            status = fault if isinstance(fault, Status) else Status(404)
            self._send(status.code, dict(status.headers), b"as scripted\n", len(b"as scripted\n"), with_body)
        else:
            self._send_file(file, fault, with_body)

    def _send_file(self, file: _File, fault: Truncated | None, with_body: bool) -> None:
        mirror = self.server.mirror
        headers = {"Content-Type": file.content_type}
        if mirror.etags:
            headers["ETag"] = file.etag
        if mirror.dates:
            headers["Last-Modified"] = file.last_modified
        if self._unchanged(file):
            self._send(304, headers, b"", None, with_body=False)
            return
        start = self._range_start(file)
        if start is not None and start >= len(file.body):
            self._send(416, {"Content-Range": f"bytes */{len(file.body)}"}, b"", 0, with_body=False)
            return
        status, body = (200, file.body) if start is None else (206, file.body[start:])
        if start is not None:
            headers["Content-Range"] = f"bytes {start}-{len(file.body) - 1}/{len(file.body)}"
        length = len(body) if mirror.lengths else None
        self._send(status, headers, body[: fault.after] if fault else body, length, with_body)
        if fault or length is None:
            self.close_connection = True

    def _unchanged(self, file: _File) -> bool:
        mirror = self.server.mirror
        if mirror.etags and "If-None-Match" in self.headers:
            return self.headers["If-None-Match"] == file.etag
        return bool(mirror.dates and self.headers.get("If-Modified-Since") == file.last_modified)

    def _range_start(self, file: _File) -> int | None:
        wanted = self.headers.get("Range", "")
        condition = self.headers.get("If-Range")
        if not self.server.mirror.ranges or not wanted.startswith("bytes="):
            return None
        if self.server.mirror.conditions and condition is not None and condition not in (file.etag, file.last_modified):
            return None
        return int(wanted.removeprefix("bytes=").partition("-")[0])

    def _send(self, status: int, headers: dict[str, str], body: bytes, length: int | None, with_body: bool) -> None:
        self._seen(status)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if length is not None:
            self.send_header("Content-Length", str(length))
        elif status != 304:
            self.send_header("Connection", "close")
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    def _seen(self, status: int) -> None:
        seen = Seen(self.command, urlsplit(self.path).path, dict(self.headers.items()), status)
        self.server.mirror.requests.append(seen)
