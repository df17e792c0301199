"""The jobs: sync the O*NET release, map one upload, look over all uploads.

Belongs here: which assets and checks go together in one run. Does not: when (``schedules``, ``sensors``).

https://docs.dagster.io/guides/build/jobs/asset-jobs
"""

import dagster as dg

from onet_pipeline.orchestration.assets.changes import release_changes
from onet_pipeline.orchestration.assets.evaluation import retrieval_evaluation
from onet_pipeline.orchestration.assets.release import ARCHIVE, TABLES
from onet_pipeline.orchestration.assets.report import mapping_report
from onet_pipeline.orchestration.assets.review import mapper_accuracy, review_decisions, review_workbook
from onet_pipeline.orchestration.assets.search import search_index
from onet_pipeline.orchestration.assets.uploads import role_mappings, upload_roles
from onet_pipeline.orchestration.checks.release import no_mapping_has_lost_its_occupation
from onet_pipeline.orchestration.checks.review import no_confirmed_code_is_retired, no_reviewed_row_is_left_out
from onet_pipeline.orchestration.checks.uploads import (
    no_upload_is_behind,
    no_upload_is_rejected,
    no_upload_is_unsettled,
)

# These look at all uploads at once, so they don't go with the run of one.
_STANDING = dg.AssetSelection.checks(no_upload_is_rejected, no_upload_is_unsettled, no_upload_is_behind)
_RELEASE_CHECK = dg.AssetSelection.checks(no_mapping_has_lost_its_occupation)
_REVIEW_CHECKS = dg.AssetSelection.checks(no_confirmed_code_is_retired, no_reviewed_row_is_left_out)

sync_onet = dg.define_asset_job(
    "sync_onet",
    selection=dg.AssetSelection.assets(
        ARCHIVE, *(table.key for table in TABLES), release_changes.key, search_index.key, retrieval_evaluation.key
    ),
    description="Fetch the O*NET release, load it, build and score its index; a step waits for the checks of the last.",
    tags={"work": "sync"},
)

map_upload = dg.define_asset_job(
    "map_upload",
    selection=dg.AssetSelection.assets(upload_roles, role_mappings, mapping_report, review_workbook) - _STANDING,
    description="Read the roles of one upload, map them, write report and workbook. One partition is one upload.",
    # The upload sensor tries again; were Dagster to do so too, both would launch.
    tags={"work": "mapping", "dagster/max_retries": "0"},
)

check_uploads = dg.define_asset_job(
    "check_uploads",
    selection=_STANDING | _RELEASE_CHECK | _REVIEW_CHECKS,
    description="Look over all uploads: rejected, unsettled or behind; codes that have gone; what reviewers left open.",
    tags={"work": "checks"},
)

import_reviews = dg.define_asset_job(
    "import_reviews",
    selection=dg.AssetSelection.assets(review_decisions, mapper_accuracy),
    description="Apply the reviewed files that wait, and count how often reviewers agree with the mapper.",
    tags={"work": "review"},
)
