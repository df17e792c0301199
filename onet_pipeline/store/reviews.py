"""Reviews: decisions applied together or not at all, their history, and the files they came in.

Belongs here: the transactions of review and its questions. Does not: which decisions fit (``review``), or what the rows
look like (``review_rows``).
"""

import uuid
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from onet_pipeline.roles.records import ConfidenceTier
from onet_pipeline.store import displaced, review_rows
from onet_pipeline.store.database import Database
from onet_pipeline.store.displaced import DisplacedMapping
from onet_pipeline.store.mappings import mappings_where
from onet_pipeline.store.models import (
    MappingRow,
    ReviewDecisionRow,
    ReviewFileRow,
    UploadRoleRow,
    UploadRow,
)
from onet_pipeline.store.records import Mapping
from onet_pipeline.store.review_records import Agreement, ConfirmedRole, ReviewDecision, ReviewFile
from onet_pipeline.store.rows import chunks, upsert

_FILE = [getattr(ReviewFileRow, each.name) for each in fields(ReviewFile)]


class Applying:
    """One transaction in which decisions are judged against the mappings as they are, and written."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def file(self, sha256: str) -> ReviewFile | None:
        """Return what came of a file, None where its content is new."""
        row = self._session.execute(sa.select(*_FILE).where(ReviewFileRow.sha256 == sha256)).one_or_none()
        return None if row is None else ReviewFile(*row)

    def mappings(self, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Mapping]:
        """Return those mappings that exist, by id, and keep runs from changing them meanwhile."""
        found: dict[uuid.UUID, Mapping] = {}
        for some in chunks(sorted(set(ids))):
            mappings = mappings_where(self._session, MappingRow.id.in_(some), lock=True)
            found.update((mapping.id, mapping) for mapping in mappings)
        return found

    def of_upload(self, upload_key: str) -> list[Mapping]:
        """Return the mappings of an upload, and keep runs from changing them meanwhile."""
        return mappings_where(self._session, MappingRow.upload_key == upload_key, lock=True)

    def history(self, ids: Sequence[uuid.UUID]) -> list[ReviewDecision]:
        """Return every decision about some mappings, oldest first."""
        return review_rows.of_mappings(self._session, sorted(set(ids)))

    def write(self, decisions: Sequence[ReviewDecision]) -> None:
        """Write decisions to the history and to the mappings they are about."""
        review_rows.write(self._session, decisions)

    def close(self, file: ReviewFile) -> None:
        """Note that a file has been read, and what came of it; what was noted of the same content is replaced."""
        upsert(self._session, ReviewFileRow, [asdict(file)], keys=["sha256"])


class ReviewStore:
    """What reviewers decided."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def applying(self) -> Iterator[Applying]:
        """Give one transaction: what is written in it is committed at the end, together, or not at all.

        Two files are judged one after the other.
        """
        with self._database.writing(in_turn=True) as session:
            yield Applying(session)

    def files(self) -> tuple[ReviewFile, ...]:
        """Return every file that was read, newest first."""
        query = sa.select(*_FILE).order_by(ReviewFileRow.applied_at.desc(), ReviewFileRow.name)
        with self._database.reading() as session:
            return tuple(ReviewFile(*row) for row in session.execute(query))

    def decisions(self, upload_key: str | None = None) -> tuple[ReviewDecision, ...]:
        """Return every decision about one upload, or about all, oldest first."""
        with self._database.reading() as session:
            return tuple(review_rows.of_upload(session, upload_key))

    def extent(self) -> tuple[int, str]:
        """Return how many decisions there are, and a version that changes with every further one."""
        query = sa.select(sa.func.count(), sa.func.max(ReviewDecisionRow.applied_at))
        with self._database.reading() as session:
            number, latest = session.execute(query).one()
        return number, f"{number} {latest or 'none'}"

    def agreements(self) -> tuple[Agreement, ...]:
        """Return how often reviewers agreed with the mapper, by release, mapper, model and tier."""
        with self._database.reading() as session:
            return tuple(review_rows.agreements(session))

    def undecided(self) -> dict[str, dict[ConfidenceTier, int]]:
        """Count the mappings that nobody has confirmed or rejected, by upload and tier."""
        row = MappingRow
        kind, is_rejected = (
            (row.upload_key, row.confidence),
            sa.func.coalesce(row.rejected_code == row.onet_code, False),
        )
        query = sa.select(*kind, sa.func.count()).where(~row.user_confirmed, ~is_rejected).group_by(*kind)
        counted: dict[str, dict[ConfidenceTier, int]] = defaultdict(dict)
        with self._database.reading() as session:
            for key, tier, number in session.execute(query):
                counted[key][tier] = number
        return dict(counted)

    def confirmed_codes_at(self, moment: datetime) -> tuple[tuple[str, str], ...]:
        """Return the (role, code) pairs that stood confirmed at a moment; later decisions never change the answer."""
        with self._database.reading() as session:
            return tuple(review_rows.confirmed_at(session, moment))

    def confirmed_roles(self) -> tuple[ConfirmedRole, ...]:
        """Return every confirmed role of every upload, those without an occupation too."""
        role = UploadRoleRow
        same_role = (role.upload_key == MappingRow.upload_key) & (role.role_key == MappingRow.role_key)
        query = (
            sa.select(
                MappingRow.upload_key,
                UploadRow.path,
                MappingRow.source_role,
                role.context,
                MappingRow.confirmed_code,
                MappingRow.confirmed_at,
            )
            .join(UploadRow, UploadRow.key == MappingRow.upload_key)
            .outerjoin(role, same_role)
            .where(MappingRow.user_confirmed)
        )
        with self._database.reading() as session:
            return tuple(
                ConfirmedRole(key, path, role, tuple((name, value) for name, value in context or ()), code, moment)
                for key, path, role, context, code, moment in session.execute(query)
            )

    def retired(self) -> tuple[DisplacedMapping, ...]:
        """Return the confirmed mappings whose code the current release lacks, most rows first; none before a sync."""
        with self._database.reading() as session:
            return displaced.retired(session)
