from pathlib import Path

import dagster as dg

from onet_pipeline.orchestration.assets.evaluation import KEY, history
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline_tests.support.orchestration import Daemon
from onet_pipeline_tests.support.releases import small_release


def sync(daemon: Daemon, release: Path | None = None) -> dg.ExecuteInProcessResult:
    config: dict[str, object] | None = None
    if release:
        config = {"ops": {"onet_release_archive": {"config": {"release": str(release)}}}}
    return daemon.run_job("sync_onet", config)


def verdict(result: dg.ExecuteInProcessResult) -> dg.AssetCheckEvaluation:
    (found,) = [each for each in result.get_asset_check_evaluations() if each.check_name == "recall_has_not_fallen"]
    return found


def test_a_sync_scores_the_shipped_titles_and_draws_their_history(
    instance: dg.DagsterInstance, empty: Pipeline
) -> None:
    assert sync(Daemon(instance, empty)).success
    (record,) = instance.fetch_materializations(KEY, limit=5).records
    assert record.asset_materialization
    metadata = record.asset_materialization.metadata
    share = metadata["recall_at_20 job_titles.tsv"].value
    assert isinstance(share, float)
    assert 0.3 < share < 1
    assert "data:image/png;base64," in str(metadata["history"].value)
    (told,) = history(instance)
    assert told.low < told.value < told.high


def test_a_release_with_which_recall_falls_is_warned_of(
    instance: dg.DagsterInstance, empty: Pipeline, tmp_path: Path
) -> None:
    daemon = Daemon(instance, empty)
    assert verdict(sync(daemon)).passed
    fallen = verdict(sync(daemon, small_release("0.2").write_zip(tmp_path)))
    assert not fallen.passed
    assert fallen.severity is dg.AssetCheckSeverity.WARN
    assert fallen.description
    assert "job_titles.tsv" in fallen.description


def test_the_same_release_again_is_not_compared_with_itself(instance: dg.DagsterInstance, empty: Pipeline) -> None:
    daemon = Daemon(instance, empty)
    sync(daemon)
    again = verdict(sync(daemon))
    assert again.passed
    assert again.metadata["compared"].value == "none"
