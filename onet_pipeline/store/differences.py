"""Make the reference tables equal a release by writing only what differs.

Belongs here: comparing rows with records. Does not: transactions and the sync log (``releases``).

Measured on 57,000 titles and 19,000 tasks: 0.5 s, against 2.7 s for deleting and inserting all; and row ids stay,
and an unchanged release writes nothing.

docs/decisions/0002-load-a-release-by-diff.md
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from onet_pipeline.onet.records import Release
from onet_pipeline.store.models import AlternateTitleRow, Base, OccupationRow, RelatedOccupationRow, TaskRow

Values = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class _Table:
    """A reference table and its columns; a row whose first ``key`` columns stay is updated, not replaced."""

    model: type[Base]
    columns: tuple[str, ...]
    key: int

    @property
    def sql(self) -> sa.Table:
        table: sa.Table = self.model.metadata.tables[self.model.__tablename__]
        return table

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.sql.primary_key)


@dataclass(frozen=True, slots=True)
class _Difference:
    """What must be written to one table: rows to insert, (id, row) to update, ids to delete."""

    table: _Table
    inserts: list[Values]
    updates: list[tuple[Values, Values]]
    deletes: list[Values]

    @property
    def size(self) -> int:
        return len(self.inserts) + len(self.updates) + len(self.deletes)


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
    differences = [_compare(session, table, rows) for table, rows in wanted]
    for difference in differences:
        _insert(session, difference.table, difference.inserts)
        _update(session, difference.table, difference.updates)
    for difference in reversed(differences):
        _delete(session, difference.table, difference.deletes)
    return sum(difference.size for difference in differences)


def _compare(session: Session, table: _Table, rows: Iterable[Values]) -> _Difference:
    """Compare as multisets, since O*NET 27.0 has two pairs of equal titles; only what differs is looked at closer."""
    wanted, stored = Counter(rows), Counter(_read(session, table, table.columns))
    new = (wanted - stored).elements()
    waiting: defaultdict[Values, list[Values]] = defaultdict(list)
    for row in new:
        waiting[row[: table.key]].append(row)
    updates: list[tuple[Values, Values]] = []
    deletes: list[Values] = []
    for ids, row in _find(session, table, stored - wanted):
        successors = waiting[row[: table.key]]
        if successors:
            updates.append((ids, successors.pop()))
        else:
            deletes.append(ids)
    return _Difference(table, [row for left in waiting.values() for row in left], updates, deletes)


def _find(session: Session, table: _Table, rows: Counter[Values]) -> list[tuple[Values, Values]]:
    """Return (id, row) of the stored ``rows``."""
    if not rows:
        return []
    width, found = len(table.columns), []
    for both in _read(session, table, (*table.columns, *table.ids)):
        row = both[:width]
        if rows[row] > 0:
            rows[row] -= 1
            found.append((both[width:], row))
    return found


def _read(session: Session, table: _Table, names: Iterable[str]) -> list[Values]:
    columns = [table.sql.c[name].label(f"{name}_{number}") for number, name in enumerate(names)]
    return [tuple(row) for row in session.execute(sa.select(*columns)).all()]


def _insert(session: Session, table: _Table, rows: list[Values]) -> None:
    if rows:
        values = [dict(zip(table.columns, row, strict=True)) for row in rows]
        session.connection().execute(sa.insert(table.sql), values)


def _update(session: Session, table: _Table, rows: list[tuple[Values, Values]]) -> None:
    if rows:
        values = [dict(zip((*table.columns, *table.ids), (*row, *ids), strict=True)) for ids, row in rows]
        session.execute(sa.update(table.model), values)


def _delete(session: Session, table: _Table, rows: list[Values]) -> None:
    if rows:
        matches = sa.and_(*(table.sql.c[name] == sa.bindparam(f"id_{name}") for name in table.ids))
        values = [{f"id_{name}": value for name, value in zip(table.ids, ids, strict=True)} for ids in rows]
        session.connection().execute(sa.delete(table.sql).where(matches), values)
