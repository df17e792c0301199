from pathlib import Path

import pytest

from onet_pipeline.errors import ArchiveRefused, TableRefused
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.steps.sync import sync_release
from onet_pipeline.store.records import SyncStatus
from onet_pipeline_tests.support.releases import small_release


def test_a_sync_says_which_release_it_loaded_and_what_it_holds(pipeline: Pipeline, tmp_path: Path) -> None:
    record = sync_release(pipeline, str(small_release("30.1").write_zip(tmp_path)))
    assert (record.version, record.status) == ("30.1", SyncStatus.SUCCESS)
    assert record.occupation_count == pipeline.occupations.count() == 5
    assert record.source
    assert record.source.endswith("db_30_1_text.zip")
    assert pipeline.occupations.latest_sync() == record


def test_loading_the_same_release_again_writes_no_row(pipeline: Pipeline, tmp_path: Path) -> None:
    path = str(small_release("30.1").write_zip(tmp_path))
    first = sync_release(pipeline, path)
    again = sync_release(pipeline, path)
    assert first.rows_written
    assert again.rows_written == 0
    assert again.content_sha256 == first.content_sha256


def test_a_release_read_back_from_the_database_is_the_one_that_was_loaded(pipeline: Pipeline, tmp_path: Path) -> None:
    from onet_pipeline.onet.release import content_sha256

    record = sync_release(pipeline, str(small_release("30.1").write_zip(tmp_path)))
    held = pipeline.occupations.load_release()
    tables = (held.occupations, held.alternate_titles, held.tasks, held.related_occupations)
    assert content_sha256(*tables) == record.content_sha256


def test_a_truncated_archive_leaves_the_old_release_and_one_failed_row(pipeline: Pipeline, tmp_path: Path) -> None:
    sync_release(pipeline, str(small_release("30.1").write_zip(tmp_path)))
    damaged = tmp_path / "db_30_2_text.zip"
    damaged.write_bytes(small_release("30.2").zip_bytes()[:400])
    with pytest.raises(ArchiveRefused, match=r"db_30_2_text\.zip"):
        sync_release(pipeline, str(damaged))
    newest, *rest = pipeline.occupations.syncs()
    assert newest.status is SyncStatus.FAILED
    assert newest.error
    assert [sync.version for sync in rest] == ["30.1"]
    assert pipeline.occupations.count() == 5


def test_a_release_with_a_missing_table_is_logged_under_its_own_version(pipeline: Pipeline, tmp_path: Path) -> None:
    release = small_release("30.2").with_member("Task Statements.txt", None)
    with pytest.raises(TableRefused, match="Task Statements"):
        sync_release(pipeline, str(release.write_zip(tmp_path)))
    (newest,) = pipeline.occupations.syncs()
    assert (newest.version, newest.status) == ("30.2", SyncStatus.FAILED)
    assert pipeline.occupations.latest_sync() is None
