"""Having a release on disk, whatever was asked for.

Belongs here: finding, downloading and verifying, in that order. Does not: parsing (``release``), what to do when there
is no network (the caller).
"""

from dataclasses import dataclass
from pathlib import Path

from onet_pipeline.onet import web
from onet_pipeline.onet.addresses import describe_source
from onet_pipeline.onet.archive import MAX_ARCHIVE_BYTES, open_archive
from onet_pipeline.onet.download import Progress, download
from onet_pipeline.onet.source import LocalSource, WebSource, find_source
from onet_pipeline.onet.version import ReleaseVersion


@dataclass(frozen=True, slots=True)
class FetchedArchive:
    """A verified release on disk, a zip file or a folder.

    ``version`` is as its Read Me states it (``"30.1"``), ``source`` fit to be shown; ``fetched`` False means that
    nothing was transferred: it was on disk, or in the cache and unchanged on the server.
    """

    path: Path
    version: str
    source: str
    sha256: str
    fetched: bool


def fetch_release(
    asked: str | None, *, mirror: str, cache: Path, since: str | None = None, progress: Progress | None = None
) -> FetchedArchive:
    """Find what was asked for, download it if need be, and verify it.

    Args:
        asked: a version, an http(s) address, a zip file, a folder; None or ``latest`` for the current release.
        mirror: http(s) address or folder under which releases lie as ``db_30_1_text.zip``.
        cache: folder for downloads.
        since: a version known to exist (the one in the store), from which the current one is searched.
        progress: called with bytes on disk and, where the server tells, bytes in all.

    Raises:
        ReleaseNotFound: there is no such release, file or address.
        DownloadFailed: the mirror could not be reached or answered badly; the cache is as it was.
        ArchiveRefused: what came is not a whole, harmless O*NET release of the version asked for.
    """
    with web.open_client() as client:
        known = ReleaseVersion.parse(since) if since else None
        source = find_source(asked, mirror=mirror, client=client, since=known)
        if isinstance(source, LocalSource):
            return _verified(source.path, source.version, describe_source(source.path), fetched=False)
        shown = describe_source(source.address)
        got = download(
            source.address,
            cache,
            client,
            verify=lambda path: _verify(path, source, shown),
            max_bytes=MAX_ARCHIVE_BYTES,
            progress=progress,
        )
    return _verified(got.path, source.version, shown, fetched=got.fetched)


def _verify(path: Path, source: WebSource, shown: str) -> None:
    with open_archive(path, declared=source.version, name=shown):
        pass


def _verified(path: Path, declared: ReleaseVersion | None, shown: str, *, fetched: bool) -> FetchedArchive:
    with open_archive(path, declared=declared, name=shown) as archive:
        return FetchedArchive(path, archive.version.display, shown, archive.sha256, fetched)
