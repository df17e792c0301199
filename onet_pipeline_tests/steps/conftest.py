"""What the tests of the steps share: pipelines on each engine, with the sample release synced."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from onet_pipeline.settings import Settings
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline_tests.support.postgres import Server

ENGINES = ("sqlite", "postgresql")


@pytest.fixture(params=ENGINES)
def pipeline(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pipeline]:
    """A pipeline that has synced nothing, once on SQLite and once on PostgreSQL, with the lexical mapper."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_sqlite_file"), tmp_path / "onet.db")
        yield from _opened(tmp_path)
    else:
        yield from _on_postgres(request, "migrated_postgres_url", tmp_path)


@pytest.fixture(params=ENGINES)
def synced(request: pytest.FixtureRequest, tmp_path: Path, synced_home: Path) -> Iterator[Pipeline]:
    """A pipeline that has synced the sample release and made its index, on each engine."""
    if request.param == "sqlite":
        shutil.copytree(synced_home, tmp_path, dirs_exist_ok=True)
        yield from _opened(tmp_path)
    else:
        shutil.copytree(synced_home / "index", tmp_path / "index")
        yield from _on_postgres(request, "synced_postgres_url", tmp_path)


@pytest.fixture
def on_sqlite(tmp_path: Path, synced_home: Path) -> Iterator[Pipeline]:
    """A pipeline on SQLite that has synced the sample release, for what does not depend on the engine."""
    shutil.copytree(synced_home, tmp_path, dirs_exist_ok=True)
    yield from _opened(tmp_path)


def _on_postgres(request: pytest.FixtureRequest, template: str, home: Path) -> Iterator[Pipeline]:
    """Open a pipeline on a copy of the database that the fixture ``template`` names."""
    server: Server = request.getfixturevalue("postgres_server")
    with server.database(request.getfixturevalue(template)) as url:
        yield from _opened(home, SecretStr(url))


def _opened(home: Path, database_url: SecretStr | None = None) -> Iterator[Pipeline]:
    uploads = home / "uploads"
    uploads.mkdir()
    pipeline = Pipeline(Settings(home=home, uploads=str(uploads), database_url=database_url, mapper="lexical"))
    yield pipeline
    pipeline.close()
