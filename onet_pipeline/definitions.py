"""What Dagster loads: assets, checks, jobs, sensors, schedules and the one resource.

Belongs here: putting them together. Does not: any of them (``orchestration``). Nothing is read, connected to or opened
when this is imported.

https://docs.dagster.io/api/dagster/definitions
"""

import dagster as dg

from onet_pipeline.orchestration.assets.changes import release_changes
from onet_pipeline.orchestration.assets.evaluation import retrieval_evaluation
from onet_pipeline.orchestration.assets.release import onet_release_archive, onet_tables
from onet_pipeline.orchestration.assets.report import mapping_report
from onet_pipeline.orchestration.assets.review import mapper_accuracy, review_decisions, review_workbook
from onet_pipeline.orchestration.assets.search import search_index
from onet_pipeline.orchestration.assets.uploads import role_mappings, upload_roles
from onet_pipeline.orchestration.automation import onet_automation
from onet_pipeline.orchestration.checks.evaluation import recall_has_not_fallen
from onet_pipeline.orchestration.checks.release import (
    index_is_of_the_current_release,
    no_mapping_has_lost_its_occupation,
    onet_tables_checks,
    row_counts_are_plausible,
)
from onet_pipeline.orchestration.checks.review import no_confirmed_code_is_retired, no_reviewed_row_is_left_out
from onet_pipeline.orchestration.checks.uploads import (
    every_role_is_mapped,
    few_roles_are_unsure,
    no_upload_is_behind,
    no_upload_is_rejected,
    no_upload_is_unsettled,
)
from onet_pipeline.orchestration.jobs import check_uploads, import_reviews, map_upload, sync_onet
from onet_pipeline.orchestration.message_batches import batch_sensor
from onet_pipeline.orchestration.resources import environment_pipeline
from onet_pipeline.orchestration.review_sensor import review_sensor
from onet_pipeline.orchestration.schedules import release_schedule, uploads_check_schedule
from onet_pipeline.orchestration.sensors import failed_runs, upload_sensor
from onet_pipeline.orchestration.silent_runs import silent_run_sensor

ASSETS = (
    onet_release_archive,
    onet_tables,
    release_changes,
    search_index,
    retrieval_evaluation,
    upload_roles,
    role_mappings,
    mapping_report,
    review_workbook,
    review_decisions,
    mapper_accuracy,
)
CHECKS = (
    row_counts_are_plausible,
    onet_tables_checks,
    no_mapping_has_lost_its_occupation,
    index_is_of_the_current_release,
    recall_has_not_fallen,
    every_role_is_mapped,
    few_roles_are_unsure,
    no_upload_is_behind,
    no_upload_is_rejected,
    no_upload_is_unsettled,
    no_confirmed_code_is_retired,
    no_reviewed_row_is_left_out,
)
JOBS = (sync_onet, map_upload, check_uploads, import_reviews)
SENSORS = (upload_sensor, batch_sensor, review_sensor, onet_automation, silent_run_sensor, failed_runs)
SCHEDULES = (release_schedule, uploads_check_schedule)


def build_definitions(**overrides: object) -> dg.Definitions:
    """Return the definitions; ``overrides`` replace resources by name, for instance ``pipeline=Pipeline(settings)``.

    One process does a whole run: starting one for each step costs 2.1 s of processor time, and no two steps of a run
    can go at the same time.
    """
    return dg.Definitions(
        assets=ASSETS,
        asset_checks=CHECKS,
        jobs=JOBS,
        sensors=SENSORS,
        schedules=SCHEDULES,
        resources={"pipeline": environment_pipeline, **overrides},
        executor=dg.in_process_executor,
    )


defs = build_definitions()
