"""The database: its address, its description for logs, and its transactions.

Belongs here: which database, reading and writing transactions, migrations at first use. Does not: tables (``models``),
drivers (``engines``), or queries (``releases``, ``uploads``, ``mappings``, ``decisions``).

https://docs.sqlalchemy.org/en/20/core/engines.html
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.orm import Session

from onet_pipeline.errors import DatabaseUnavailable, SettingsError
from onet_pipeline.store import migrate
from onet_pipeline.store.engines import make_engine, reader, writer

_POSTGRESQL = {"postgres", "postgresql", "postgresql+psycopg", "postgresql+psycopg2"}
_SECRET_OPTIONS = {"password", "sslpassword"}
_LOCAL = {"", "localhost", "127.0.0.1", "::1"}
_TURNS = 6_615_368_020_332
"""Key of the PostgreSQL advisory lock on which those writers queue that read what they write upon."""
_WRITE = "write it as sqlite:////absolute/path/onet.db or postgresql://user:password@host:5432/name"


def database_url(url: str | None, url_file: Path | None, home: Path) -> URL:
    """Return the address of the database: ``url``, else the content of ``url_file``, else SQLite in ``home``.

    PostgreSQL is spoken to through psycopg 3; a remote host without ``sslmode`` gets ``require``.

    Raises:
        SettingsError: both are given, the file cannot be read, or the address has an odd form. It is never repeated.
    """
    if url and url_file:
        raise SettingsError("ONET_DATABASE_URL and ONET_DATABASE_URL_FILE are both set: remove one.")
    if url_file:
        url = _read(url_file)
    if not url:
        return URL.create("sqlite", database=str(home.expanduser().absolute() / "onet.db"))
    parsed = _parse(url.strip())
    return _sqlite(parsed) if parsed.drivername == "sqlite" else _postgresql(parsed)


def describe(url: URL) -> str:
    """Return the only text about the address that may reach a log, a page or an error: no user, no password."""
    if url.get_backend_name() == "sqlite":
        return f"SQLite {url.database}"
    place = url.host or url.query.get("host") or "local socket"
    port = f":{url.port}" if url.port else ""
    return f"PostgreSQL {place}{port}/{url.database}"


class Database:
    """One database, connected at first use; safe to share between threads, to pickle and to carry over a fork.

    With ``auto_migrate`` the first use brings the schema up to date, under a lock.
    """

    def __init__(self, url: URL, *, auto_migrate: bool = True) -> None:
        self._url = url
        self._auto_migrate = auto_migrate
        self._lock = threading.Lock()
        self._engine: Engine | None = None
        self._process: int | None = None
        self._is_current = False

    def __repr__(self) -> str:
        return f"Database({describe(self._url)})"

    def __getstate__(self) -> dict[str, Any]:
        return {"url": self._url, "auto_migrate": self._auto_migrate}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["url"], auto_migrate=state["auto_migrate"])  # type: ignore[misc]

    @property
    def description(self) -> str:
        """What the database is, fit for logs."""
        return describe(self._url)

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self._url.get_backend_name()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Give a session whose every statement sees the same snapshot.

        Raises:
            DatabaseUnavailable: not reachable, or not migrated.
        """
        engine = self._ready()
        with self._translated(), Session(reader(engine)) as session:
            yield session

    @contextmanager
    def writing(self, *, in_turn: bool = False) -> Iterator[Session]:
        """Give a session whose writes are committed together at the end, or not at all.

        Writers ``in_turn`` queue for each other on PostgreSQL; on SQLite all writers do.

        Raises:
            DatabaseUnavailable: not reachable, or not migrated.
        """
        engine = self._ready()
        with self._translated(), Session(writer(engine)) as session, session.begin():
            if in_turn and self.dialect == "postgresql":
                session.execute(sa.select(sa.func.pg_advisory_xact_lock(_TURNS)))
            yield session

    def upgrade(self, revision: str = "head") -> None:
        """Migrate up to ``revision``.

        Raises:
            DatabaseUnavailable: not reachable, or the role may not change the schema.
        """
        with self._translated((DBAPIError,)):
            migrate.upgrade(self._connected(), revision)

    def downgrade(self, revision: str) -> None:
        """Migrate down to ``revision``; ``base`` drops every table."""
        self._is_current = False
        with self._translated((DBAPIError,)):
            migrate.downgrade(self._connected(), revision)

    def revision(self) -> str | None:
        """Return the revision the database is at, None where it is empty."""
        with self._translated():
            return migrate.revision(self._connected())

    def close(self) -> None:
        """Close every connection; the next use opens new ones."""
        with self._lock:
            if self._engine is not None:
                self._engine.dispose()
            self._engine, self._is_current = None, False

    def _connected(self) -> Engine:
        with self._lock:
            if self._engine is not None and self._process != os.getpid():
                self._engine.dispose(close=False)  # the connections belong to the process we were forked from
                self._engine = None
            if self._engine is None:
                self._engine, self._process = make_engine(self._url), os.getpid()
            return self._engine

    def _ready(self) -> Engine:
        engine = self._connected()
        if self._is_current:
            return engine
        with self._translated((DBAPIError,)):
            found = migrate.revision(engine)
            if found != migrate.head():
                self._migrate_or_refuse(engine, found)
        self._is_current = True
        return engine

    def _migrate_or_refuse(self, engine: Engine, found: str | None) -> None:
        if not migrate.knows(found):
            raise DatabaseUnavailable(
                f"{self.description} is at revision {found}, which this version does not know: "
                "install the version of onet-pipeline that migrated it, or a newer one."
            )
        if not self._auto_migrate:
            raise DatabaseUnavailable(
                f"{self.description} is at revision {found or 'none'}, {migrate.head()} is needed, "
                "and ONET_AUTO_MIGRATE is off: run `onet-pipeline db upgrade`."
            )
        migrate.upgrade(engine)

    @contextmanager
    def _translated(self, kinds: tuple[type[DBAPIError], ...] = (OperationalError, InterfaceError)) -> Iterator[None]:
        try:
            yield
        except kinds as error:
            raise DatabaseUnavailable(f"{self.description} cannot be used: {_cause(error)}") from error


def _read(path: Path) -> str:
    try:
        url = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"ONET_DATABASE_URL_FILE cannot be read: {path} ({type(error).__name__}).") from None
    if not url:
        raise SettingsError(f"ONET_DATABASE_URL_FILE is empty: {path}.")
    return url


def _parse(url: str) -> URL:
    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        raise SettingsError(f"The database address cannot be read: {_WRITE}.") from None


def _sqlite(url: URL) -> URL:
    if url.host or url.query or not url.database or not Path(url.database).is_absolute():
        raise SettingsError(
            "A SQLite address needs an absolute path and nothing else: sqlite:////absolute/path/onet.db."
        )
    return url


def _postgresql(url: URL) -> URL:
    """Refuse what would put a password where ``describe`` shows it, then set driver and encryption."""
    if url.drivername not in _POSTGRESQL:
        raise SettingsError(f"The database address has an unknown kind: {_WRITE}.")
    if _SECRET_OPTIONS & set(url.query):
        raise SettingsError("The database address has its password after the '?': write it before the host.")
    if not url.database or "@" in f"{url.host}{url.database}" or ":" in url.database:
        raise SettingsError(f"The database address is ambiguous: percent-encode the password, and {_WRITE}.")
    url = url.set(drivername="postgresql+psycopg")
    return url if "sslmode" in url.query or _is_local(url) else url.update_query_dict({"sslmode": "require"})


def _is_local(url: URL) -> bool:
    named = url.query.get("host", ())
    hosts = [url.host or "", *([named] if isinstance(named, str) else named)]
    return all(host in _LOCAL or host.startswith("/") for host in hosts)


def _cause(error: DBAPIError) -> str:
    """Return the first line of the driver's own message; it holds neither statement nor parameters."""
    lines = str(error.orig).strip().splitlines()
    return lines[0] if lines else type(error.orig).__name__
