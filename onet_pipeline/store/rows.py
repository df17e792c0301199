"""Statements that every store needs: bulk upserts and lists longer than a statement's parameters.

Belongs here: what SQLAlchemy leaves to the dialect. Does not: any table by name.

https://docs.sqlalchemy.org/en/20/dialects/postgresql.html#insert-on-conflict-upsert
"""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, Session

Item = TypeVar("Item")
Row = dict[str, Any]

CHUNK = 5_000
"""Keys asked for in one statement; SQLite allows 32,766 parameters, PostgreSQL 65,535."""


def chunks(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """Yield ``items`` in pieces that fit one statement."""
    for start in range(0, len(items), CHUNK):
        yield items[start : start + CHUNK]


def upsert(
    session: Session,
    model: type[DeclarativeBase],
    rows: Sequence[Row],
    *,
    keys: Sequence[str],
    keep: Sequence[str] = (),
    where: sa.ColumnElement[bool] | None = None,
) -> None:
    """Insert ``rows``; where ``keys`` exist already, set the other columns except ``keep``, if ``where`` holds.

    Every row has the same columns. With nothing left to set, existing rows stay as they are. Rows are written in order
    of their keys, so that two writers wait for each other instead of locking each other out.
    """
    if not rows:
        return
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = insert(model.__table__)  # type: ignore[arg-type]
    changed: dict[str, Any] = {name: statement.excluded[name] for name in rows[0] if name not in {*keys, *keep}}
    if changed and "updated_at" in model.__table__.c:
        changed["updated_at"] = sa.func.now()
    if changed:
        statement = statement.on_conflict_do_update(index_elements=list(keys), set_=changed, where=where)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=list(keys))
    session.connection().execute(statement, sorted(rows, key=lambda row: [row[name] for name in keys]))
