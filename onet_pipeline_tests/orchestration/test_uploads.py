"""What an upload's partition tells, and the checks of uploads."""

import base64
import os
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlparse

import dagster as dg
import sqlalchemy as sa

from onet_pipeline.onet.source import sample_release_path
from onet_pipeline.orchestration.assets.uploads import COLUMN_LINEAGE
from onet_pipeline.orchestration.checks.uploads import LONGEST_WRITING
from onet_pipeline.orchestration.links import links
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.store.models import UploadRow
from onet_pipeline_tests.support.orchestration import Daemon, drop


def told(daemon: Daemon, asset: str) -> dict[str, object]:
    event = daemon.instance.get_latest_materialization_event(dg.AssetKey(asset))
    assert event is not None
    assert event.asset_materialization is not None
    return {name: value.value for name, value in event.asset_materialization.metadata.items()}


def test_a_mapped_upload_tells_confidence_methods_cost_and_its_riskiest_answers(daemon: Daemon) -> None:
    drop(daemon.pipeline, "staff.csv", "Nurse", "Police Officer", "zzqx")
    (request,) = daemon.tick()
    assert daemon.run(request).success
    roles, mappings = told(daemon, "upload_roles"), told(daemon, "role_mappings")
    assert roles["dagster/row_count"] == mappings["dagster/row_count"] == 3
    tiers = [mappings[f"confidence_{tier}"] for tier in ("high", "medium", "low")]
    assert sum(int(str(number)) for number in tiers) == 3
    assert mappings["method_lexical"] == 3
    assert mappings["cost_usd"] == 0
    assert str(mappings["riskiest"]).splitlines()[2].startswith("| zzqx |")


def test_mappings_lead_to_their_report_upload_and_release_and_show_how_sure_they_are(daemon: Daemon) -> None:
    path = drop(daemon.pipeline, "staff.csv", "Nurse", "Police Officer", "zzqx")
    (request,) = daemon.tick()
    assert daemon.run(request).success
    mappings, report = told(daemon, "role_mappings"), told(daemon, "mapping_report")
    assert Path(urlparse(str(mappings["report"])).path).is_file()
    assert (mappings["upload"], mappings["release"]) == (str(path), str(sample_release_path()))
    for link in ("report", "upload", "release"):
        assert report[link] == mappings[link]
    words, picture = str(mappings["confidence"]).split("data:image/png;base64,")
    assert words.startswith("HIGH, MEDIUM, LOW, from left to right")
    assert base64.b64decode(picture.removesuffix(")")).startswith(b"\x89PNG")
    (event,) = daemon.instance.fetch_materializations(dg.AssetKey("role_mappings"), limit=1).records
    assert len(dg.serialize_value(event.event_log_entry)) < 40_000, "an event is kept for every run of every upload"


def test_the_address_of_an_upload_is_shown_without_its_secrets(daemon: Daemon) -> None:
    drop(daemon.pipeline, "staff.csv", "Nurse")
    daemon.tick()
    (upload,) = daemon.pipeline.uploads.all()
    settings = daemon.pipeline.settings.model_copy(update={"uploads": "memory://user:s3cret@bucket/in"})
    with closing(Pipeline(settings)) as elsewhere:
        shown = links(elsewhere, upload)["upload"]
    assert isinstance(shown, dg.UrlMetadataValue)
    assert shown.url is not None
    assert shown.url.endswith("/in/staff.csv")
    assert "s3cret" not in shown.url


def test_the_columns_of_mappings_lead_back_to_columns_that_exist(daemon: Daemon) -> None:
    graph = daemon.definitions.resolve_asset_graph()
    for column, sources in COLUMN_LINEAGE.deps_by_column.items():
        for asset, name in [
            ("role_mappings", column),
            *((each.asset_key.path[0], each.column_name) for each in sources),
        ]:
            schema = graph.get(dg.AssetKey(asset)).metadata["dagster/column_schema"]
            assert name in [each.name for each in schema.columns]


def test_what_a_cell_holds_is_shown_and_never_interpreted(daemon: Daemon) -> None:
    drop(daemon.pipeline, "staff.csv", "<script>x</script> | [a](http://b) *Nurse*", "Welder", "Clerk")
    (request,) = daemon.tick()
    daemon.run(request)
    shown = str(told(daemon, "upload_roles")["preview"])
    assert "&lt;script&gt;x&lt;/script&gt; \\| \\[a\\](http://b) \\*Nurse\\*" in shown


def test_a_check_of_an_upload_belongs_to_its_partition(daemon: Daemon) -> None:
    drop(daemon.pipeline, "sure.csv", "Registered Nurses", "Police Officer")
    drop(daemon.pipeline, "unsure.csv", "zzqx", "qqzzy", "xxyyq")
    unsure = {}
    for request in daemon.tick():
        for check in daemon.run(request).get_asset_check_evaluations():
            unsure[check.partition, check.check_name] = check
    keys = {upload.path: upload.key for upload in daemon.pipeline.uploads.all()}
    assert unsure[keys["sure.csv"], "few_roles_are_unsure"].passed
    doubted = unsure[keys["unsure.csv"], "few_roles_are_unsure"]
    assert not doubted.passed
    assert doubted.severity == dg.AssetCheckSeverity.WARN
    assert unsure[keys["unsure.csv"], "every_role_is_mapped"].passed


def test_rejected_uploads_and_those_behind_are_listed(daemon: Daemon) -> None:
    drop(daemon.pipeline, "bad|name.csv", content=b"id,amount\n1,2\n3,4\n")
    drop(daemon.pipeline, "good.csv", "Nurse")
    for request in daemon.tick():
        if "bad" in str(request.partition_key):
            daemon.run(request)
    checks = {check.check_name: check for check in daemon.run_job("check_uploads").get_asset_check_evaluations()}
    assert not checks["no_upload_is_rejected"].passed
    assert "bad\\|name.csv" in str(checks["no_upload_is_rejected"].metadata["first"].value)
    assert not checks["no_upload_is_behind"].passed
    assert "good" in str(checks["no_upload_is_behind"].metadata["first"].value)


def test_a_file_that_never_settles_is_listed_after_an_hour(daemon: Daemon) -> None:
    now = datetime.now(UTC).timestamp()
    os.utime(drop(daemon.pipeline, "arriving.csv", "Nurse"), (now, now))
    assert not daemon.tick()

    def unsettled() -> dg.AssetCheckEvaluation:
        checks = daemon.run_job("check_uploads").get_asset_check_evaluations()
        return next(check for check in checks if check.check_name == "no_upload_is_unsettled")

    assert unsettled().passed
    an_hour_ago = datetime.now(UTC) - LONGEST_WRITING - timedelta(seconds=1)
    with daemon.pipeline.database.writing() as session:
        session.execute(sa.update(UploadRow).values(unsettled_since=an_hour_ago))
    found = unsettled()
    assert not found.passed
    assert "arriving.csv" in str(found.metadata["first"].value)
    assert f"{an_hour_ago:%H:%M} UTC" in str(found.metadata["first"].value)


def test_fresh_asks_again_what_was_decided(daemon: Daemon) -> None:
    drop(daemon.pipeline, "staff.csv", "Nurse")
    (request,) = daemon.tick()
    daemon.run(request)
    again = daemon.definitions.resolve_job_def("map_upload").execute_in_process(
        instance=daemon.instance,
        partition_key=request.partition_key,
        run_config={"ops": {"role_mappings": {"config": {"fresh": True}}}},
    )
    assert again.success
    assert told(daemon, "role_mappings")["asked"] == 1
