"""The real daemon, killed with -9 at the worst moments."""

import shutil
from pathlib import Path

import dagster as dg

from onet_pipeline.onet.source import sample_release_path
from onet_pipeline.steps.behind import uploads_behind
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.steps.sync import sync_release
from onet_pipeline_tests.support.dagster_servers import DAEMON, DagsterServers, local_home
from onet_pipeline_tests.support.orchestration import drop


def bump(pipeline: Pipeline, folder: Path) -> None:
    """Load a release that differs in one title."""
    changed = shutil.copytree(sample_release_path(), folder)
    titles = changed / "Alternate Titles.txt"
    titles.write_bytes(titles.read_bytes() + b"29-1141.00\tWard Lead\tn/a\t08\r\n")
    sync_release(pipeline, str(changed))


def test_a_daemon_killed_between_asking_and_running_loses_nothing_and_asks_nothing_twice(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    variables = local_home(pipeline.settings, tmp_path)
    drop(pipeline, "staff.csv", "Registered Nurse", "Police Officer")
    with (
        dg.DagsterInstance.from_config(variables["DAGSTER_HOME"]) as instance,
        DagsterServers(variables, tmp_path) as servers,
    ):

        def is_mapped() -> bool:
            uploads = pipeline.uploads.all()
            return bool(uploads) and not uploads_behind(pipeline)

        for expected in (1, 2):
            servers.start_daemon()
            servers.wait_for("the request", lambda: instance.get_runs_count() == expected)  # noqa: B023 - asked at once
            servers.kill(DAEMON)
            servers.start_daemon()
            servers.wait_for("the mapping", is_mapped)
            servers.wait_for("the end of the runs", lambda: all(run.is_finished for run in instance.get_runs()))
            if expected == 1:
                servers.stop(DAEMON)
                bump(pipeline, tmp_path / "bumped")
                assert not is_mapped()
        runs = instance.get_runs()
    assert len({run.tags["dagster/run_key"] for run in runs}) == 2
    (upload,) = pipeline.uploads.all()
    assert upload.attempts == 1
    assert [run.outcome for run in pipeline.mappings.runs(upload.key)] == ["succeeded", "succeeded"]
