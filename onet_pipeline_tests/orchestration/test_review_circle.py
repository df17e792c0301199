"""The whole circle with the real daemon and a real spreadsheet library.

An upload is mapped, its workbook edited and dropped, its decisions applied; then a release comes that lacks a code.
"""

import os
import shutil
from pathlib import Path

import dagster as dg

from onet_pipeline.onet.source import sample_release_path
from onet_pipeline.review.accuracy import tier_accuracies
from onet_pipeline.steps.behind import uploads_behind
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.steps.report import report_folder
from onet_pipeline.steps.review_status import read_review_status
from onet_pipeline.steps.sync import sync_release
from onet_pipeline.store.records import Mapping, Upload
from onet_pipeline_tests.support.dagster_servers import DagsterServers, local_home
from onet_pipeline_tests.support.orchestration import SETTLED, drop
from onet_pipeline_tests.support.reviews import decided

POLICE, NURSES, CHIEFS = "33-3051.00", "29-1141.00", "33-1012.00"
RETIRED = POLICE
ROLES = ("Registered Nurses", "Police Officer", "Police Patrol Officer", "zzqx")


def release_without(code: str, folder: Path) -> str:
    """The sample release, without every line of one occupation."""
    changed = shutil.copytree(sample_release_path(), folder)
    for table in changed.glob("*.txt"):
        lines = table.read_bytes().splitlines(keepends=True)
        table.write_bytes(b"".join(line for line in lines if code.encode() not in line))
    return str(changed)


def saved(pipeline: Pipeline, key: str) -> dict[str, Mapping]:
    return {mapping.source_role: mapping for mapping in pipeline.mappings.mappings(key)}


def review_by_hand(pipeline: Pipeline, upload: Upload) -> None:
    """Edit the workbook as an analyst would, and drop it."""
    written = (report_folder(pipeline.settings, upload.key) / "review.xlsx").read_bytes()
    decisions = {"Registered Nurses": "confirm", "Police Patrol Officer": f"{CHIEFS} Chiefs", "zzqx": "none of these"}
    reviewed = decided(decided(written, decisions), {"Police Officer": POLICE}, comment="asked the chief")
    path = Path(pipeline.settings.reviews) / "Reviewed by Ann.xlsx"
    path.write_bytes(reviewed)
    os.utime(path, (SETTLED, SETTLED))


def test_from_upload_to_confirmations_that_outlive_a_release(pipeline: Pipeline, tmp_path: Path) -> None:
    with DagsterServers(local_home(pipeline.settings, tmp_path), tmp_path) as running:
        go_round(pipeline, running, tmp_path)


def go_round(pipeline: Pipeline, servers: DagsterServers, tmp_path: Path) -> None:
    drop(pipeline, "staff.csv", *ROLES)
    servers.start_daemon()

    def mapped() -> bool:
        return bool(pipeline.uploads.all()) and not uploads_behind(pipeline)

    servers.wait_for("the mapping", mapped)
    (upload,) = pipeline.uploads.all()
    workbook = report_folder(pipeline.settings, upload.key) / "review.xlsx"
    servers.wait_for("the workbook", workbook.exists)
    review_by_hand(pipeline, upload)
    servers.wait_for("the decisions", pipeline.reviews.files)

    confirmed = saved(pipeline, upload.key)
    codes = {role: mapping.settled_code for role, mapping in confirmed.items()}
    assert codes == {
        "Registered Nurses": NURSES,
        "Police Officer": POLICE,
        "Police Patrol Officer": CHIEFS,
        "zzqx": None,
    }
    assert {mapping.confirmed_by for mapping in confirmed.values()} == {"Ann"}
    assert confirmed["Police Officer"].confirmed_comment == "asked the chief"
    assert (Path(pipeline.settings.reviews) / "Reviewed by Ann.result.xlsx").exists(), "written before the commit"

    right = sum(mapping.settled_code == mapping.onet_code for mapping in confirmed.values())
    shares = [accuracy.share for accuracy in tier_accuracies(pipeline.reviews.agreements())]
    assert (sum(share.hits for share in shares), sum(share.n for share in shares)) == (right, len(ROLES))

    sync_release(pipeline, release_without(RETIRED, tmp_path / "next"))
    servers.wait_for("the mapping against the next release", mapped)
    assert len(pipeline.mappings.runs(upload.key)) == 2
    assert saved(pipeline, upload.key) == confirmed, "not a run and not a release changes what a person decided"
    assert [mapping.source_role for mapping in read_review_status(pipeline).retired] == ["Police Officer"]
    assert len(pipeline.reviews.files()) == 1
    with dg.DagsterInstance.from_config(str(tmp_path / "dagster")) as instance:
        servers.wait_for("the end of the runs", lambda: all(run.is_finished for run in instance.get_runs()))
        runs = instance.get_runs()
        assert [run.job_name for run in runs].count("import_reviews") == 1
        assert {run.status for run in runs} == {dg.DagsterRunStatus.SUCCESS}
        event = instance.get_latest_materialization_event(dg.AssetKey("mapper_accuracy"))
        assert event is not None
        assert event.asset_materialization is not None
        assert event.asset_materialization.metadata["judged"].value == len(ROLES)
