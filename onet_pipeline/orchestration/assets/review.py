"""What goes to reviewers and comes back: a workbook for each upload, their decisions, how often they agree.

Belongs here: the three assets and what they tell. Does not: the report (``assets.report``), workbooks and files
(``steps.review``), or when files are looked for (``review_sensor``).
"""

import hashlib
import time
from collections.abc import Sequence
from typing import Any

import dagster as dg

from onet_pipeline.orchestration.assets.report import mapping_report
from onet_pipeline.orchestration.assets.uploads import role_mappings
from onet_pipeline.orchestration.failures import told_plainly
from onet_pipeline.orchestration.groups import REVIEW, in_group
from onet_pipeline.orchestration.partitions import uploads_partitions
from onet_pipeline.orchestration.tables import preview, table_definition
from onet_pipeline.review.accuracy import LEAST_JUDGED, TierAccuracy, measured_scores, tier_accuracies
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.steps.report import PAGE, report_folder
from onet_pipeline.steps.review import WORKBOOK, export_review
from onet_pipeline.steps.review_folder import AppliedReviews, apply_waiting_reviews
from onet_pipeline.store.models import ReviewDecisionRow


@dg.asset(
    deps=[role_mappings],
    description="An Excel workbook with one row per role, riskiest first, in which a reviewer decides.",
    **in_group(REVIEW),
    kinds={"excel"},
    code_version="1",
    partitions_def=uploads_partitions,
)
def review_workbook(
    context: dg.AssetExecutionContext, pipeline: dg.ResourceParam[Pipeline]
) -> dg.MaterializeResult[None]:
    """Write the workbook."""
    started, key = time.monotonic(), context.partition_key
    with told_plainly():
        if not pipeline.mappings.counts([key]):
            return dg.MaterializeResult(metadata={"workbook": "none: no role is mapped yet"})
        path = export_review(pipeline, key)
    return dg.MaterializeResult(
        data_version=dg.DataVersion(hashlib.sha256(path.read_bytes()).hexdigest()),
        metadata={
            "workbook": dg.MetadataValue.path(str(path)),
            "bytes": path.stat().st_size,
            "seconds": round(time.monotonic() - started, 1),
        },
    )


@dg.asset(
    deps=[role_mappings],
    description="Every decision of a reviewer, from the files in the reviews folder; what was judged goes with it.",
    **in_group(REVIEW),
    kinds={"table"},
    code_version="1",
    metadata=table_definition(ReviewDecisionRow),
)
def review_decisions(
    context: dg.AssetExecutionContext, pipeline: dg.ResourceParam[Pipeline]
) -> dg.MaterializeResult[None]:
    """Apply the files that wait, each in a transaction of its own; report and workbook are written again."""
    with told_plainly():
        applied = apply_waiting_reviews(pipeline)
        number, version = pipeline.reviews.extent()
    for key in applied.uploads:
        _tell(context, pipeline, key)
    return dg.MaterializeResult(
        data_version=dg.DataVersion(version), metadata={"dagster/row_count": number, **_files(applied)}
    )


@dg.asset(
    deps=[review_decisions],
    description="How often reviewers chose the mapper's code, by tier, release and mapper, with 95 % Wilson intervals.",
    **in_group(REVIEW),
    kinds={"table"},
    code_version="1",
)
def mapper_accuracy(pipeline: dg.ResourceParam[Pipeline]) -> dg.MaterializeResult[None]:
    """Count agreement; from 30 judgements on a measured share takes the place of a tier's fixed score."""
    with told_plainly():
        agreements = pipeline.reviews.agreements()
        scores = measured_scores(agreements, pipeline.mapper.name, pipeline.mapper.model)
    rows = [_row(each) for each in tier_accuracies(agreements)]
    header = ("release", "mapper", "model", "confidence", "agreed", "of", "share", "low", "high")
    return dg.MaterializeResult(
        data_version=dg.DataVersion(hashlib.sha256(repr(rows).encode()).hexdigest()),
        metadata={
            "dagster/row_count": len(rows),
            "judged": sum(each.judged for each in agreements),
            "accuracy": preview(header, rows),
            "least_judged": LEAST_JUDGED,
            **{f"score_{tier.value.lower()}": score for tier, score in scores.items()},
        },
    )


def _tell(context: dg.AssetExecutionContext, pipeline: Pipeline, key: str) -> None:
    """Tell Dagster of report and workbook that were written again to show decisions."""
    folder = report_folder(pipeline.settings, key)
    for asset, path in ((review_workbook.key, folder / WORKBOOK), (mapping_report.key, folder / PAGE)):
        if path.exists():
            version = {"dagster/data_version": hashlib.sha256(path.read_bytes()).hexdigest()}
            told: dict[str, Any] = {"written": dg.MetadataValue.path(str(path)), "because": "reviewers decided"}
            context.log_event(dg.AssetMaterialization(asset, partition=key, metadata=told, tags=version))


def _files(applied: AppliedReviews) -> dict[str, Any]:
    files = [each.file for each in applied.imported if not each.known]
    header = ("file", "applied", "unchanged", "conflicts", "refused", "row by row")
    return {
        "files": len(files),
        "applied": sum(file.applied for file in files),
        "conflicts": sum(file.conflicts for file in files),
        "refused": sum(file.faults for file in files),
        "unreadable": preview(("file", "reason"), applied.unreadable),
        "by_file": preview(header, _by_file(applied)),
    }


def _by_file(applied: AppliedReviews) -> list[Sequence[object]]:
    return [
        (each.file.name, each.file.applied, each.file.unchanged, each.file.conflicts, each.file.faults, each.result)
        for each in applied.imported
        if not each.known
    ]


def _row(each: TierAccuracy) -> tuple[object, ...]:
    low, high = (round(bound, 3) for bound in each.share.interval)
    share = round(each.share.value or 0.0, 3)
    return each.onet_version, each.mapper, each.model, each.tier.value, each.share.hits, each.share.n, share, low, high
