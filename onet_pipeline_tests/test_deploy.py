"""Production as ``deploy/`` describes it: PostgreSQL for everything, webserver and daemon apart, HTTP to steer it."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from pydantic import SecretStr
from sqlalchemy.engine import make_url

from onet_pipeline.onet.source import sample_release_path
from onet_pipeline.settings import Settings
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline_tests.support.dagster_servers import PROJECT, DagsterServers
from onet_pipeline_tests.support.orchestration import drop
from onet_pipeline_tests.support.postgres import Server

GRAPHQL = PROJECT / "deploy" / "graphql"


def request(name: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads((GRAPHQL / f"{name}.json").read_text(encoding="utf-8"))
    return body


def environment(home: Path, dagster_url: str, onet_url: str) -> dict[str, str]:
    """The variables of ``deploy/README.md``."""
    dagster = make_url(dagster_url)
    return {
        "DAGSTER_HOME": str(home / "dagster"),
        "DAGSTER_PG_HOST": dagster.host or "",
        "DAGSTER_PG_PORT": str(dagster.port),
        "DAGSTER_PG_DB": dagster.database or "",
        "DAGSTER_PG_USERNAME": dagster.username or "",
        "DAGSTER_PG_PASSWORD": str(dagster.password or ""),
        "ONET_HOME": str(home / "onet"),
        "ONET_UPLOADS": str(home / "uploads"),
        "ONET_DATABASE_URL": onet_url,
        "ONET_RELEASE": str(sample_release_path()),
        "ONET_MAPPER": "lexical",
    }


def create_tables(variables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Do what ``dagster instance migrate`` does: two servers that create Dagster's tables at once can collide."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with dg.DagsterInstance.get():
        pass


@pytest.fixture
def databases(postgres_server: Server) -> Iterator[tuple[str, str]]:
    """The addresses of two empty databases, Dagster's and ours."""
    with postgres_server.database() as dagster_url, postgres_server.database() as onet_url:
        yield dagster_url, onet_url


def test_production_syncs_when_asked_over_http_and_maps_what_is_dropped(
    databases: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dagster_url, onet_url = databases
    variables = environment(tmp_path, dagster_url, onet_url)
    for folder in ("dagster", "uploads"):
        (tmp_path / folder).mkdir()
    shutil.copy(PROJECT / "deploy" / "dagster.yaml", tmp_path / "dagster")
    create_tables(variables, monkeypatch)
    pipeline = Pipeline(
        Settings(home=tmp_path / "onet", uploads=variables["ONET_UPLOADS"], database_url=SecretStr(onet_url))
    )
    with DagsterServers(variables, tmp_path) as servers:
        servers.start_webserver()
        servers.start_daemon()
        servers.wait_until_loaded()
        launched = servers.ask(request("sync"))["launchRun"]
        assert launched["__typename"] == "LaunchRunSuccess", launched
        drop(pipeline, "staff.csv", "Registered Nurse", "Police Officer")

        def mapped() -> bool:
            status = servers.ask(request("status"))
            assert "FAILURE" not in str(status["syncs"]), status
            return bool(status["uploads"][0]["partitionStats"]["numMaterialized"])

        servers.wait_for("the mapping", mapped)
        status = servers.ask(request("status"))
    (upload,) = pipeline.uploads.all()
    mappings = pipeline.mappings.mappings(upload.key)
    assert [(each.source_role, each.onet_code) for each in mappings] == [
        ("Police Officer", "33-3051.00"),
        ("Registered Nurse", "29-1141.00"),
    ]
    assert all(each.run_id for each in mappings)
    told = {each["label"]: each for each in status["release"][0]["assetMaterializations"][0]["metadataEntries"]}
    assert told["version"]["text"] == "0.1"
    assert told["dagster/row_count"]["intValue"] == pipeline.occupations.count()
    assert not list((tmp_path / "onet").glob("*.db"))
    logs = "".join(log.read_text(errors="replace") for log in tmp_path.glob("*.log"))
    assert variables["DAGSTER_PG_PASSWORD"] not in logs
    pipeline.close()
