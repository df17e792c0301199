"""What every room's tests may ask for: a PostgreSQL, a migrated database on each engine, a synced release.

Belongs here: fixtures of more than one room. Does not: what they are made of (``support``).
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from onet_pipeline.onet.source import sample_release_path
from onet_pipeline.settings import Settings
from onet_pipeline.steps.indexing import current_index
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.steps.sync import sync_release
from onet_pipeline.store.database import Database, database_url
from onet_pipeline_tests.support import chromium
from onet_pipeline_tests.support.postgres import NoPostgres, Server, running_server

ENGINES = ("sqlite", "postgresql")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Iterator[None]:
    """Say in the last lines when the tests in a browser could not be run: nothing else may be left out."""
    yield
    left_out = [each for each in terminalreporter.getreports("skipped") if chromium.MISSING in str(each.longrepr)]
    if left_out:
        terminalreporter.section("NOT TESTED IN A BROWSER", red=True, bold=True)
        terminalreporter.line(f"{len(left_out)} tests were left out: {chromium.MISSING}.")


@pytest.fixture(autouse=True)
def _no_settings_of_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the tests from the caller's database, key and uploads."""
    for name in os.environ:
        if name.startswith(("ONET_", "ANTHROPIC_")) and name != "ONET_TEST_POSTGRES_URL":
            monkeypatch.delenv(name)
    monkeypatch.setitem(Settings.model_config, "env_file", None)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """A PostgreSQL server, started when first asked for; without one the test fails, it is never skipped."""
    try:
        with running_server() as server:
            yield server
    except NoPostgres as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(scope="session")
def postgres_url(postgres_server: Server) -> str:
    """The address of the server's maintenance database, with its password."""
    return postgres_server.url


@pytest.fixture
def empty_postgres_url(postgres_server: Server) -> Iterator[str]:
    """The address of a new, empty PostgreSQL database."""
    with postgres_server.database() as url:
        yield url


@pytest.fixture(scope="session")
def migrated_postgres_url(postgres_server: Server) -> Iterator[str]:
    """The address of a migrated PostgreSQL database, to be copied only."""
    with postgres_server.database() as url:
        _migrate(url, Path())
        yield url


@pytest.fixture(scope="session")
def migrated_sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite database, to be copied only."""
    home = tmp_path_factory.mktemp("migrated")
    _migrate(None, home)
    return home / "onet.db"


@pytest.fixture(scope="session")
def synced_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sample release loaded into SQLite, and its index, to be copied only."""
    home = tmp_path_factory.mktemp("synced")
    pipeline = Pipeline(Settings(home=home, mapper="lexical"))
    sync_release(pipeline, str(sample_release_path()))
    current_index(pipeline)
    pipeline.close()
    return home


@pytest.fixture(scope="session")
def synced_postgres_url(
    postgres_server: Server, migrated_postgres_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of a PostgreSQL database with the sample release, to be copied only."""
    home = tmp_path_factory.mktemp("synced")
    with postgres_server.database(migrated_postgres_url) as url:
        pipeline = Pipeline(Settings(home=home, database_url=SecretStr(url), mapper="lexical"))
        sync_release(pipeline, str(sample_release_path()))
        pipeline.close()
        yield url


@pytest.fixture
def sqlite_database(tmp_path: Path, migrated_sqlite_file: Path) -> Iterator[Database]:
    """A migrated SQLite database of the test's own, ``onet.db`` in its folder."""
    shutil.copy(migrated_sqlite_file, tmp_path / "onet.db")
    yield from _opened(None, tmp_path)


@pytest.fixture
def postgres_database(postgres_server: Server, migrated_postgres_url: str) -> Iterator[Database]:
    """A migrated PostgreSQL database of the test's own."""
    with postgres_server.database(migrated_postgres_url) as url:
        yield from _opened(url, Path())


@pytest.fixture(params=ENGINES)
def database(request: pytest.FixtureRequest) -> Database:
    """A migrated database of the test's own: the test runs once on SQLite and once on PostgreSQL."""
    fixture: Database = request.getfixturevalue("sqlite_database" if request.param == "sqlite" else "postgres_database")
    return fixture


@pytest.fixture(params=ENGINES)
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database of the test's own without any table, on each engine."""
    url = None if request.param == "sqlite" else request.getfixturevalue("empty_postgres_url")
    yield from _opened(url, tmp_path)


def _opened(url: str | None, home: Path) -> Iterator[Database]:
    database = Database(database_url(url, None, home))
    yield database
    database.close()


def _migrate(url: str | None, home: Path) -> None:
    database = Database(database_url(url, None, home))
    database.upgrade()
    database.close()
