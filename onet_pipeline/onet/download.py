"""One file from a web server into a cache folder, whole or not at all.

Belongs here: streaming, resuming, asking only whether it changed, the size limit, processes that ask for the same
file at once. Does not: what the file must be (the caller's ``verify``).

https://www.rfc-editor.org/rfc/rfc9110#name-conditional-requests
"""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx
from filelock import FileLock, Timeout

from onet_pipeline.errors import ArchiveRefused, DownloadFailed
from onet_pipeline.onet import web
from onet_pipeline.onet.addresses import describe_source

Progress = Callable[[int, int | None], None]

# A release of 12 MiB takes two minutes on 1 Mbit/s; whoever waits longer for another process should hear of it.
LOCK_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Download:
    """A file in the cache; ``fetched`` False means that the server said it is unchanged."""

    path: Path
    fetched: bool


@dataclass(frozen=True, slots=True)
class _Known:
    """What is remembered of a file, or of a part of it, in a JSON beside it."""

    etag: str | None = None
    last_modified: str | None = None
    sha256: str | None = None

    @property
    def resumable(self) -> str | None:
        """The validator for If-Range; a weak ETag does not promise the same bytes."""
        return self.etag if self.etag and not self.etag.startswith("W/") else self.last_modified


def download(
    address: str,
    cache: Path,
    client: httpx.Client,
    *,
    verify: Callable[[Path], None],
    max_bytes: int,
    progress: Progress | None = None,
) -> Download:
    """Bring the file at an http(s) address into the cache folder, if it is not there unchanged.

    Args:
        address: may hold credentials; they are neither logged nor stored.
        cache: folder, made if missing; each address has its own file in it.
        client: see ``web.open_client``.
        verify: raises if the new file is not what it should be; then the file in the cache stays as it was.
        max_bytes: the largest body that is accepted.
        progress: called with bytes on disk and, where the server tells, bytes in all.

    Raises:
        ReleaseNotFound: the server says that there is no such file.
        DownloadFailed: no whole answer after all attempts, too large, or the cache cannot be written.
        ArchiveRefused: from ``verify``.
    """
    file = cache / _cache_name(address)
    transfer = _Transfer(address, file, client, max_bytes, progress or (lambda done, total: None))
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{file}.lock", timeout=LOCK_SECONDS):
            return transfer.run(verify)
    except Timeout as error:
        raise DownloadFailed(
            f"Another process has been downloading {describe_source(address)} for {LOCK_SECONDS} s. Wait for it, or "
            "end it."
        ) from error
    except OSError as error:
        raise DownloadFailed(
            f"The cache folder {cache} cannot be used: {error.strerror or error}. Check it."
        ) from error


@dataclass(frozen=True, slots=True)
class _Transfer:
    address: str
    file: Path
    client: httpx.Client
    max_bytes: int
    progress: Progress

    @property
    def part(self) -> Path:
        return self.file.with_name(f"{self.file.name}.part")

    def run(self, verify: Callable[[Path], None]) -> Download:
        """Ask, and adopt what comes; the caller holds the lock."""
        changed = False
        with web.failures_of(self.address):
            # Without a bound in seconds: a long download that breaks off late is worth resuming.
            for attempt in web.attempts(patience=None):
                with attempt:
                    changed = self._ask()
        if not changed:
            return Download(self.file, fetched=False)
        try:
            verify(self.part)
        except ArchiveRefused:
            _forget(self.part)
            raise
        return self._adopt()

    def _ask(self) -> bool:
        """Ask once: False means unchanged, True that the part is now whole."""
        url, auth = web.credentials_apart(self.address)
        with self.client.stream("GET", url, auth=auth, headers=self._conditions()) as response:
            if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
                _forget(self.part)
                raise httpx.RemoteProtocolError("nothing to resume")
            web.refuse_status(response, self.address)
            if response.status_code == httpx.codes.NOT_MODIFIED:
                return False
            self._receive(response)
        return True

    def _conditions(self) -> dict[str, str]:
        part = _recall(self.part)
        if part.resumable:
            return {"Range": f"bytes={self.part.stat().st_size}-", "If-Range": part.resumable}
        known = _recall(self.file)
        if known.sha256 is None or known.sha256 != _sha256(self.file):
            return {}
        conditions = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
        return {name: value for name, value in conditions.items() if value}

    def _receive(self, response: httpx.Response) -> None:
        start = _resumed_at(response, self.part)
        length = response.headers.get("Content-Length", "")
        total = start + int(length) if length.isdecimal() else None
        self._check_size(total or 0)
        if not start:
            _forget(self.part)
            self.part.touch()
            _remember(self.part, _Known(response.headers.get("ETag"), response.headers.get("Last-Modified")))
        done = start
        with self.part.open("ab") as file:
            # As it arrives: pieces of a fixed size would be lost to a resumption when the connection breaks.
            for piece in response.iter_raw():
                file.write(piece)
                done += len(piece)
                self._check_size(done)
                self.progress(done, total)
        if total is not None and done != total:
            raise httpx.RemoteProtocolError(f"{done} of {total} bytes")

    def _check_size(self, size: int) -> None:
        if size > self.max_bytes:
            _forget(self.part)
            raise DownloadFailed(
                f"{describe_source(self.address)} is larger than {self.max_bytes:,} bytes. Check the address."
            )

    def _adopt(self) -> Download:
        known = _recall(self.part)
        # The memory goes first: a crash between the two leaves a file that it does not fit, which is fetched again.
        _remember(self.file, _Known(known.etag, known.last_modified, _sha256(self.part)))
        self.part.replace(self.file)
        _forget(self.part)
        return Download(self.file, fetched=True)


def _cache_name(address: str) -> str:
    """Name the file after the address: readable, and apart for two mirrors of the same release."""
    url, _ = web.credentials_apart(address)
    name = re.sub(r"[^\w.-]", "_", Path(url.path).name.removesuffix(".zip"))[:80] or "release"
    return f"{name}-{hashlib.sha256(str(url).encode()).hexdigest()[:12]}.zip"


def _resumed_at(response: httpx.Response, part: Path) -> int:
    """Return the byte at which the answer goes on, 0 for a whole body."""
    if response.status_code != httpx.codes.PARTIAL_CONTENT:
        return 0
    size = part.stat().st_size if part.exists() else 0
    before, now = _recall(part).etag, response.headers.get("ETag")
    elsewhere = not response.headers.get("Content-Range", "").startswith(f"bytes {size}-")
    if elsewhere or (before and now and before != now):
        _forget(part)
        raise httpx.RemoteProtocolError("not the rest of what came before")
    return size


def _sha256(path: Path) -> str | None:
    if not path.exists():
        return None
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _memory(path: Path) -> Path:
    return path.with_name(f"{path.name}.json")


def _recall(path: Path) -> _Known:
    """Return what is known of a file; nothing where the file, its JSON or the sense of it is missing."""
    try:
        return _Known(**json.loads(_memory(path).read_text(encoding="utf-8"))) if path.exists() else _Known()
    except (FileNotFoundError, ValueError, TypeError):
        return _Known()


def _remember(path: Path, known: _Known) -> None:
    new = _memory(path).with_suffix(".new")
    new.write_text(json.dumps(asdict(known)), encoding="utf-8")
    new.replace(_memory(path))


def _forget(path: Path) -> None:
    path.unlink(missing_ok=True)
    _memory(path).unlink(missing_ok=True)
