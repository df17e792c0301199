"""The registry of uploads: what was seen, how it was read, what was tried and what is done.

Belongs here: rows of ``uploads`` and ``upload_roles``. Does not: listing folders, reading files (``roles``), or
deciding what to map (``steps``).
"""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from onet_pipeline.errors import StoreError
from onet_pipeline.roles.records import Role
from onet_pipeline.store.columns import role_key
from onet_pipeline.store.database import Database
from onet_pipeline.store.models import UploadRoleRow, UploadRow
from onet_pipeline.store.records import PASSING, RoleCounts, SeenUpload, Upload, UploadStatus
from onet_pipeline.store.rows import Row, chunks

_COLUMNS = [getattr(UploadRow, each.name) for each in fields(Upload)]


class UploadStore:
    """Uploads and their roles."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, key: str) -> Upload | None:
        """Return one upload, None where the key is not registered."""
        with self._database.reading() as session:
            row = session.execute(sa.select(*_COLUMNS).where(UploadRow.key == key)).one_or_none()
        return None if row is None else Upload(*row)

    def all(self, status: UploadStatus | None = None) -> tuple[Upload, ...]:
        """Return every upload, or those of one status, by key."""
        query = sa.select(*_COLUMNS).order_by(UploadRow.key)
        if status is not None:
            query = query.where(UploadRow.status == status)
        with self._database.reading() as session:
            return tuple(Upload(*row) for row in session.execute(query))

    def register(self, seen: Sequence[SeenUpload]) -> int:
        """Write what a scan saw and return how many rows it changed; an unchanged file writes nothing.

        New content makes an upload SEEN; the unchanged content of a file that comes back, or settles, gives it the
        status it had before. A file without ``content_sha256`` is UNSETTLED.
        """
        with self._database.reading() as session:
            known = _known(session, [each.key for each in seen])
        changed = [each for each in seen if _change(known.get(each.key), each)]
        if not changed:
            return 0
        with self._database.writing() as session:
            known = _known(session, [each.key for each in changed], lock=True)
            new = [_change(None, each) for each in changed if each.key not in known]
            if new:
                session.execute(sa.insert(UploadRow), new)
            for each in changed:
                if each.key in known and (values := _change(known[each.key], each)):
                    session.execute(sa.update(UploadRow).where(UploadRow.key == each.key).values(values))
        return len(changed)

    def withdraw(self, keys: Sequence[str]) -> None:
        """Mark uploads whose file is gone; their roles and mappings stay."""
        values = {"status": UploadStatus.WITHDRAWN, "status_before": _lasting_status()}
        with self._database.writing() as session:
            for some in chunks(keys):
                gone = UploadRow.key.in_(some) & (UploadRow.status != UploadStatus.WITHDRAWN)
                session.execute(sa.update(UploadRow).where(gone).values(values))

    def reject(self, key: str, reason: str) -> None:
        """Say that the present content cannot be mapped; mappings of earlier content stay."""
        self._set(key, status=UploadStatus.REJECTED, reason=reason)

    def attempt(self, key: str, fingerprint: str) -> int:
        """Note that a run is asked for ``fingerprint``; return how many have been."""
        same = UploadRow.attempted_fingerprint == fingerprint
        values = {
            "attempts": sa.case((same, UploadRow.attempts + 1), else_=1),
            "attempted_fingerprint": fingerprint,
            "attempted_at": datetime.now(UTC),
        }
        with self._database.writing() as session:
            _update(session, key, values)
            return session.execute(sa.select(UploadRow.attempts).where(UploadRow.key == key)).scalar_one()

    def save_roles(
        self, key: str, roles: Iterable[Role], *, counts: RoleCounts, roles_sha256: str, role_column: str | None
    ) -> None:
        """Replace the roles of an upload by what was read from its present content.

        Raises:
            StoreError: the upload is not registered.
        """
        rows = _role_rows(key, roles)
        values = {
            "status": sa.case((UploadRow.status == UploadStatus.REJECTED, UploadStatus.SEEN), else_=UploadRow.status),
            "reason": None,
            "row_count": counts.row_count,
            "blank_count": counts.blank_count,
            "totals_count": counts.totals_count,
            "role_count": len(rows),
            "roles_sha256": roles_sha256,
            "role_column": role_column,
        }
        with self._database.writing() as session:
            _update(session, key, values)
            session.execute(sa.delete(UploadRoleRow).where(UploadRoleRow.upload_key == key))
            if rows:
                session.execute(sa.insert(UploadRoleRow), rows)

    def roles(self, key: str) -> tuple[Role, ...]:
        """Return the roles of an upload in the order they first occur; empty where none have been read."""
        query = (
            sa.select(UploadRoleRow.source_role, UploadRoleRow.row_count, UploadRoleRow.context)
            .where(UploadRoleRow.upload_key == key)
            .order_by(UploadRoleRow.position)
        )
        with self._database.reading() as session:
            return tuple(
                Role(title, rows, tuple((name, value) for name, value in context))
                for title, rows, context in session.execute(query)
            )

    def _set(self, key: str, **values: object) -> None:
        with self._database.writing() as session:
            _update(session, key, values)


def _update(session: Session, key: str, values: Row) -> None:
    found = session.execute(sa.update(UploadRow).where(UploadRow.key == key).values(values).returning(UploadRow.key))
    if found.one_or_none() is None:
        raise StoreError(f"Upload {key} is not registered: scan the uploads first.")


def _known(session: Session, keys: Sequence[str], *, lock: bool = False) -> dict[str, UploadRow]:
    known: dict[str, UploadRow] = {}
    for some in chunks(keys):
        query = sa.select(UploadRow).where(UploadRow.key.in_(some)).order_by(UploadRow.key)
        rows = session.scalars(query.with_for_update() if lock else query)
        known.update((row.key, row) for row in rows)
    session.expunge_all()
    return known


def _change(known: UploadRow | None, seen: SeenUpload) -> Row:
    """Return the columns that a sighting changes; empty where it tells nothing new."""
    values: Row = {"path": seen.path, "size": seen.size, "modified_at": seen.modified_at}
    if seen.content_sha256 is not None:
        values["content_sha256"] = seen.content_sha256
    is_new_content = known is None or values.get("content_sha256", known.content_sha256) != known.content_sha256
    values["status"] = _status(known, seen, is_new_content=is_new_content)
    values["unsettled_since"] = _unsettled_since(known, values["status"])
    if known is None:
        return {"key": seen.key, "content_sha256": None, **values}
    if values["status"] is UploadStatus.UNSETTLED and known.status not in PASSING:
        values["status_before"] = known.status
    changed = {name: value for name, value in values.items() if getattr(known, name) != value}
    if changed and is_new_content:
        changed |= {"seen_at": datetime.now(UTC), "reason": None}
    return changed


def _status(known: UploadRow | None, seen: SeenUpload, *, is_new_content: bool) -> UploadStatus:
    if seen.content_sha256 is None:
        return UploadStatus.UNSETTLED
    if known is None or is_new_content:
        return UploadStatus.SEEN
    if known.status in PASSING:
        return known.status_before or UploadStatus.SEEN
    return known.status


def _unsettled_since(known: UploadRow | None, status: UploadStatus) -> datetime | None:
    if status is not UploadStatus.UNSETTLED:
        return None
    was_unsettled = known is not None and known.status is UploadStatus.UNSETTLED
    return (known.unsettled_since if known and was_unsettled else None) or datetime.now(UTC)


def _lasting_status() -> sa.ColumnElement[UploadStatus]:
    return sa.case((UploadRow.status.in_(PASSING), UploadRow.status_before), else_=UploadRow.status)


def _role_rows(key: str, roles: Iterable[Role]) -> list[Row]:
    """Return one row per distinct role; spellings that differ only in what cannot be stored are one."""
    rows: dict[str, Row] = {}
    for position, role in enumerate(roles):
        row = rows.setdefault(
            role_key(role.title),
            {
                "upload_key": key,
                "role_key": role_key(role.title),
                "position": position,
                "source_role": role.title,
                "row_count": 0,
                "context": role.context,
            },
        )
        row["row_count"] += role.row_count
    return list(rows.values())
