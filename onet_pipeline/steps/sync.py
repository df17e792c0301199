"""Sync an O*NET release: find it, fetch it, load it in one transaction, write down how it went.

Belongs here: the order of these and the log row of a failure. Does not: how a release is fetched or parsed (``onet``),
or written (``store``).
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from onet_pipeline.errors import OnetPipelineError
from onet_pipeline.onet.download import Progress
from onet_pipeline.onet.fetch import FetchedArchive, fetch_release
from onet_pipeline.onet.records import Release
from onet_pipeline.onet.release import load_release
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.store.records import SyncRecord


def fetch_archive(pipeline: Pipeline, asked: str | None = None, progress: Progress | None = None) -> FetchedArchive:
    """Fetch the release asked for, else the one in the settings, else the current one; an unchanged file is kept.

    Raises:
        ReleaseError: it could not be had; the sync log says so.
    """
    wanted = asked or pipeline.settings.release
    with _failure_logged(pipeline, wanted):
        latest = pipeline.occupations.latest_sync()
        return fetch_release(
            wanted,
            mirror=pipeline.settings.mirror,
            cache=pipeline.archives,
            since=latest.version if latest else None,
            progress=progress,
        )


def read_archive(pipeline: Pipeline, archive: FetchedArchive) -> Release:
    """Read a fetched release whole, as it would be loaded.

    Raises:
        ReleaseError: the archive or a table is refused; the sync log says so.
    """
    with _failure_logged(pipeline, archive.version, archive.source):
        return load_release(archive.path, declared=archive.version, source=archive.source)


def load_archive(pipeline: Pipeline, archive: FetchedArchive) -> SyncRecord:
    """Load a fetched release into the database, whole or not at all.

    Raises:
        ReleaseError: the archive or a table is refused; the old release stays and the sync log says so.
    """
    started = time.monotonic()
    release = read_archive(pipeline, archive)
    with _failure_logged(pipeline, archive.version, archive.source):
        return pipeline.occupations.replace(release, seconds=time.monotonic() - started)


def sync_release(pipeline: Pipeline, asked: str | None = None, progress: Progress | None = None) -> SyncRecord:
    """Fetch and load in one go; returns the row of the sync log."""
    return load_archive(pipeline, fetch_archive(pipeline, asked, progress))


@contextmanager
def _failure_logged(pipeline: Pipeline, version: str | None, source: str | None = None) -> Iterator[None]:
    started = time.monotonic()
    try:
        yield
    except OnetPipelineError as error:
        seconds = time.monotonic() - started
        pipeline.occupations.log_failure(version or "current", error=str(error), source=source, seconds=seconds)
        raise
