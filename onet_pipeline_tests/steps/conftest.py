"""What the tests of the steps share: pipelines on each engine, with the sample release synced."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from onet_pipeline.onet.source import sample_release_path
from onet_pipeline.settings import Settings
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.steps.sync import sync_release
from onet_pipeline_tests.support.postgres import Server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SecretStr | None]:
    """The address of a migrated database of the test's own; None stands for SQLite in the test's folder."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_sqlite_file"), tmp_path / "onet.db")
        yield None
        return
    server: Server = request.getfixturevalue("postgres_server")
    url = server.create_database(template=request.getfixturevalue("migrated_postgres_url"))
    yield SecretStr(url)
    server.drop_database(url)


@pytest.fixture
def pipeline(tmp_path: Path, database_address: SecretStr | None) -> Iterator[Pipeline]:
    """A pipeline that has synced nothing, once on SQLite and once on PostgreSQL, with the lexical mapper."""
    (tmp_path / "uploads").mkdir()
    settings = Settings(
        home=tmp_path, uploads=str(tmp_path / "uploads"), database_url=database_address, mapper="lexical"
    )
    pipeline = Pipeline(settings)
    yield pipeline
    pipeline.close()


@pytest.fixture
def synced(pipeline: Pipeline) -> Pipeline:
    """A pipeline that has synced the sample release."""
    sync_release(pipeline, str(sample_release_path()))
    return pipeline


@pytest.fixture
def on_sqlite(tmp_path: Path, synced_home: Path) -> Iterator[Pipeline]:
    """A pipeline on SQLite that has synced the sample release, for what does not depend on the engine."""
    shutil.copytree(synced_home, tmp_path, dirs_exist_ok=True)
    (tmp_path / "uploads").mkdir()
    pipeline = Pipeline(Settings(home=tmp_path, uploads=str(tmp_path / "uploads"), mapper="lexical"))
    yield pipeline
    pipeline.close()
