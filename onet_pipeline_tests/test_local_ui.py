import runpy
import shutil
from pathlib import Path

import dagster as dg

from onet_pipeline.definitions import defs

LOCAL = Path(__file__).parents[1] / "deploy" / "local"


def test_runs_that_a_killed_ui_left_started_are_ended_when_it_starts_again(tmp_path: Path) -> None:
    shutil.copy(LOCAL / "dagster.yaml", tmp_path)
    job = defs.resolve_job_def("check_uploads")
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        abandoned = instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)
        ended = instance.create_run_for_job(job, status=dg.DagsterRunStatus.SUCCESS)
        runpy.run_path(str(LOCAL / "ui.py"))["end_abandoned_runs"](tmp_path)
        found = {run.run_id: run.status for run in instance.get_runs()}
    assert found == {abandoned.run_id: dg.DagsterRunStatus.FAILURE, ended.run_id: dg.DagsterRunStatus.SUCCESS}
