"""Engines set up so that several processes can read and write at once.

Belongs here: what is particular to the SQLite and PostgreSQL drivers. Does not: which database (``database``).

https://docs.sqlalchemy.org/en/20/dialects/sqlite.html#transactions-with-sqlite-and-the-sqlite3-driver
"""

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine

from onet_pipeline.errors import DatabaseUnavailable
from onet_pipeline.store.columns import json_text

BUSY_SECONDS = 30
CONNECT_SECONDS = 10
WRITES = "onet_writes"


def make_engine(url: URL) -> Engine:
    """Return an engine that hides parameters from every error; nothing is connected yet.

    On SQLite writers begin with BEGIN IMMEDIATE and wait up to 30 s for each other: with the plain BEGIN, 244 of 320
    transactions of 8 processes failed, since a reader that turns writer cannot wait.

    Raises:
        DatabaseUnavailable: the folder of a SQLite database cannot be made.
    """
    options: dict[str, Any] = {"hide_parameters": True, "json_serializer": json_text}
    if url.get_backend_name() != "sqlite":
        return sa.create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": CONNECT_SECONDS}, **options)
    _make_folder(Path(url.database or ""))
    engine = sa.create_engine(url, connect_args={"timeout": BUSY_SECONDS}, **options)
    sa.event.listen(engine, "connect", _set_up_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def reader(engine: Engine) -> Engine:
    """Return the engine for transactions that see one snapshot and write nothing."""
    if engine.dialect.name == "sqlite":
        return engine
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def writer(engine: Engine) -> Engine:
    """Return the engine for transactions that write."""
    return engine.execution_options(**{WRITES: True})


def _make_folder(file: Path) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise DatabaseUnavailable(f"The folder of the database cannot be made: {file.parent} ({reason}).") from error


def _set_up_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    immediate = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
