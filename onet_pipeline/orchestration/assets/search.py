"""The search index of the current release.

Belongs here: the asset and what it tells. Does not: building an index (``roles.search``), or when one is needed
(``steps.indexing``).
"""

import time

import dagster as dg

from onet_pipeline.onet.credit import credit
from onet_pipeline.orchestration.assets.release import TABLES
from onet_pipeline.orchestration.automation import WHEN_CONTENT_CHANGES
from onet_pipeline.orchestration.failures import told_plainly
from onet_pipeline.orchestration.freshness import A_QUARTER
from onet_pipeline.orchestration.groups import SEARCH, in_group
from onet_pipeline.steps.indexing import current_index
from onet_pipeline.steps.pipeline import Pipeline


@dg.asset(
    deps=[table.key for table in TABLES],
    description="What proposes occupations for a role: made from titles, descriptions, tasks and related occupations.",
    **in_group(SEARCH),
    kinds={"numpy"},
    code_version="1",
    automation_condition=WHEN_CONTENT_CHANGES,
    freshness_policy=A_QUARTER,
)
def search_index(pipeline: dg.ResourceParam[Pipeline]) -> dg.MaterializeResult[None]:
    """Build and save the index of the current release, unless it is there."""
    started = time.monotonic()
    with told_plainly():
        current = current_index(pipeline)
    return dg.MaterializeResult(
        data_version=dg.DataVersion(current.index.version),
        metadata={
            "index_version": current.index.version,
            "onet_version": current.onet_version,
            "address": current.address,
            "built": current.built,
            "seconds": round(time.monotonic() - started, 1),
            "credit": credit(current.onet_version),
        },
    )
