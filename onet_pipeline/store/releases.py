"""The current O*NET release: replaced whole, searched, and given back whole.

Belongs here: rows of the reference tables and of the sync log. Does not: fetching or parsing a release (``onet``), the
search that mapping uses (``roles.search``).
"""

from dataclasses import fields
from datetime import UTC, datetime
from time import monotonic
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from onet_pipeline.errors import NoRelease
from onet_pipeline.onet.comparison import ReleaseDiff, compare
from onet_pipeline.onet.records import AlternateTitle, Occupation, RelatedOccupation, Release, Task
from onet_pipeline.store.columns import uuid7
from onet_pipeline.store.database import Database
from onet_pipeline.store.differences import replace_tables
from onet_pipeline.store.fulltext import find_occupations
from onet_pipeline.store.models import AlternateTitleRow, OccupationRow, RelatedOccupationRow, SyncRow, TaskRow
from onet_pipeline.store.records import OccupationHit, SyncRecord, SyncStatus

_SYNC = [getattr(SyncRow, each.name) for each in fields(SyncRecord)]
_NEWEST_FIRST = (SyncRow.synced_at.desc(), SyncRow.id.desc())


class OccupationStore:
    """Occupations, their alternate titles and tasks, of the release synced last."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def search(self, text: str, limit: int = 20) -> tuple[OccupationHit, ...]:
        """Return the occupations whose titles or description share words with ``text``, best first.

        PostgreSQL's full-text search, or a plain match of words on SQLite: for people looking something up.
        """
        with self._database.reading() as session:
            return find_occupations(session, text, limit)

    def get(self, code: str) -> Occupation | None:
        """Return one occupation, None where the release has no such code."""
        with self._database.reading() as session:
            found = _occupations(session, OccupationRow.code == code)
        return found[0] if found else None

    def all(self) -> tuple[Occupation, ...]:
        """Return every occupation by code."""
        with self._database.reading() as session:
            return _occupations(session, sa.true())

    def titles(self) -> dict[str, str]:
        """Return the title of every occupation by code."""
        return {occupation.code: occupation.title for occupation in self.all()}

    def count(self) -> int:
        """Return how many occupations there are, 0 before the first sync."""
        with self._database.reading() as session:
            return session.execute(sa.select(sa.func.count()).select_from(OccupationRow)).scalar_one()

    def replace(self, release: Release, *, seconds: float = 0.0) -> SyncRecord:
        """Make ``release`` the current one, in one transaction with its row of the sync log.

        Only what differs is written, so unchanged rows keep their ids; how it differs is kept with the row of the log.
        ``seconds`` went by before, in fetching and reading; the writing is added.
        """
        begun = monotonic()
        with self._database.writing(in_turn=True) as session:
            changes = _changes(session, release)
            written = replace_tables(session, release)
            record = SyncRecord(
                id=uuid7(),
                version=release.version,
                synced_at=datetime.now(UTC),
                occupation_count=len(release.occupations),
                alternate_title_count=len(release.alternate_titles),
                task_count=len(release.tasks),
                related_count=len(release.related_occupations),
                status=SyncStatus.SUCCESS,
                rows_written=written,
                archive_sha256=release.archive_sha256,
                content_sha256=release.content_sha256,
                source=release.source,
                seconds=round(seconds + monotonic() - begun, 3),
            )
            _insert(session, record, changes)
        return record

    def log_failure(self, version: str, *, error: str, source: str | None = None, seconds: float = 0.0) -> SyncRecord:
        """Log a sync that failed; the release it was to replace stays. ``version`` is what was asked for."""
        record = SyncRecord(
            id=uuid7(),
            version=version[:20],
            synced_at=datetime.now(UTC),
            occupation_count=0,
            alternate_title_count=0,
            task_count=0,
            status=SyncStatus.FAILED,
            source=source,
            seconds=round(seconds, 3),
            error=error,
        )
        with self._database.writing() as session:
            _insert(session, record)
        return record

    def latest_sync(self) -> SyncRecord | None:
        """Return the latest successful sync, None before the first."""
        with self._database.reading() as session:
            return _latest(session)

    def current_sync(self) -> SyncRecord:
        """Return the sync of the current release.

        Raises:
            NoRelease: nothing has been synced yet.
        """
        with self._database.reading() as session:
            return _current(session)

    def first_loaded(self, content_sha256: str) -> datetime | None:
        """Return when a content was first loaded, None where it never was; loading it again changes nothing."""
        loaded = (SyncRow.status == SyncStatus.SUCCESS) & (SyncRow.content_sha256 == content_sha256)
        query = sa.select(SyncRow.synced_at).where(loaded).order_by(SyncRow.synced_at).limit(1)
        with self._database.reading() as session:
            return session.execute(query).scalar_one_or_none()

    def syncs(self, limit: int = 20) -> tuple[SyncRecord, ...]:
        """Return the latest syncs, failed ones too, newest first."""
        query = sa.select(*_SYNC).order_by(*_NEWEST_FIRST).limit(limit)
        with self._database.reading() as session:
            return tuple(SyncRecord(*row) for row in session.execute(query))

    def latest_changes(self) -> ReleaseDiff | None:
        """Return what the current release has otherwise than the one before it, None where there was none before."""
        changed = (SyncRow.status == SyncStatus.SUCCESS) & SyncRow.changes.is_not(None)
        query = sa.select(SyncRow.changes).where(changed).order_by(*_NEWEST_FIRST).limit(1)
        with self._database.reading() as session:
            told = session.execute(query).scalar_one_or_none()
        return None if told is None else ReleaseDiff.from_json(told)

    def load_release(self) -> Release:
        """Return the current release whole, from one snapshot, its tables in order of code.

        Raises:
            NoRelease: nothing has been synced yet.
        """
        with self._database.reading() as session:
            return _release(session, _current(session))


def _insert(session: Session, record: SyncRecord, changes: ReleaseDiff | None = None) -> None:
    values = {each.name: getattr(record, each.name) for each in fields(record)}
    told = sa.null() if changes is None else changes.to_json()
    session.execute(sa.insert(SyncRow).values({**values, "changes": told}))


def _changes(session: Session, release: Release) -> ReleaseDiff | None:
    """Compare with what is loaded, None where nothing is; the same release again leaves what was known to stand."""
    sync = _latest(session)
    if sync is None or (sync.version, sync.content_sha256) == (release.version, release.content_sha256):
        return None
    return compare(_release(session, sync), release)


def _latest(session: Session) -> SyncRecord | None:
    query = sa.select(*_SYNC).where(SyncRow.status == SyncStatus.SUCCESS).order_by(*_NEWEST_FIRST).limit(1)
    row = session.execute(query).one_or_none()
    return None if row is None else SyncRecord(*row)


def _current(session: Session) -> SyncRecord:
    sync = _latest(session)
    if sync is None:
        raise NoRelease("No O*NET release has been synced yet: run `onet-pipeline sync`.")
    return sync


def _release(session: Session, sync: SyncRecord) -> Release:
    return Release(
        version=sync.version,
        source=sync.source or "",
        archive_sha256=sync.archive_sha256 or "",
        content_sha256=sync.content_sha256 or "",
        occupations=_occupations(session, sa.true()),
        alternate_titles=_alternate_titles(session),
        tasks=_tasks(session),
        related_occupations=_related(session),
    )


def _occupations(session: Session, condition: sa.ColumnElement[bool]) -> tuple[Occupation, ...]:
    query = sa.select(OccupationRow.code, OccupationRow.title, OccupationRow.description).where(condition)
    return tuple(
        sorted((Occupation(code, title, text or "") for code, title, text in session.execute(query)), key=_code)
    )


def _alternate_titles(session: Session) -> tuple[AlternateTitle, ...]:
    row = AlternateTitleRow
    query = sa.select(row.onet_code, row.title, row.short_title, row.sources)
    found = [AlternateTitle(*each) for each in session.execute(query)]
    return tuple(sorted(found, key=lambda each: (each.code, each.title, each.short_title or "", each.sources or "")))


def _tasks(session: Session) -> tuple[Task, ...]:
    row = TaskRow
    query = sa.select(row.onet_code, row.task_id, row.description, row.task_type, row.importance)
    return tuple(sorted((Task(*each) for each in session.execute(query)), key=lambda each: (each.code, each.task_id)))


def _related(session: Session) -> tuple[RelatedOccupation, ...]:
    row = RelatedOccupationRow
    query = sa.select(row.code, row.related_code, row.rank, row.tier)
    found = [RelatedOccupation(*each) for each in session.execute(query)]
    return tuple(sorted(found, key=lambda each: (each.code, each.rank, each.related_code)))


def _code(record: Any) -> str:
    return str(record.code)
