"""Files of mappings, from the registry to the disk."""

import csv
import os
from pathlib import Path

import pytest

from onet_pipeline.errors import SettingsError, UploadUnavailable, UploadUnreadable
from onet_pipeline.steps.export import check_output, export_mappings, write_whole
from onet_pipeline.steps.given_files import register_file
from onet_pipeline.steps.mapping import map_upload
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.steps.report import write_report
from onet_pipeline.steps.review_bulk import Bulk, confirm_bulk
from onet_pipeline.steps.uploads import read_roles, register_uploads, registered_upload

STAFF = "Name;Job Title\nA;Police Officer\nB;\nC;Registered Nurse\n"


@pytest.fixture
def mapped(synced: Pipeline) -> Pipeline:
    upload = Path(synced.settings.uploads) / "city" / "staff.csv"
    upload.parent.mkdir()
    upload.write_text(STAFF, encoding="utf-8")
    os.utime(upload, (1_700_000_000, 1_700_000_000))
    register_uploads(synced)
    key = registered_upload(synced, "city/staff.csv").key
    read_roles(synced, key)
    map_upload(synced, key)
    return synced


def test_an_upload_is_found_by_its_key_and_by_its_path(mapped: Pipeline) -> None:
    upload = registered_upload(mapped, "city/staff.csv")
    assert registered_upload(mapped, upload.key) == upload
    with pytest.raises(UploadUnreadable, match="nowhere"):
        registered_upload(mapped, "nowhere")


def test_the_rows_of_a_registered_upload_are_written_with_its_delimiter(mapped: Pipeline, tmp_path: Path) -> None:
    path = export_mappings(mapped, registered_upload(mapped, "city/staff.csv").key, tmp_path / "out.csv", rows=True)
    rows = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines(), delimiter=";"))
    assert rows[1][:3] == ["A", "Police Officer", "33-3051.00"]
    assert rows[2] == ["B", "", "", "", ""]


def test_the_rows_of_a_given_file_are_read_with_the_column_that_was_named(synced: Pipeline, tmp_path: Path) -> None:
    file = tmp_path / "staff.csv"
    file.write_text("Position,Previous Position\nPolice Officer,Registered Nurse\n", encoding="utf-8")
    key, _ = register_file(synced, file, "Previous Position")
    map_upload(synced, key)
    path = export_mappings(synced, registered_upload(synced, str(file)).key, tmp_path / "out.tsv", rows=True)
    assert path.read_text(encoding="utf-8-sig").splitlines()[1].split("\t")[2] == "29-1141.00"


def test_rows_of_a_file_that_is_gone_are_refused_and_its_mappings_are_still_written(
    mapped: Pipeline, tmp_path: Path
) -> None:
    key = registered_upload(mapped, "city/staff.csv").key
    (Path(mapped.settings.uploads) / "city" / "staff.csv").unlink()
    with pytest.raises(UploadUnavailable, match=r"staff\.csv"):
        export_mappings(mapped, key, tmp_path / "rows.csv", rows=True)
    assert export_mappings(mapped, key, tmp_path / "mappings.csv").stat().st_size > 0
    assert not (tmp_path / "rows.csv").exists()


def test_the_formats_of_rows_and_of_mappings_are_told_apart(tmp_path: Path) -> None:
    assert check_output(tmp_path / "a.XLSX", rows=True)
    with pytest.raises(SettingsError, match="jsonl"):
        check_output(tmp_path / "a.xlsx")


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "result.csv"
    target.mkdir()
    with pytest.raises(SettingsError, match=r"result\.csv"):
        write_whole(target, b"new")
    assert target.is_dir()
    assert not list(tmp_path.glob(".*.part"))


def test_a_report_lies_in_the_folder_of_its_upload_with_its_tables(mapped: Pipeline) -> None:
    key = registered_upload(mapped, "city/staff.csv").key
    written = write_report(mapped, key)
    folder = mapped.settings.root / "reports" / key
    assert sorted(path.name for path in folder.iterdir()) == ["mappings.csv", "mappings.parquet", "report.html"]
    assert written.page == folder / "report.html"
    assert "Police Officer" in written.page.read_text(encoding="utf-8")


def test_a_report_written_again_of_the_same_mappings_is_the_same(mapped: Pipeline) -> None:
    key = registered_upload(mapped, "city/staff.csv").key
    first = write_report(mapped, key).page.read_bytes()
    assert write_report(mapped, key).page.read_bytes() == first


def test_what_is_reviewed_shows_in_the_report_that_is_there(mapped: Pipeline) -> None:
    key = registered_upload(mapped, "city/staff.csv").key
    page = write_report(mapped, key).page
    assert confirm_bulk(mapped, key, Bulk.HIGH, reviewer="Kim")
    assert "Confirmed by Kim" in page.read_text(encoding="utf-8")


def test_a_review_makes_no_report_where_there_was_none(mapped: Pipeline) -> None:
    key = registered_upload(mapped, "city/staff.csv").key
    confirm_bulk(mapped, key, Bulk.HIGH, reviewer="Kim")
    assert not (mapped.settings.root / "reports").exists()


def test_a_report_that_cannot_be_written_again_undoes_no_review(
    mapped: Pipeline, caplog: pytest.LogCaptureFixture
) -> None:
    key = registered_upload(mapped, "city/staff.csv").key
    page = write_report(mapped, key).page
    page.with_name("mappings.csv").unlink()
    page.with_name("mappings.csv").mkdir()
    assert confirm_bulk(mapped, key, Bulk.HIGH, reviewer="Kim")
    assert any(each.user_confirmed for each in mapped.mappings.mappings(key))
    assert "before the review" in caplog.text


def test_the_folder_of_reports_can_be_named(mapped: Pipeline, tmp_path: Path) -> None:
    elsewhere = Pipeline(mapped.settings.model_copy(update={"reports": tmp_path / "elsewhere"}))
    key = registered_upload(elsewhere, "city/staff.csv").key
    assert write_report(elsewhere, key).page == tmp_path / "elsewhere" / key / "report.html"
    elsewhere.close()
