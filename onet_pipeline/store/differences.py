"""Make the reference tables equal a release by writing only what differs.

Belongs here: comparing rows with records. Does not: transactions and the sync log (``releases``).

Measured on 57,000 titles and 19,000 tasks: 0.5 s, against 2.7 s for deleting and inserting all (FACTS.md); and row ids
stay, and an unchanged release writes nothing.
"""

from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from onet_pipeline.onet.records import Release
from onet_pipeline.store.models import AlternateTitleRow, Base, OccupationRow, RelatedOccupationRow, TaskRow

Values = tuple[Any, ...]
Keyed = dict[Hashable, Values]


@dataclass(frozen=True, slots=True)
class _Table:
    """A reference table: its columns, of which the first ``key`` tell rows apart (with a running number)."""

    model: type[Base]
    columns: tuple[str, ...]
    key: int

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.model.__table__.primary_key)


_OCCUPATIONS = _Table(OccupationRow, ("code", "title", "description"), 1)
_TITLES = _Table(AlternateTitleRow, ("onet_code", "title", "short_title", "sources"), 2)
_TASKS = _Table(TaskRow, ("onet_code", "task_id", "task_type", "description", "importance"), 2)
_RELATED = _Table(RelatedOccupationRow, ("code", "related_code", "rank", "tier"), 2)


def replace_tables(session: Session, release: Release) -> int:
    """Write the difference between the tables and ``release``; return how many rows were written.

    Parents are written before their children and removed after them.
    """
    wanted: list[tuple[_Table, Iterable[Values]]] = [
        (_OCCUPATIONS, ((o.code, o.title, o.description) for o in release.occupations)),
        (_TITLES, ((t.code, t.title, t.short_title, t.sources) for t in release.alternate_titles)),
        (_TASKS, ((t.code, t.task_id, t.task_type, t.description, t.importance) for t in release.tasks)),
        (_RELATED, ((r.code, r.related_code, r.rank, r.tier) for r in release.related_occupations)),
    ]
    obsolete: list[tuple[_Table, list[Values]]] = []
    written = 0
    for table, values in wanted:
        stored, ids = _stored(session, table)
        keyed = _keyed(table, values)
        written += _insert(session, table, [row for key, row in keyed.items() if key not in stored])
        changed = [(ids[key], row) for key, row in keyed.items() if key in stored and stored[key] != row]
        written += _update(session, table, changed)
        obsolete.append((table, [ids[key] for key in stored if key not in keyed]))
    return written + sum(_delete(session, table, gone) for table, gone in reversed(obsolete))


def _keyed(table: _Table, rows: Iterable[Values]) -> Keyed:
    """Key rows by their first columns; O*NET 27.0 has two pairs of equal titles, hence the running number."""
    seen: Counter[Values] = Counter()
    keyed: Keyed = {}
    for row in sorted(rows, key=repr):
        key = row[: table.key]
        keyed[(*key, seen[key])] = row
        seen[key] += 1
    return keyed


def _stored(session: Session, table: _Table) -> tuple[Keyed, dict[Hashable, Values]]:
    names = (*table.columns, *table.ids)
    columns = [table.model.__table__.c[name] for name in names]
    width = len(table.columns)
    rows = sorted((tuple(row) for row in session.execute(sa.select(*columns))), key=lambda row: repr(row[:width]))
    keyed = _keyed(table, (row[:width] for row in rows))
    return keyed, dict(zip(keyed, (row[width:] for row in rows), strict=True))


def _insert(session: Session, table: _Table, rows: list[Values]) -> int:
    if rows:
        session.execute(sa.insert(table.model), [dict(zip(table.columns, row, strict=True)) for row in rows])
    return len(rows)


def _update(session: Session, table: _Table, rows: list[tuple[Values, Values]]) -> int:
    if rows:
        values = [dict(zip((*table.columns, *table.ids), (*row, *ids), strict=True)) for ids, row in rows]
        session.execute(sa.update(table.model), values)
    return len(rows)


def _delete(session: Session, table: _Table, rows: list[Values]) -> int:
    if rows:
        columns = [table.model.__table__.c[name] for name in table.ids]
        matches = sa.and_(*(column == sa.bindparam(f"id_{column.name}") for column in columns))
        values = [{f"id_{name}": value for name, value in zip(table.ids, ids, strict=True)} for ids in rows]
        session.connection().execute(sa.delete(table.model.__table__).where(matches), values)  # type: ignore[arg-type]
    return len(rows)
