"""Checks of review: what reviewers decided and what needs one of them again.

Belongs here: warnings over all uploads. Does not: the lists (``steps.review_status``).
"""

import dagster as dg

from onet_pipeline.orchestration.assets.review import review_decisions
from onet_pipeline.orchestration.checks.listing import nothing_listed
from onet_pipeline.orchestration.failures import told_plainly
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.steps.review_status import troubled_files


@dg.asset_check(asset=review_decisions, description="Every code that a reviewer confirmed is in the current release.")
def no_confirmed_code_is_retired(pipeline: dg.ResourceParam[Pipeline]) -> dg.AssetCheckResult:
    """List confirmed roles whose code has gone; they stay as they are until a reviewer chooses another."""
    with told_plainly():
        retired = pipeline.reviews.retired()
    rows = [(each.upload_key, each.source_role, each.row_count, each.code) for each in retired]
    return nothing_listed("roles", ("upload", "role", "rows", "code"), rows)


@dg.asset_check(asset=review_decisions, description="Every row of every reviewed file could be applied.")
def no_reviewed_row_is_left_out(pipeline: dg.ResourceParam[Pipeline]) -> dg.AssetCheckResult:
    """List the files of the last 30 days with rows in conflict or refused, and those that could not be read."""
    with told_plainly():
        files = troubled_files(pipeline)
    rows = [(file.name, file.conflicts, file.faults, file.reason) for file in files]
    return nothing_listed("files", ("file", "conflicts", "refused", "reason"), rows)
