"""Bring a database to a revision, once, however many processes ask at the same time.

Belongs here: running Alembic on a connection under a lock. Does not: the migrations (``migrations/versions``).

https://alembic.sqlalchemy.org/en/latest/cookbook.html#sharing-a-connection-across-one-or-more-programmatic-migration-commands
"""

from collections.abc import Callable, Iterator
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
    _run(engine, lambda config: command.upgrade(config, target))


def downgrade(engine: Engine, target: str) -> None:
    """Bring the database down to ``target``; ``base`` drops every table of ours."""
    _run(engine, lambda config: command.downgrade(config, target))


def _run(engine: Engine, action: Callable[[Config], None]) -> None:
    with locked(engine) as connection:
        config = _config()
        config.attributes["connection"] = connection
        action(config)


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _config() -> Config:
    config = Config()
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
