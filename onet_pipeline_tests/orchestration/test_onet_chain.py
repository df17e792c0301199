"""The O*NET chain: archive, tables, index and the checks between them."""

import shutil
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from onet_pipeline.onet.source import sample_release_path
from onet_pipeline.orchestration.assets.release import ARCHIVE, TABLES
from onet_pipeline.orchestration.groups import ONET, SEARCH
from onet_pipeline.settings import Settings
from onet_pipeline.steps import plausibility
from onet_pipeline.steps.indexing import wanted_index_version
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.steps.sync import sync_release
from onet_pipeline_tests.support.mirror import Mirror
from onet_pipeline_tests.support.orchestration import Daemon
from onet_pipeline_tests.support.releases import small_release

CHAIN = (
    "onet_release_archive",
    "onet_occupations",
    "onet_alternate_titles",
    "onet_tasks",
    "release_changes",
    "search_index",
    "retrieval_evaluation",
)


def data_versions(result: dg.ExecuteInProcessResult) -> dict[str, str | None]:
    return {
        event.asset_key.to_user_string(): event.step_materialization_data.materialization.tags["dagster/data_version"]
        for event in result.get_asset_materialization_events()
        if event.asset_key and event.step_materialization_data.materialization.tags
    }


def failed_checks(result: dg.ExecuteInProcessResult) -> set[str]:
    return {check.check_name for check in result.get_asset_check_evaluations() if not check.passed}


def told(result: dg.ExecuteInProcessResult, asset: str) -> dict[str, object]:
    (event,) = [
        event.step_materialization_data.materialization
        for event in result.get_asset_materialization_events()
        if event.asset_key == dg.AssetKey(asset)
    ]
    return {name: value.value for name, value in event.metadata.items()}


def evaluated(
    daemon: Daemon, before: dg.EvaluateAutomationConditionsResult | None = None
) -> dg.EvaluateAutomationConditionsResult:
    return dg.evaluate_automation_conditions(
        daemon.definitions,
        daemon.instance,
        asset_selection=dg.AssetSelection.groups(ONET, SEARCH),
        cursor=before.cursor if before else None,
    )


def fetch(release: Path) -> dict[str, object]:
    return {"ops": {"onet_release_archive": {"config": {"release": str(release)}}}}


def test_a_sync_loads_the_sample_release_and_builds_its_index(instance: dg.DagsterInstance, either: Pipeline) -> None:
    result = Daemon(instance, either).run_job("sync_onet")
    assert result.success
    assert set(data_versions(result)) == set(CHAIN)
    assert not failed_checks(result)
    assert either.occupations.count() == 214
    assert (either.indexes / wanted_index_version(either) / "manifest.json").exists()


def test_the_tables_tell_columns_counts_source_and_credit_and_show_ten_rows(
    instance: dg.DagsterInstance, empty: Pipeline
) -> None:
    daemon = Daemon(instance, empty)
    daemon.run_job("sync_onet")
    told = instance.get_latest_materialization_event(dg.AssetKey("onet_occupations"))
    assert told is not None
    assert told.asset_materialization is not None
    metadata = {name: value.value for name, value in told.asset_materialization.metadata.items()}
    assert metadata["dagster/row_count"] == 214
    assert metadata["version"] == "0.1"
    assert len(str(metadata["archive_sha256"])) == 64
    assert len(str(metadata["preview"]).splitlines()) == 12
    assert "CC BY 4.0" in str(metadata["credit"])
    spec = daemon.definitions.resolve_asset_graph().get(dg.AssetKey("onet_occupations"))
    assert spec.metadata["dagster/table_name"] == "onet_occupations"
    assert [column.name for column in spec.metadata["dagster/column_schema"].columns][:2] == ["code", "title"]


def test_an_identical_release_changes_no_data_version_and_asks_for_nothing(
    instance: dg.DagsterInstance, empty: Pipeline
) -> None:
    daemon = Daemon(instance, empty)
    first = data_versions(daemon.run_job("sync_onet"))
    before = evaluated(daemon)
    assert before.total_requested == 0
    second = data_versions(daemon.run_job("sync_onet"))
    assert first == second
    assert evaluated(daemon, before).total_requested == 0


def test_a_new_release_fetched_by_hand_goes_down_the_chain_by_itself(
    instance: dg.DagsterInstance, empty: Pipeline, tmp_path: Path
) -> None:
    daemon = Daemon(instance, empty)
    daemon.run_job("sync_onet")
    before = evaluated(daemon)
    release = small_release("0.2").write_zip(tmp_path)
    job = daemon.definitions.resolve_implicit_job_def_def_for_assets([ARCHIVE])
    assert job is not None
    assert job.execute_in_process(
        instance=instance, run_config=fetch(release), asset_selection=[ARCHIVE], raise_on_error=False
    ).success
    asked = evaluated(daemon, before)
    requested = {table.key for table in TABLES} | {dg.AssetKey("search_index")}
    assert {key for key in requested if asked.get_num_requested(key)} == requested


def monday(daemon: Daemon, week: int) -> dg.ExecuteInProcessResult:
    """Carry out what the schedule asks for on a Monday."""
    moment = datetime(2026, 11, 23, 6, 17, tzinfo=UTC) + timedelta(weeks=week)
    asked = daemon.definitions.resolve_schedule_def("release_schedule").evaluate_tick(
        dg.build_schedule_context(daemon.instance, scheduled_execution_time=moment)
    )
    (request,) = asked.run_requests or ()
    result = daemon.run(dg.RunRequest(job_name="sync_onet", tags=request.tags))
    assert result.success
    return result


def test_the_schedule_takes_each_new_release_down_the_chain_once(
    instance: dg.DagsterInstance, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plausibility, "MINIMUMS", {})
    with Mirror() as mirror:
        pipeline = Pipeline(settings.model_copy(update={"release": None, "mirror": mirror.url}))
        daemon = Daemon(instance, pipeline)
        loaded, before = [], evaluated(daemon)
        for week, version in enumerate(("30.1", "30.2", "31.0", "31.0", "31.0")):
            mirror.publish(version, small_release(version).with_titles(("15-1252.00", version)).zip_bytes())
            # In the last week the mirror cannot say that nothing is new, so that the same is transferred again.
            mirror.etags = mirror.dates = week < 4
            loaded.append(data_versions(monday(daemon, week)))
            before = evaluated(daemon, before)
            assert before.total_requested == 0, "the run has made the whole chain"
        transfers = [seen.status for seen in mirror.requests if seen.method == "GET"]
        syncs = [(each.version, bool(each.rows_written)) for each in reversed(pipeline.occupations.syncs())]
        pipeline.close()
    assert transfers == [200, 200, 200, 304, 200]
    assert syncs == [("30.1", True), ("30.2", True), ("31.0", True), ("31.0", False), ("31.0", False)]
    assert [versions == loaded[2] for versions in loaded] == [False, False, True, True, True]
    assert len({versions["search_index"] for versions in loaded}) == 3


def test_a_release_of_soc_2010_is_refused_where_people_look_and_the_tables_stay(
    instance: dg.DagsterInstance, pipeline: Pipeline, tmp_path: Path
) -> None:
    old = small_release("24.2").with_occupations(("15-1132.00", "Software Developers, Applications", "Write them."))
    result = Daemon(instance, pipeline).run_job("sync_onet", fetch(old.write_zip(tmp_path)))
    assert not result.success
    assert set(data_versions(result)) == {"onet_release_archive"}
    assert pipeline.occupations.count() == 214
    (check,) = result.get_asset_check_evaluations()
    failed = pipeline.occupations.syncs(limit=1)[0]
    assert (check.passed, failed.status, failed.version) == (False, "failed", "24.2")
    for said in (check.description, failed.error):
        assert "are of SOC 2010, which O*NET left with 25.0" in str(said)


def test_a_release_with_too_few_rows_is_stopped_before_it_replaces_the_tables(
    instance: dg.DagsterInstance, pipeline: Pipeline, tmp_path: Path
) -> None:
    daemon = Daemon(instance, pipeline)
    result = daemon.run_job("sync_onet", fetch(small_release("30.1").write_zip(tmp_path)))
    assert not result.success
    assert failed_checks(result) == {"row_counts_are_plausible"}
    assert set(data_versions(result)) == {"onet_release_archive"}
    assert pipeline.occupations.count() == 214


def test_a_release_that_shrinks_is_stopped_though_it_has_enough_rows(
    instance: dg.DagsterInstance, empty: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plausibility, "MINIMUMS", {"occupations": 1, "alternate titles": 1, "tasks": 1})
    whole, daemon = small_release("30.1"), Daemon(instance, empty)
    assert daemon.run_job("sync_onet", fetch(whole.write_zip(tmp_path))).success
    half = small_release("30.2").without_occupation("15-1252.00").without_occupation("33-3051.00")
    result = daemon.run_job("sync_onet", fetch(half.write_zip(tmp_path)))
    assert failed_checks(result) == {"row_counts_are_plausible"}
    assert empty.occupations.count() == 5


def test_orphans_and_malformed_codes_stop_the_index(instance: dg.DagsterInstance, pipeline: Pipeline) -> None:
    daemon = Daemon(instance, pipeline)
    with sqlite3.connect(pipeline.settings.home / "onet.db") as connection:
        connection.execute("UPDATE onet_occupations SET code = 'nonsense' WHERE code = '29-1141.00'")
    connection.close()
    tables = [table.key for table in TABLES]
    checks = daemon.definitions.resolve_asset_graph().asset_check_keys
    about_tables = [key for key in checks if key.asset_key in tables]
    job = daemon.definitions.resolve_implicit_global_asset_job_def()
    result = job.get_subset(asset_selection=set(), asset_check_selection=set(about_tables)).execute_in_process(
        instance=instance, raise_on_error=False
    )
    assert failed_checks(result) >= {"codes_are_well_formed", "no_orphans"}


def test_an_index_of_another_release_is_noticed(
    instance: dg.DagsterInstance, pipeline: Pipeline, tmp_path: Path
) -> None:
    sync_release(pipeline, str(small_release("0.2").write_zip(tmp_path)))
    daemon = Daemon(instance, pipeline)
    job = daemon.definitions.resolve_implicit_global_asset_job_def()
    keys = {key for key in daemon.definitions.resolve_asset_graph().asset_check_keys if "index" in key.name}
    result = job.get_subset(asset_selection=set(), asset_check_selection=keys).execute_in_process(
        instance=instance, raise_on_error=False
    )
    assert not result.success


def test_a_release_that_cannot_be_had_fails_in_one_sentence_and_leaves_the_tables(
    instance: dg.DagsterInstance, pipeline: Pipeline, tmp_path: Path
) -> None:
    truncated = tmp_path / "db_30_1_text.zip"
    truncated.write_bytes(small_release("30.1").zip_bytes()[:200])
    result = Daemon(instance, pipeline).run_job("sync_onet", fetch(truncated))
    (failure,) = result.get_step_failure_events()
    assert "db_30_1_text.zip" in str(failure.step_failure_data.user_failure_data)
    assert pipeline.occupations.count() == 214
    newest = pipeline.occupations.syncs(limit=1)[0]
    assert newest.status == "failed"


def test_the_tables_name_the_archive_that_is_missing(
    instance: dg.DagsterInstance, empty: Pipeline, tmp_path: Path
) -> None:
    daemon = Daemon(instance, empty)
    release = shutil.copytree(sample_release_path(), tmp_path / "release")
    daemon.run_job("sync_onet", fetch(release))
    shutil.rmtree(release)
    job = daemon.definitions.resolve_implicit_global_asset_job_def()
    result = job.get_subset(asset_selection={table.key for table in TABLES}).execute_in_process(
        instance=instance, raise_on_error=False
    )
    (failure,) = result.get_step_failure_events()
    assert "is not on this machine" in str(failure.step_failure_data.user_failure_data)
