import os
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from upath import UPath

from onet_pipeline.errors import (
    RoleColumnUnknown,
    UploadOptionsRefused,
    UploadsUnlisted,
    UploadUnavailable,
    UploadUnreadable,
)
from onet_pipeline.settings import Settings
from onet_pipeline.steps import uploads
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.steps.upload_folder import MOST_NESTED, list_uploads, upload_key
from onet_pipeline.steps.uploads import place_upload, read_roles, register_uploads
from onet_pipeline.store.database import Database
from onet_pipeline.store.records import SeenUpload, UploadStatus

STAFF = "Name,Job Title,Dept\nAda,Nurse,North\nBo,Cook,South\nCy,Nurse,East\n"
KEY = upload_key("staff.csv")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "uploads").mkdir()
    return tmp_path / "uploads"


@pytest.fixture
def pipeline(database: Database, folder: Path) -> Pipeline:
    return pipeline_of(database, str(folder))


@pytest.fixture
def bucket() -> Iterator[UPath]:
    place = UPath(f"memory://{uuid4()}")
    place.mkdir()
    yield place
    place.fs.rm(place.path, recursive=True)


def pipeline_of(database: Database, folder: str, role_column: str | None = None) -> Pipeline:
    made = Pipeline(Settings(uploads=folder, role_column=role_column))
    vars(made)["database"] = database
    return made


def write(path: Path, text: str = STAFF, age: float = 60) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    touch(path, age)


def touch(path: Path, age: float) -> None:
    os.utime(path, (time.time() - age, time.time() - age))


def statuses(pipeline: Pipeline) -> dict[str, str]:
    return {upload.path: upload.status.value for upload in pipeline.uploads.all()}


@given(path=st.text(min_size=1, max_size=300))
def test_a_key_is_made_of_few_signs_is_bounded_and_tells_paths_apart(path: str) -> None:
    key = upload_key(path)
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]{0,79}", key)
    assert key == upload_key(path)
    assert key != upload_key(path + "x")


def test_a_key_is_the_same_however_the_system_composes_accents() -> None:
    assert upload_key("B\u00fcro.csv") == upload_key("Bu\u0308ro.csv") != upload_key("Buro.csv")


def test_uploads_are_listed_in_all_folders_and_nothing_else_is(folder: Path) -> None:
    for name in ("a.csv", "north/b.XLSX", "north/deep/c.parquet", "d.txt"):
        write(folder / name)
    for name in (
        ".hidden.csv",
        ".git/x.csv",
        "~$a.xlsx",
        "b.csv.part",
        "c.tmp",
        "d.crdownload",
        "README.txt",
        "a.csv.yaml",
        "z.pdf",
    ):
        write(folder / name)
    assert [each.file.path for each in list_uploads(UPath(folder))] == [
        "a.csv",
        "d.txt",
        "north/b.XLSX",
        "north/deep/c.parquet",
    ]


def test_a_folder_that_is_not_there_is_not_an_empty_one(pipeline: Pipeline, folder: Path) -> None:
    write(folder / "staff.csv")
    register_uploads(pipeline)
    folder.rename(folder.with_name("elsewhere"))
    with pytest.raises(UploadsUnlisted, match=r"cannot be listed: FileNotFoundError\. Check ONET_UPLOADS"):
        register_uploads(pipeline)
    assert statuses(pipeline) == {"staff.csv": "seen"}


def test_a_file_in_place_of_the_folder_is_not_an_empty_one(tmp_path: Path) -> None:
    write(tmp_path / "uploads")
    with pytest.raises(UploadsUnlisted, match="NotADirectoryError"):
        list_uploads(UPath(tmp_path / "uploads"))


def test_a_folder_within_that_cannot_be_listed_fails_the_whole(bucket: UPath, monkeypatch: pytest.MonkeyPatch) -> None:
    (bucket / "north" / "a.csv").write_bytes(b"x")
    whole = bucket.fs.ls

    def refusing(path: str, detail: bool = True) -> object:
        if "north" in path:
            raise PermissionError(path)
        return whole(path, detail=detail)

    monkeypatch.setattr(bucket.fs, "ls", refusing)
    with pytest.raises(UploadsUnlisted, match="PermissionError"):
        list_uploads(bucket)


def test_a_link_that_leads_back_ends_with_an_error(folder: Path) -> None:
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    with pytest.raises(UploadsUnlisted, match="RecursionError"):
        list_uploads(UPath(folder))
    assert MOST_NESTED < 40


def test_linked_files_count_as_what_they_lead_to_and_dangling_ones_do_not(folder: Path, tmp_path: Path) -> None:
    write(tmp_path / "data.csv", age=500)
    (folder / "staff.csv").symlink_to(tmp_path / "data.csv")
    (folder / "dangling.csv").symlink_to(tmp_path / "nothing.csv")
    (upload,) = list_uploads(UPath(folder))
    assert (upload.file.path, upload.file.size) == ("staff.csv", len(STAFF))
    assert upload.file.modified_at
    assert upload.file.modified_at < datetime.now(UTC) - timedelta(seconds=400)


def test_an_address_whose_package_is_missing_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "s3fs", None)
    with pytest.raises(UploadsUnlisted, match="need a package that is not installed"):
        list_uploads(UPath("s3://bucket/uploads"))


def test_a_new_file_is_seen_a_changed_one_again_and_a_removed_one_withdrawn(pipeline: Pipeline, folder: Path) -> None:
    write(folder / "staff.csv")
    assert register_uploads(pipeline).changed == 1
    before = pipeline.uploads.get(KEY)
    assert register_uploads(pipeline).changed == 0
    write(folder / "staff.csv", STAFF + "Di,Dean,West\n", age=30)
    assert register_uploads(pipeline).changed == 1
    after = pipeline.uploads.get(KEY)
    assert before
    assert after
    assert (after.content_sha256 != before.content_sha256, after.status) == (True, UploadStatus.SEEN)
    (folder / "staff.csv").unlink()
    assert register_uploads(pipeline).withdrawn == ("staff.csv",)
    assert register_uploads(pipeline).withdrawn == ()
    assert statuses(pipeline) == {"staff.csv": "withdrawn"}


def test_a_scan_returns_the_registry_as_it_left_it(pipeline: Pipeline, folder: Path) -> None:
    def scanned() -> bool:
        return register_uploads(pipeline).registered == pipeline.uploads.all()

    assert scanned()
    write(folder / "staff.csv")
    assert scanned()
    assert scanned()
    (folder / "staff.csv").unlink()
    assert scanned()


def test_a_file_given_from_elsewhere_is_not_withdrawn_by_a_scan(pipeline: Pipeline) -> None:
    pipeline.uploads.register([SeenUpload("given", "/home/ada/staff.csv", 1, None, "content")])
    assert register_uploads(pipeline).withdrawn == ()
    assert statuses(pipeline) == {"/home/ada/staff.csv": "seen"}


def test_a_file_that_comes_back_is_seen_again(pipeline: Pipeline, folder: Path) -> None:
    write(folder / "staff.csv")
    register_uploads(pipeline)
    (folder / "staff.csv").rename(folder / "staff.away")
    register_uploads(pipeline)
    (folder / "staff.away").rename(folder / "staff.csv")
    register_uploads(pipeline)
    assert statuses(pipeline) == {"staff.csv": "seen"}


def test_a_file_touched_without_change_stays_what_it_was(pipeline: Pipeline, folder: Path) -> None:
    write(folder / "staff.csv")
    register_uploads(pipeline)
    before = pipeline.uploads.get(KEY)
    touch(folder / "staff.csv", 20)
    register_uploads(pipeline)
    after = pipeline.uploads.get(KEY)
    assert before
    assert after
    assert (after.content_sha256, after.seen_at) == (before.content_sha256, before.seen_at)


def test_a_file_still_being_written_waits_until_it_is_older(pipeline: Pipeline, folder: Path) -> None:
    write(folder / "staff.csv", age=1)
    assert register_uploads(pipeline).unsettled == ("staff.csv",)
    assert statuses(pipeline) == {"staff.csv": "unsettled"}
    assert register_uploads(pipeline, now=datetime.now(UTC) + timedelta(seconds=10)).unsettled == ()
    assert statuses(pipeline) == {"staff.csv": "seen"}


def test_a_file_from_a_clock_that_is_ahead_settles_when_two_scans_agree(pipeline: Pipeline, folder: Path) -> None:
    write(folder / "staff.csv", age=-3600)
    assert register_uploads(pipeline).unsettled == ("staff.csv",)
    assert register_uploads(pipeline).unsettled == ()


def test_unchanged_files_are_not_read(pipeline: Pipeline, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(folder / "staff.csv")
    register_uploads(pipeline)
    monkeypatch.setattr(uploads, "_sha256", lambda _: pytest.fail("an unchanged file was read"))
    assert register_uploads(pipeline).changed == 0


def test_what_one_scan_may_not_hash_waits_for_the_next(
    pipeline: Pipeline, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MOST_HASHED_BYTES", 10)
    for name in ("a.csv", "b.csv", "c.csv"):
        write(folder / name)
    assert [len(register_uploads(pipeline).unsettled) for _ in range(4)] == [2, 1, 0, 0]


def test_a_change_of_any_yaml_that_applies_is_a_change_of_the_upload(pipeline: Pipeline, folder: Path) -> None:
    write(folder / "north/staff.csv")
    write(folder / "other.csv")
    register_uploads(pipeline)
    for place in ("_uploads.yaml", "north/_uploads.yaml", "north/staff.csv.yaml"):
        write(folder / place, "role_column: Job Title\n")
        scan = register_uploads(pipeline)
        assert scan.changed == (2 if place == "_uploads.yaml" else 1)
        (folder / place).unlink()
        assert register_uploads(pipeline).changed == scan.changed


def test_a_change_of_the_settings_is_a_change_of_every_upload(database: Database, folder: Path) -> None:
    write(folder / "staff.csv")
    register_uploads(pipeline_of(database, str(folder)))
    assert register_uploads(pipeline_of(database, str(folder), role_column="Dept")).changed == 1
    assert register_uploads(pipeline_of(database, str(folder), role_column="Dept")).changed == 0


def test_roles_are_read_and_saved_with_their_counts(pipeline: Pipeline, folder: Path) -> None:
    write(folder / "staff.csv", STAFF + "Di,,West\nTotal,,\n")
    register_uploads(pipeline)
    sheet = read_roles(pipeline, KEY)
    upload = pipeline.uploads.get(KEY)
    assert upload
    assert pipeline.uploads.roles(KEY) == sheet.roles
    assert (upload.row_count, upload.blank_count, upload.totals_count, upload.role_count) == (4, 1, 1, 2)
    assert upload.role_column == "Job Title"


def test_the_nearest_yaml_has_the_last_word(database: Database, folder: Path) -> None:
    write(folder / "north/staff.csv")
    write(folder / "_uploads.yaml", "role_column: Name\ncontext_columns: [Dept]\n")
    write(folder / "north/staff.csv.yaml", "role_column: Job Title\n")
    pipeline = pipeline_of(database, str(folder), role_column="Dept")
    register_uploads(pipeline)
    sheet = read_roles(pipeline, upload_key("north/staff.csv"))
    assert (sheet.column, sheet.roles[0].context) == ("Job Title", (("Dept", "East; North"),))


def test_a_bad_upload_is_rejected_with_its_reason_until_it_changes(pipeline: Pipeline, folder: Path) -> None:
    write(folder / "staff.csv", "A,B\n1,2\n3,4\n")
    write(folder / "good.csv")
    register_uploads(pipeline)
    with pytest.raises(RoleColumnUnknown) as raised:
        read_roles(pipeline, KEY)
    register_uploads(pipeline)
    rejected = pipeline.uploads.get(KEY)
    assert rejected
    assert (rejected.status, rejected.reason) == (UploadStatus.REJECTED, str(raised.value))
    assert statuses(pipeline)["good.csv"] == "seen"
    write(folder / "staff.csv", age=30)
    register_uploads(pipeline)
    assert statuses(pipeline)["staff.csv"] == "seen"


def test_a_bad_yaml_rejects_its_upload_and_mending_it_brings_it_back(pipeline: Pipeline, folder: Path) -> None:
    write(folder / "staff.csv")
    write(folder / "staff.csv.yaml", "column: Job Title\n")
    register_uploads(pipeline)
    with pytest.raises(UploadOptionsRefused, match=r"staff\.csv\.yaml has keys that are not known: column"):
        read_roles(pipeline, KEY)
    assert statuses(pipeline) == {"staff.csv": "rejected"}
    write(folder / "staff.csv.yaml", "role_column: Job Title\n", age=30)
    register_uploads(pipeline)
    assert statuses(pipeline) == {"staff.csv": "seen"}


def test_a_file_that_cannot_be_had_now_is_not_rejected(pipeline: Pipeline, folder: Path) -> None:
    write(folder / "staff.csv")
    register_uploads(pipeline)
    (folder / "staff.csv").unlink()
    with pytest.raises(UploadUnavailable):
        read_roles(pipeline, KEY)
    assert statuses(pipeline) == {"staff.csv": "seen"}


def test_an_unknown_key_says_to_scan_first(pipeline: Pipeline) -> None:
    with pytest.raises(UploadUnreadable, match="No upload is registered as nobody"):
        read_roles(pipeline, "nobody")


def test_an_address_works_like_a_folder(database: Database, bucket: UPath) -> None:
    pipeline = pipeline_of(database, str(bucket))
    (bucket / "north" / "staff.csv").write_bytes(STAFF.encode())
    assert register_uploads(pipeline).unsettled == ()
    assert len(read_roles(pipeline, upload_key("north/staff.csv")).roles) == 2
    assert register_uploads(pipeline).changed == 0


def test_a_placed_file_is_settled_at_once_and_harms_no_other(pipeline: Pipeline, folder: Path, tmp_path: Path) -> None:
    write(tmp_path / "staff.csv", age=0)
    folder.rmdir()
    for _ in range(2):
        assert place_upload(pipeline, tmp_path / "staff.csv") == "staff.csv"
        assert register_uploads(pipeline).unsettled == ()
    write(tmp_path / "staff.csv", "Job Title\nDean\n")
    with pytest.raises(UploadUnreadable, match=r"Another staff\.csv lies in"):
        place_upload(pipeline, tmp_path / "staff.csv")
    assert (folder / "staff.csv").read_text() == STAFF
