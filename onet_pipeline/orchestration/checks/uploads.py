"""Checks of uploads: one of each partition, and standing ones over all of them.

Belongs here: completeness and doubt of one upload's mappings; what is rejected, unsettled, behind or given up. Does
not: which uploads are behind (``steps.planning``).
"""

import warnings
from datetime import UTC, datetime, timedelta
from typing import Final

import dagster as dg

from onet_pipeline.orchestration.assets.uploads import role_mappings, unsure_share, upload_roles
from onet_pipeline.orchestration.checks.listing import nothing_listed
from onet_pipeline.orchestration.failures import told_plainly
from onet_pipeline.orchestration.partitions import uploads_partitions
from onet_pipeline.steps.behind import uploads_behind
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.steps.planning import WantedRun
from onet_pipeline.steps.uploads import registered_upload
from onet_pipeline.store.records import MappingCounts, UploadStatus

# The lexical mapper was unsure of 29 to 65 % of the roles of seven real uploads; more hints at the wrong column.
MOST_UNSURE: Final = 0.75
# Copying the largest upload takes minutes; longer than this, something appends to it or forbids to read it.
LONGEST_WRITING: Final = timedelta(hours=1)


# In preview in 1.13: without partitions a check shows the upload that ran last and hides all others.
warnings.filterwarnings("ignore", message="Specifying a partitions_def on an AssetCheckSpec")


@dg.asset_check(
    asset=role_mappings,
    blocking=True,
    partitions_def=uploads_partitions,
    description="Every role that was read from the upload has one mapping.",
)
def every_role_is_mapped(
    context: dg.AssetCheckExecutionContext, pipeline: dg.ResourceParam[Pipeline]
) -> dg.AssetCheckResult:
    """Compare roles read with mappings saved."""
    key = context.partition_key
    with told_plainly():
        roles = {role.title for role in pipeline.uploads.roles(key)}
        mapped = {mapping.source_role for mapping in pipeline.mappings.mappings(key)}
    without = len(roles - mapped)
    return dg.AssetCheckResult(passed=not without, metadata={"roles": len(roles), "without_mapping": without})


@dg.asset_check(
    asset=role_mappings,
    partitions_def=uploads_partitions,
    description=f"At most {MOST_UNSURE:.0%} of the upload's roles are LOW, fallbacks among them.",
)
def few_roles_are_unsure(
    context: dg.AssetCheckExecutionContext, pipeline: dg.ResourceParam[Pipeline]
) -> dg.AssetCheckResult:
    """Warn of an upload of which most answers are guesses."""
    key = context.partition_key
    with told_plainly():
        counts = pipeline.mappings.counts([key]).get(key, MappingCounts())
        upload = registered_upload(pipeline, key)
    share = unsure_share(counts)
    return dg.AssetCheckResult(
        passed=share <= MOST_UNSURE,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"share_low": round(share, 4), "unmapped": counts.unmapped, "role_column": upload.role_column},
    )


@dg.asset_check(asset=upload_roles, description="Every upload that is there could be read.")
def no_upload_is_rejected(pipeline: dg.ResourceParam[Pipeline]) -> dg.AssetCheckResult:
    """List the uploads that cannot be read as they are, with the reason of each."""
    with told_plainly():
        rejected = pipeline.uploads.all(UploadStatus.REJECTED)
    return nothing_listed("uploads", ("upload", "reason"), [(upload.path, upload.reason) for upload in rejected])


@dg.asset_check(
    asset=upload_roles,
    description=f"No upload is still being written after {LONGEST_WRITING.total_seconds() / 3600:.0f} hour.",
)
def no_upload_is_unsettled(pipeline: dg.ResourceParam[Pipeline]) -> dg.AssetCheckResult:
    """List the uploads that change from scan to scan, or cannot be opened, and are therefore not mapped."""
    with told_plainly():
        unsettled = pipeline.uploads.all(UploadStatus.UNSETTLED)
    now = datetime.now(UTC)
    stuck = [(each.path, each.unsettled_since or each.first_seen_at) for each in unsettled]
    return nothing_listed(
        "uploads",
        ("upload", "since"),
        [(path, _minute(since)) for path, since in stuck if now - since > LONGEST_WRITING],
    )


def _minute(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


@dg.asset_check(
    asset=role_mappings,
    description="Every upload is mapped as it is now, with the current release and mapper.",
)
def no_upload_is_behind(pipeline: dg.ResourceParam[Pipeline]) -> dg.AssetCheckResult:
    """List the uploads that wait to be mapped or mapped again."""
    with told_plainly():
        behind = uploads_behind(pipeline)
    return nothing_listed("uploads", ("upload", "attempts"), [(each.key, _attempts(each)) for each in behind])


def _attempts(wanted: WantedRun) -> str:
    return f"{wanted.attempts}{', given up: see its last run' if wanted.is_given_up else ''}"
