"""What a release changed, and the mappings that lose their occupation by it."""

from pathlib import Path

import dagster as dg
import pytest

from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline_tests.support.orchestration import Daemon, drop
from onet_pipeline_tests.support.releases import SmallRelease, small_release

CODERS = "15-1252.00"
OLDER = small_release("0.2").with_titles((CODERS, "Code | Wrangler"))
NEWER = small_release("0.3").without_occupation(CODERS)


def sync(daemon: Daemon, release: SmallRelease, folder: Path) -> dg.ExecuteInProcessResult:
    fetched = {"release": str(release.write_zip(folder))}
    result = daemon.run_job("sync_onet", {"ops": {"onet_release_archive": {"config": fetched}}})
    assert result.success
    return result


def told(daemon: Daemon) -> dict[str, object]:
    event = daemon.instance.get_latest_materialization_event(dg.AssetKey("release_changes"))
    assert event is not None
    assert event.asset_materialization is not None
    return {name: value.value for name, value in event.asset_materialization.metadata.items()}


def check(result: dg.ExecuteInProcessResult) -> dg.AssetCheckEvaluation:
    (found,) = (
        each for each in result.get_asset_check_evaluations() if each.check_name == "no_mapping_has_lost_its_occupation"
    )
    return found


@pytest.fixture
def mapped(instance: dg.DagsterInstance, empty: Pipeline, tmp_path: Path) -> Daemon:
    daemon = Daemon(instance, empty)
    assert check(sync(daemon, OLDER, tmp_path)).passed
    drop(empty, "staff.csv", "Software Engineer", "Staff Nurse")
    (request,) = daemon.tick()
    assert daemon.run(request).success
    return daemon


def test_the_first_release_has_nothing_to_be_compared_with(mapped: Daemon) -> None:
    assert "there is none" in str(told(mapped)["release"])


def test_a_sync_tells_what_the_release_changed_and_which_mappings_it_concerns(mapped: Daemon, tmp_path: Path) -> None:
    assert not check(sync(mapped, NEWER, tmp_path)).passed
    metadata = told(mapped)
    assert metadata["release"] == "from 0.2 to 0.3"
    assert (metadata["occupations_removed"], metadata["occupations_added"], metadata["titles_removed"]) == (1, 0, 3)
    assert f"| {CODERS} | Software Developers |" in str(metadata["first_occupations_removed"])
    assert "Code \\| Wrangler" in str(metadata["first_titles_removed"])
    assert "first_occupations_added" not in metadata
    assert metadata["mappings_whose_code_has_gone"] == 1
    assert "Software Engineer" in str(metadata["mappings"])
    assert "Staff Nurse" not in str(metadata["mappings"])


def test_the_warning_lasts_until_the_mappings_are_of_the_current_release(mapped: Daemon, tmp_path: Path) -> None:
    warned = check(sync(mapped, NEWER, tmp_path))
    assert warned.severity is dg.AssetCheckSeverity.WARN
    assert "Software Engineer" in str(warned.metadata["first"].value)
    assert not check(mapped.run_job("check_uploads")).passed
    (request,) = mapped.tick()
    mapped.run(request)
    assert check(mapped.run_job("check_uploads")).passed


def test_an_older_release_is_told_as_a_rollback(mapped: Daemon, tmp_path: Path) -> None:
    sync(mapped, NEWER, tmp_path)
    assert check(sync(mapped, OLDER, tmp_path)).passed
    metadata = told(mapped)
    assert metadata["release"] == "rolled back from 0.3 to 0.2"
    assert metadata["occupations_added"] == 1


def test_the_same_release_again_leaves_what_was_told(mapped: Daemon, tmp_path: Path) -> None:
    sync(mapped, NEWER, tmp_path)
    before = told(mapped)
    sync(mapped, NEWER, tmp_path)
    assert told(mapped) == before
