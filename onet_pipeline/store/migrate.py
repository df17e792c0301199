"""Bring a database to a revision, once, however many processes ask at the same time.

Belongs here: running Alembic on a connection under a lock. Does not: the migrations (``migrations/versions``).

https://alembic.sqlalchemy.org/en/latest/cookbook.html#sharing-a-connection-across-one-or-more-programmatic-migration-commands
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection, Engine

from onet_pipeline.store.engines import writer

_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 6_615_368_020_331
"""Key of the PostgreSQL advisory lock under which migrations run."""


@cache
def head() -> str:
    """Return the revision that this code needs."""
    newest = _scripts().get_current_head()
    if newest is None:
        raise RuntimeError(f"no migration in {_MIGRATIONS}")
    return newest


def knows(revision: str | None) -> bool:
    """Tell whether this code has the migration ``revision``; an empty database (None) is known."""
    return revision is None or revision in {script.revision for script in _scripts().walk_revisions()}


def revision(engine: Engine) -> str | None:
    """Return the revision the database is at, None where it holds no table of ours; takes no lock."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(engine: Engine, target: str = "head") -> None:
    """Bring the database up to ``target``; the second of two processes waits, then finds the work done."""
    with locked(engine) as connection:
        command.upgrade(_config(connection), target)


def downgrade(engine: Engine, target: str) -> None:
    """Bring the database down to ``target``; ``base`` drops every table of ours."""
    with locked(engine) as connection:
        command.downgrade(_config(connection), target)


def draft(engine: Engine, message: str) -> None:
    """Write a new migration from what the models have and the database has not; use PostgreSQL, then review by hand.

    Drafted against SQLite it would hold defaults that PostgreSQL refuses.
    """
    with locked(engine) as connection:
        command.revision(_config(connection), message, autogenerate=True)


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _config(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration; it gets the connection, never the address, which its errors would print."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config


@contextmanager
def locked(engine: Engine) -> Iterator[Connection]:
    """Give a connection in a transaction that no other migration runs beside."""
    with writer(engine).connect() as connection:
        if engine.dialect.name == "sqlite":
            with _foreign_keys_off(connection), connection.begin():
                yield connection
                _refuse_orphans(connection)
            return
        with connection.begin():
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
            yield connection


@contextmanager
def _foreign_keys_off(connection: Connection) -> Iterator[None]:
    """Rebuilding a parent table on SQLite with foreign keys on silently deletes its children."""
    driver = connection.connection.cursor()
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys=ON")
        driver.close()


def _refuse_orphans(connection: Connection) -> None:
    orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if orphans:
        raise RuntimeError(f"a migration left {len(orphans)} rows without their parent, first in {orphans[0][0]}")
