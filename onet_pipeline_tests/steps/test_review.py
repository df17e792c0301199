"""Review through the steps: a workbook out, decisions back, on both databases."""

import io
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import openpyxl  # type: ignore[import-untyped]
import pytest

from onet_pipeline.errors import (
    NoRelease,
    ReviewError,
    ReviewsUnlisted,
    ReviewUnreadable,
    SettingsError,
    UploadUnreadable,
)
from onet_pipeline.roles.records import ConfidenceTier, Role
from onet_pipeline.settings import Settings
from onet_pipeline.steps.mapping import map_upload
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.steps.report import report_folder
from onet_pipeline.steps.review import export_review, import_review
from onet_pipeline.steps.review_bulk import Bulk, bulk_candidates, confirm_bulk
from onet_pipeline.steps.review_folder import apply_waiting_reviews, reviews_folder, waiting_reviews
from onet_pipeline.steps.review_status import read_review_status
from onet_pipeline.store.records import Mapping as RoleMapping
from onet_pipeline.store.records import RoleCounts, SeenUpload
from onet_pipeline.store.review_records import Verdict
from onet_pipeline_tests.support.orchestration import SETTLED
from onet_pipeline_tests.support.processes import run_together
from onet_pipeline_tests.support.reviews import decided

ROLES = ("Police Officer", "Registered Nurses", "zzqx")


@pytest.fixture
def city(synced: Pipeline) -> Iterator[Pipeline]:
    """A pipeline with one upload mapped and a folder for reviews."""
    upload(synced, "city")
    (synced.settings.root / "reviews").mkdir()
    pipeline = Pipeline(synced.settings.model_copy(update={"reviews": str(synced.settings.root / "reviews")}))
    yield pipeline
    pipeline.close()


def upload(pipeline: Pipeline, key: str, *roles: str, folder: str = "hr") -> None:
    pipeline.uploads.register([SeenUpload(key, f"{folder}/{key}.csv", 100, None, "a" * 64)])
    read = [Role(title, 2) for title in roles or ROLES]
    counts = RoleCounts(2 * len(read))
    pipeline.uploads.save_roles(key, read, counts=counts, roles_sha256="r", role_column="Job Title")
    map_upload(pipeline, key)


def of_role(pipeline: Pipeline, role: str, key: str = "city") -> RoleMapping:
    (found,) = (each for each in pipeline.mappings.mappings(key) if each.source_role == role)
    return found


def drop(pipeline: Pipeline, name: str, content: bytes) -> Path:
    path = Path(pipeline.settings.reviews) / name
    path.write_bytes(content)
    os.utime(path, (SETTLED, SETTLED + len(content)))
    return path


def reviewed(pipeline: Pipeline, decisions: Mapping[str, str], **signed: str) -> bytes:
    return decided(export_review(pipeline, "city").read_bytes(), decisions, **signed)


def result_rows(path: str | None) -> dict[str, tuple[str, str]]:
    assert path
    rows = openpyxl.load_workbook(io.BytesIO(Path(path).read_bytes()))["Result"].iter_rows(min_row=4, values_only=True)
    return {row[1]: (row[4], row[5]) for row in rows}


def test_a_workbook_is_written_beside_the_report_or_where_one_says(city: Pipeline, tmp_path: Path) -> None:
    assert export_review(city, "city") == report_folder(city.settings, "city") / "review.xlsx"
    assert export_review(city, "city", tmp_path / "here.xlsx").stat().st_size > 5_000


def test_a_workbook_that_somebody_edits_in_place_is_kept_until_it_is_brought_back(city: Pipeline) -> None:
    path = export_review(city, "city")
    edited = decided(path.read_bytes(), {"Police Officer": "confirm"})
    path.write_bytes(edited)
    export_review(city, "city")
    (kept,) = path.parent.glob("review edited *.xlsx")
    assert kept.read_bytes() == edited
    assert import_review(city, kept).file.applied == 1
    path.write_bytes(edited)
    export_review(city, "city")
    assert len(list(path.parent.glob("review*.xlsx"))) == 3, "workbook, the edited one, its result"


def test_an_upload_that_is_unknown_or_not_mapped_yet_has_no_workbook(city: Pipeline) -> None:
    with pytest.raises(UploadUnreadable, match="nowhere"):
        export_review(city, "nowhere")
    city.uploads.register([SeenUpload("new", "new.csv", 100, None, "b" * 64)])
    with pytest.raises(ReviewError, match=r"new\.csv"):
        export_review(city, "new")


def test_decisions_are_applied_with_who_when_and_from_which_file(city: Pipeline) -> None:
    decisions = {"Police Officer": "confirm", "Registered Nurses": "33-3051.00", "zzqx": "none of these"}
    path = drop(city, "ann.xlsx", reviewed(city, decisions, comment="seen"))
    imported = import_review(city, path)
    assert (imported.file.applied, imported.file.faults, imported.file.upload_key) == (3, 0, "city")
    police, nurse, nothing = (of_role(city, role) for role in ROLES)
    assert (police.user_confirmed, police.settled_code) == (True, police.onet_code)
    assert (nurse.settled_code, nurse.settled_title) == ("33-3051.00", "Police and Sheriff's Patrol Officers")
    assert (nothing.user_confirmed, nothing.settled_code) == (True, None)
    assert (nurse.confirmed_by, nurse.confirmed_comment) == ("Ann", "seen")
    history = city.reviews.decisions()
    assert {each.verdict for each in history} == {Verdict.CONFIRM, Verdict.CHANGE, Verdict.NONE_FITS}
    assert {(each.file_name, each.file_sha256) for each in history} == {("ann.xlsx", imported.file.sha256)}
    assert {each.decided_at.timestamp() for each in history} == {path.stat().st_mtime}


def test_rows_that_do_not_fit_are_told_row_by_row_and_the_others_applied(city: Pipeline) -> None:
    decisions = {"Police Officer": "confirm", "Registered Nurses": "99-9999.00", "zzqx": "perhaps"}
    imported = import_review(city, drop(city, "ann.xlsx", reviewed(city, decisions)))
    assert (imported.file.applied, imported.file.faults) == (1, 2)
    assert imported.result == str(Path(city.settings.reviews) / "ann.result.xlsx")
    told = result_rows(imported.result)
    assert told["Police Officer"][0] == "applied"
    assert told["Registered Nurses"] == (
        "refused",
        "99-9999.00 is not in O*NET 0.1, retired or mistyped: choose another code.",
    )
    assert told["zzqx"][0] == "refused"
    assert not of_role(city, "zzqx").user_confirmed


def test_the_same_file_twice_changes_nothing_whatever_its_name(city: Pipeline) -> None:
    content = reviewed(city, {"Police Officer": "reject"})
    first = import_review(city, drop(city, "ann.xlsx", content))
    second = import_review(city, drop(city, "copy.xlsx", content))
    assert (first.known, second.known, second.result) == (False, True, None)
    assert second.file.name == "ann.xlsx"
    assert len(city.reviews.decisions()) == len(city.reviews.files()) == 1


def test_the_second_of_two_reviewers_who_differ_is_told_and_nothing_is_overwritten(city: Pipeline) -> None:
    written = export_review(city, "city").read_bytes()
    ann = decided(written, {"Police Officer": "confirm", "zzqx": "none of these"}, reviewer="Ann")
    bob = decided(written, {"Police Officer": "29-1141.00", "zzqx": "none of these"}, reviewer="Bob")
    import_review(city, drop(city, "ann.xlsx", ann))
    imported = import_review(city, drop(city, "bob.xlsx", bob))
    assert (imported.file.applied, imported.file.unchanged, imported.file.conflicts) == (0, 1, 1)
    assert "Ann chose 33-3051.00" in result_rows(imported.result)["Police Officer"][1]
    assert of_role(city, "Police Officer").confirmed_by == "Ann"
    seen = decided(export_review(city, "city").read_bytes(), {"Police Officer": "29-1141.00"}, reviewer="Bob")
    assert import_review(city, drop(city, "bob again.xlsx", seen)).file.applied == 1


def test_a_file_that_is_no_review_is_noted_and_told_once(city: Pipeline) -> None:
    drop(city, "notes.csv", b"a,b\n1,2\n")
    applied = apply_waiting_reviews(city)
    ((path, reason),) = applied.unreadable
    assert (path, "hidden columns" in reason) == ("notes.csv", True)
    assert waiting_reviews(city) == ()
    assert [file.reason for file in read_review_status(city).troubled] == [reason]
    with pytest.raises(ReviewUnreadable):
        import_review(city, Path(city.settings.reviews) / "notes.csv")


def test_each_file_of_the_folder_is_applied_once_and_results_are_none_of_them(city: Pipeline) -> None:
    written = export_review(city, "city").read_bytes()
    drop(city, "ann.xlsx", decided(written, {"Police Officer": "confirm"}))
    drop(city, "copy.xlsx", decided(written, {"zzqx": "perhaps"}))
    applied = apply_waiting_reviews(city)
    assert sorted(each.file.name for each in applied.imported) == ["ann.xlsx", "copy.xlsx"]
    assert len(list(Path(city.settings.reviews).iterdir())) == 4
    assert waiting_reviews(city) == ()
    drop(city, "same.xlsx", (Path(city.settings.reviews) / "ann.xlsx").read_bytes())
    assert waiting_reviews(city) == ()


def test_a_file_that_is_still_being_written_waits(city: Pipeline) -> None:
    (Path(city.settings.reviews) / "new.xlsx").write_bytes(b"half")
    assert waiting_reviews(city) == ()


def test_nothing_is_applied_that_no_result_can_tell_of(city: Pipeline) -> None:
    written = drop(city, "ann.xlsx", reviewed(city, {"zzqx": "29-1141.00"}))
    beside = written.with_name("ann.result.xlsx")
    beside.mkdir()
    city.results.write_bytes(b"no folder")
    with pytest.raises(SettingsError, match="cannot be written"):
        import_review(city, written)
    assert (city.reviews.files(), of_role(city, "zzqx").user_confirmed) == ((), False)
    beside.rmdir()
    result = import_review(city, written).result
    assert result_rows(result)["zzqx"][0] == "applied"
    assert of_role(city, "zzqx").user_confirmed


def test_a_missing_folder_is_an_error_and_not_an_empty_folder(city: Pipeline) -> None:
    Path(city.settings.reviews).rmdir()
    with pytest.raises(ReviewsUnlisted, match="ONET_REVIEWS"):
        waiting_reviews(city)


def test_without_a_release_nothing_can_be_judged(pipeline: Pipeline, tmp_path: Path) -> None:
    path = tmp_path / "ann.xlsx"
    path.write_bytes(b"x")
    with pytest.raises(NoRelease):
        import_review(pipeline, path)


def test_a_run_overwrites_no_confirmation_and_leaves_a_rejection(city: Pipeline) -> None:
    import_review(city, drop(city, "ann.xlsx", reviewed(city, {"Police Officer": "29-1141.00", "zzqx": "reject"})))
    before = of_role(city, "Police Officer")
    map_upload(city, "city", fresh=True)
    assert of_role(city, "Police Officer") == before
    nothing = of_role(city, "zzqx")
    assert nothing.is_rejected or nothing.onet_code is None


def test_all_high_ones_are_confirmed_together_and_marked(city: Pipeline) -> None:
    candidates = bulk_candidates(city, "city", Bulk.HIGH)
    assert candidates
    assert {each.confidence for each in candidates} == {ConfidenceTier.HIGH}
    assert confirm_bulk(city, "city", Bulk.HIGH, reviewer="Ann") == len(candidates)
    assert bulk_candidates(city, "city", Bulk.HIGH) == ()
    assert all(each.bulk for each in city.reviews.decisions())
    assert read_review_status(city).accuracies == (), "nobody looked at them one by one"


def test_an_exact_title_is_one_of_its_occupation_and_of_no_other(synced: Pipeline) -> None:
    upload(synced, "titles", "Registered Nurses", "registered nurses", "Registered Nurse of the Night")
    exact = {each.source_role for each in bulk_candidates(synced, "titles", Bulk.EXACT)}
    assert exact == {"Registered Nurses", "registered nurses"}


def test_nothing_is_confirmed_in_bulk_that_was_rejected(city: Pipeline) -> None:
    import_review(city, drop(city, "ann.xlsx", reviewed(city, {"Registered Nurses": "reject"})))
    assert "Registered Nurses" not in {each.source_role for each in bulk_candidates(city, "city", Bulk.EXACT)}


def test_status_tells_what_waits_per_upload(city: Pipeline) -> None:
    import_review(
        city, drop(city, "ann.xlsx", reviewed(city, {"Police Officer": "confirm", "Registered Nurses": "reject"}))
    )
    status = read_review_status(city)
    (of_city,) = status.uploads
    assert (of_city.roles, of_city.confirmed, of_city.rejected, sum(of_city.waiting.values())) == (3, 1, 1, 1)
    assert {each.mapper for each in status.accuracies} == {"lexical"}
    assert sum(each.share.n for each in status.accuracies) == 2
    assert sum(each.share.hits for each in status.accuracies) == 1


def test_the_folder_of_reviews_may_be_an_address(city: Pipeline) -> None:
    pipeline = Pipeline(city.settings.model_copy(update={"reviews": "memory://reviews"}))
    folder = reviews_folder(pipeline.settings)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ann.xlsx").write_bytes(reviewed(city, {"Police Officer": "confirm", "zzqx": "perhaps"}))
    (imported,) = apply_waiting_reviews(pipeline).imported
    assert (imported.file.applied, imported.file.faults) == (1, 1)
    assert (folder / "ann.result.xlsx").exists()
    assert waiting_reviews(pipeline) == ()
    pipeline.close()


def import_one(_number: int, settings: Settings, path: Path) -> None:
    pipeline = Pipeline(settings)
    import_review(pipeline, path)
    pipeline.close()


def test_processes_that_import_the_same_file_apply_it_once(city: Pipeline) -> None:
    path = drop(city, "ann.xlsx", reviewed(city, {"Police Officer": "confirm", "zzqx": "none of these"}))
    assert run_together(4, import_one, city.settings, path) == []
    assert len(city.reviews.decisions()) == 2
    assert len(city.reviews.files()) == 1
