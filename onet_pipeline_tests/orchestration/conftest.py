"""What the tests of the orchestration share: a Dagster instance, and pipelines with the sample release."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from pydantic import SecretStr

from onet_pipeline.onet.source import sample_release_path
from onet_pipeline.settings import Settings
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline_tests.support.orchestration import Daemon


@pytest.fixture(scope="session")
def instance_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with Dagster's tables, to be copied only: copying takes a quarter of the time of creating them."""
    folder = tmp_path_factory.mktemp("instance")
    with dg.instance_for_test(temp_dir=str(folder)) as instance:
        instance.get_latest_materialization_event(dg.AssetKey("none"))
    return folder


@pytest.fixture
def instance(instance_folder: Path, tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """A Dagster instance of the test's own."""
    folder = shutil.copytree(instance_folder, tmp_path / "dagster-instance")
    with dg.instance_for_test(temp_dir=str(folder)) as instance:
        yield instance


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of the test's own: SQLite, no key, the sample release."""
    (tmp_path / "uploads").mkdir()
    return Settings(
        home=tmp_path,
        uploads=str(tmp_path / "uploads"),
        reviews=str(tmp_path / "reviews"),
        mapper="lexical",
        release=str(sample_release_path()),
    )


@pytest.fixture
def empty(settings: Settings) -> Iterator[Pipeline]:
    """A pipeline that has synced nothing."""
    pipeline = Pipeline(settings)
    yield pipeline
    pipeline.close()


@pytest.fixture
def pipeline(settings: Settings, synced_home: Path) -> Iterator[Pipeline]:
    """A pipeline on SQLite that has synced the sample release."""
    shutil.copytree(synced_home, settings.home, dirs_exist_ok=True)
    pipeline = Pipeline(settings)
    yield pipeline
    pipeline.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Pipeline]:
    """A pipeline that has synced nothing, once on SQLite and once on PostgreSQL."""
    url = None if request.param == "sqlite" else SecretStr(request.getfixturevalue("empty_postgres_url"))
    pipeline = Pipeline(settings.model_copy(update={"database_url": url}))
    yield pipeline
    pipeline.close()


@pytest.fixture
def daemon(instance: dg.DagsterInstance, pipeline: Pipeline) -> Daemon:
    """What the daemon does, on a pipeline that has synced the sample release."""
    return Daemon(instance, pipeline)
