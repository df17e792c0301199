"""Reviewed files: seen once, applied once, their faults in the UI."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import dagster as dg
import pytest

from onet_pipeline.errors import ReviewsUnlisted
from onet_pipeline.orchestration.review_sensor import review_sensor
from onet_pipeline.review.sheet import Column
from onet_pipeline.settings import Settings
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.steps.report import report_folder
from onet_pipeline_tests.support.orchestration import SETTLED, Daemon, drop
from onet_pipeline_tests.support.reviews import decided, opened, place

SENSOR = review_sensor.name


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Settings with a folder of reviews."""
    (settings.home / "reviews").mkdir()
    return settings.model_copy(update={"reviews": str(settings.home / "reviews")})


@pytest.fixture
def mapped(daemon: Daemon) -> Daemon:
    """One upload, mapped, with its workbook."""
    drop(daemon.pipeline, "staff.csv", "Police Officer", "Registered Nurses", "zzqx")
    (request,) = daemon.tick()
    assert daemon.run(request).success
    return daemon


def workbook(pipeline: Pipeline) -> bytes:
    (upload,) = pipeline.uploads.all()
    return (report_folder(pipeline.settings, upload.key) / "review.xlsx").read_bytes()


def review(
    pipeline: Pipeline, name: str, decisions: Mapping[str, str], by: str = "Ann", written: bytes | None = None
) -> Path:
    path = Path(pipeline.settings.reviews) / name
    path.write_bytes(decided(written or workbook(pipeline), decisions, reviewer=by))
    os.utime(path, (SETTLED, SETTLED))
    return path


def apply(daemon: Daemon) -> dg.ExecuteInProcessResult:
    (request,) = daemon.tick(SENSOR)
    done = daemon.run_job("import_reviews")
    assert request.run_key
    assert done.success
    return done


def told(daemon: Daemon, asset: str) -> dict[str, object]:
    event = daemon.instance.get_latest_materialization_event(dg.AssetKey(asset))
    assert event is not None
    assert event.asset_materialization is not None
    return {name: value.value for name, value in event.asset_materialization.metadata.items()}


def test_a_reviewed_workbook_is_applied_by_one_run_and_never_again(mapped: Daemon) -> None:
    assert mapped.tick(SENSOR) == ()
    review(mapped.pipeline, "ann.xlsx", {"Police Officer": "confirm", "zzqx": "none of these"})
    apply(mapped)
    assert mapped.tick(SENSOR) == ()
    (counts,) = mapped.pipeline.mappings.counts().values()
    assert counts.confirmed == 2
    decisions, accuracy = told(mapped, "review_decisions"), told(mapped, "mapper_accuracy")
    assert (decisions["files"], decisions["applied"], decisions["dagster/row_count"]) == (1, 2, 2)
    assert accuracy["judged"] == 2
    assert "| 0.1 | lexical |" in str(accuracy["accuracy"])


def test_report_and_workbook_show_the_decisions_as_soon_as_they_are_applied(mapped: Daemon) -> None:
    review(mapped.pipeline, "ann.xlsx", {"Police Officer": "confirm"})
    apply(mapped)
    sheet = opened(workbook(mapped.pipeline))
    shown = {str(sheet.cell(row, place(sheet, Column.BEFORE)).value) for row in range(2, sheet.max_row + 1)}
    assert any(text.startswith("Confirmed by Ann") for text in shown)
    (upload,) = mapped.pipeline.uploads.all()
    for asset in ("review_workbook", "mapping_report"):
        event = mapped.instance.get_latest_materialization_event(dg.AssetKey(asset))
        assert event is not None
        assert event.asset_materialization is not None
        assert event.asset_materialization.partition == upload.key
        assert told(mapped, asset)["because"] == "reviewers decided"


def test_the_same_files_are_asked_for_once_an_hour_and_not_while_a_run_is_under_way(mapped: Daemon) -> None:
    review(mapped.pipeline, "ann.xlsx", {"Police Officer": "confirm"})
    (first,), (again,) = mapped.tick(SENSOR), mapped.tick(SENSOR)
    assert str(first.run_key)[:24] == str(again.run_key)[:24]
    mapped.record(dg.RunRequest(run_key="x", job_name="import_reviews"), dg.DagsterRunStatus.STARTED)
    assert mapped.tick(SENSOR) == ()


def test_rows_left_out_are_a_warning_that_names_the_file(mapped: Daemon) -> None:
    before = workbook(mapped.pipeline)
    review(mapped.pipeline, "ann.xlsx", {"Police Officer": "confirm"})
    apply(mapped)
    decisions = {"Police Officer": "29-1141.00", "zzqx": "perhaps"}
    review(mapped.pipeline, "bob.xlsx", decisions, by="Bob", written=before)
    checks = {check.check_name: check for check in apply(mapped).get_asset_check_evaluations()}
    left_out = checks["no_reviewed_row_is_left_out"]
    assert (left_out.passed, left_out.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert "| bob.xlsx | 1 | 1 |" in str(left_out.metadata["first"].value)
    assert checks["no_confirmed_code_is_retired"].passed
    assert (Path(mapped.pipeline.settings.reviews) / "bob.result.xlsx").is_file()


def test_a_file_that_cannot_be_read_fails_neither_the_run_nor_the_others(mapped: Daemon) -> None:
    review(mapped.pipeline, "ann.xlsx", {"Police Officer": "confirm"})
    bad = Path(mapped.pipeline.settings.reviews) / "notes.csv"
    bad.write_text("a,b\n1,2\n", encoding="utf-8")
    os.utime(bad, (SETTLED, SETTLED))
    apply(mapped)
    decisions = told(mapped, "review_decisions")
    assert decisions["applied"] == 1
    assert "notes.csv" in str(decisions["unreadable"])
    assert mapped.tick(SENSOR) == ()


def test_a_folder_that_is_not_there_fails_the_tick(mapped: Daemon) -> None:
    shutil.rmtree(mapped.pipeline.settings.reviews)
    with pytest.raises(ReviewsUnlisted):
        mapped.tick(SENSOR)


def test_reviews_wait_for_the_first_release(instance: dg.DagsterInstance, empty: Pipeline) -> None:
    path = Path(empty.settings.reviews) / "ann.csv"
    path.write_text("Role,Decision,Reference\n", encoding="utf-8")
    os.utime(path, (SETTLED, SETTLED))
    assert Daemon(instance, empty).tick(SENSOR) == ()
