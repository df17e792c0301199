"""Mappings whose occupation is not in the current release as they name it.

Belongs here: the query and what it finds. Does not: which releases differ in what (``onet.comparison``).
"""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from onet_pipeline.store.models import MappingRow, OccupationRow, UploadRow
from onet_pipeline.store.records import UploadStatus


@dataclass(frozen=True, slots=True)
class DisplacedMapping:
    """A mapping whose settled code the current release lacks, or has under another title.

    ``title`` is as mapped, ``title_now`` as in the current release: None where the code has gone.
    """

    upload_key: str
    source_role: str
    row_count: int
    code: str
    title: str | None
    title_now: str | None
    is_confirmed: bool


@dataclass(frozen=True, slots=True)
class Displacements:
    """How many mappings have a code that has gone, or one of another title; and the ``first`` of them.

    Those whose code has gone come first, the confirmed ones before the others, then those of most rows.
    """

    gone: int
    renamed: int
    first: tuple[DisplacedMapping, ...]

    @property
    def first_gone(self) -> tuple[DisplacedMapping, ...]:
        """Those of the first whose code has gone."""
        return tuple(each for each in self.first if each.title_now is None)


def find(session: Session, limit: int) -> Displacements:
    """Look at all mappings but the unconfirmed ones of withdrawn uploads; before a sync there are none."""
    found = _displaced().subquery()
    has_gone = found.c.title_now.is_(None)
    numbers = sa.select(sa.func.count().filter(has_gone), sa.func.count().filter(~has_gone)).select_from(found)
    gone, renamed = session.execute(numbers).one()
    order = (sa.case((has_gone, 0), else_=1), found.c.user_confirmed.desc(), found.c.row_count.desc())
    query = sa.select(found).order_by(*order, found.c.upload_key, found.c.source_role).limit(limit)
    return Displacements(gone, renamed, tuple(DisplacedMapping(*row) for row in session.execute(query)))


def retired(session: Session) -> tuple[DisplacedMapping, ...]:
    """Return the confirmed mappings whose code has gone, most rows first, then by role; none before a sync."""
    query = _displaced().where(MappingRow.user_confirmed, OccupationRow.code.is_(None))
    found = (DisplacedMapping(*row) for row in session.execute(query))
    return tuple(sorted(found, key=lambda each: (-each.row_count, each.source_role)))


def _displaced() -> sa.Select[Any]:
    row, known = MappingRow, OccupationRow
    # In SQL what ``Mapping.settled_code`` and ``settled_title`` are in Python.
    code = sa.case(
        (row.user_confirmed, row.confirmed_code), (row.rejected_code == row.onet_code, sa.null()), else_=row.onet_code
    )
    is_another = row.user_confirmed & row.confirmed_code.is_distinct_from(row.onet_code)
    title = sa.case((is_another, row.confirmed_title), else_=row.onet_title)
    columns = (row.upload_key, row.source_role, row.row_count, code.label("code"), title.label("title"))
    return (
        sa.select(*columns, known.title.label("title_now"), row.user_confirmed)
        .join(UploadRow, UploadRow.key == row.upload_key)
        .outerjoin(known, known.code == code)
        .where(code.is_not(None), known.code.is_(None) | (known.title != title))
        .where(row.user_confirmed | (UploadRow.status != UploadStatus.WITHDRAWN))
        .where(sa.exists(sa.select(known.code).correlate(None)))
    )
