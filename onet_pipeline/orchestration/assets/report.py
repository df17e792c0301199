"""The report of each upload, for the people who review its mappings.

Belongs here: the partitioned asset and what it tells. Does not: the page (``review.report``), or writing it
(``steps.report``).
"""

import hashlib
import time
from typing import Any

import dagster as dg

from onet_pipeline.orchestration.assets.uploads import role_mappings
from onet_pipeline.orchestration.failures import told_plainly
from onet_pipeline.orchestration.groups import REVIEW, in_group
from onet_pipeline.orchestration.links import links
from onet_pipeline.orchestration.partitions import uploads_partitions
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.steps.report import WrittenReport, write_report


@dg.asset(
    deps=[role_mappings],
    description="One HTML page with every mapping, riskiest first, and the mappings as CSV and Parquet with roll-ups.",
    **in_group(REVIEW),
    kinds={"html", "csv", "parquet"},
    code_version="1",
    partitions_def=uploads_partitions,
)
def mapping_report(
    context: dg.AssetExecutionContext, pipeline: dg.ResourceParam[Pipeline]
) -> dg.MaterializeResult[None]:
    """Write the report."""
    started = time.monotonic()
    with told_plainly():
        written = write_report(pipeline, context.partition_key)
    return dg.MaterializeResult(
        data_version=dg.DataVersion(hashlib.sha256(written.page.read_bytes()).hexdigest()),
        metadata={**_told(pipeline, written), "seconds": round(time.monotonic() - started, 1)},
    )


def _told(pipeline: Pipeline, written: WrittenReport) -> dict[str, Any]:
    mappings = written.report.mappings
    return {
        **links(pipeline, written.report.upload),
        **{path.name.replace(".", "_"): dg.MetadataValue.path(str(path)) for path in written.tables},
        "dagster/uri": written.page.as_uri(),
        "dagster/row_count": len(mappings),
        "unmapped": sum(mapping.settled_code is None for mapping in mappings),
        "confirmed": sum(mapping.user_confirmed for mapping in mappings),
        "bytes": written.page.stat().st_size,
    }
