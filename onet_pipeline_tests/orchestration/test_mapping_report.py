"""The report of an upload, written by the run that maps it."""

from pathlib import Path
from urllib.parse import urlparse

import dagster as dg

from onet_pipeline_tests.support.orchestration import Daemon, drop


def report_of(daemon: Daemon) -> dict[str, object]:
    event = daemon.instance.get_latest_materialization_event(dg.AssetKey("mapping_report"))
    assert event is not None
    assert event.asset_materialization is not None
    return {name: value.value for name, value in event.asset_materialization.metadata.items()}


def test_the_run_that_maps_an_upload_writes_its_report_and_links_it(daemon: Daemon) -> None:
    drop(daemon.pipeline, "staff.csv", "Nurse", "Police Officer")
    (request,) = daemon.tick()
    assert daemon.run(request).success
    told = report_of(daemon)
    page = Path(urlparse(str(told["report"])).path)
    assert page.parent == daemon.pipeline.settings.root / "reports" / str(request.partition_key)
    assert "Police Officer" in page.read_text(encoding="utf-8")
    assert Path(str(told["mappings_csv"])).is_file()
    assert Path(str(told["mappings_parquet"])).is_file()
    assert told["dagster/row_count"] == 2
    assert told.keys() >= {"upload", "release"}


def test_a_folder_of_reports_that_cannot_be_written_fails_the_run_and_leaves_the_mappings(daemon: Daemon) -> None:
    drop(daemon.pipeline, "staff.csv", "Nurse")
    (daemon.pipeline.settings.root / "reports").write_text("a file is in the way")
    (request,) = daemon.tick()
    assert not daemon.run(request).success
    assert len(daemon.pipeline.mappings.mappings(str(request.partition_key))) == 1
