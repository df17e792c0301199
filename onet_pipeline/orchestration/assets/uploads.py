"""What is done for each upload: its distinct roles, and the occupation of each.

Belongs here: the two partitioned assets and what they tell. Does not: reading files (``steps.uploads``), mapping
(``steps.mapping``), or which uploads need it (``sensors``).
"""

import hashlib
import json
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import dagster as dg
from pydantic import Field

from onet_pipeline.onet.credit import credit
from onet_pipeline.orchestration.assets.release import OCCUPATIONS
from onet_pipeline.orchestration.assets.search import search_index
from onet_pipeline.orchestration.failures import told_plainly
from onet_pipeline.orchestration.groups import UPLOADS, in_group
from onet_pipeline.orchestration.links import links
from onet_pipeline.orchestration.partitions import uploads_partitions
from onet_pipeline.orchestration.tables import PREVIEWED, picture, preview, table_definition
from onet_pipeline.review.report import mappings_picture
from onet_pipeline.review.risk import riskiest_first
from onet_pipeline.roles.records import ConfidenceTier, Method
from onet_pipeline.steps.mapping import MappingOutcome, map_upload
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.steps.uploads import read_roles, registered_upload
from onet_pipeline.store.models import MappingRow, UploadRoleRow
from onet_pipeline.store.records import Mapping as RoleMapping
from onet_pipeline.store.records import MappingCounts

# Calls to the mapper are bounded across runs by the limit of this pool, see deploy/README.md.
MAPPING_POOL = "mapping"
COLUMN_LINEAGE = dg.TableColumnLineage(
    {
        "source_role": [dg.TableColumnDep(dg.AssetKey("upload_roles"), "source_role")],
        "row_count": [dg.TableColumnDep(dg.AssetKey("upload_roles"), "row_count")],
        "onet_code": [dg.TableColumnDep(OCCUPATIONS, "code")],
        "onet_title": [dg.TableColumnDep(OCCUPATIONS, "title")],
    }
)


@dg.asset(
    description="The distinct values of the upload's role column, as first spelled, with the number of rows of each.",
    **in_group(UPLOADS),
    kinds={"csv", "table"},
    code_version="1",
    metadata=table_definition(UploadRoleRow),
    partitions_def=uploads_partitions,
)
def upload_roles(context: dg.AssetExecutionContext, pipeline: dg.ResourceParam[Pipeline]) -> dg.MaterializeResult[None]:
    """Read the upload and save its roles."""
    started = time.monotonic()
    with told_plainly():
        read_roles(pipeline, context.partition_key)
        upload = registered_upload(pipeline, context.partition_key)
        roles = pipeline.uploads.roles(upload.key)
    frequent = sorted(roles, key=lambda role: -role.row_count)[:PREVIEWED]
    return dg.MaterializeResult(
        data_version=dg.DataVersion(upload.roles_sha256 or ""),
        metadata={
            "dagster/row_count": len(roles),
            "upload": upload.path,
            "sha256": upload.content_sha256,
            "role_column": upload.role_column,
            "rows": upload.row_count,
            "blank_rows": upload.blank_count,
            "totals_rows": upload.totals_count,
            "preview": preview(("role", "rows"), [(role.title, role.row_count) for role in frequent]),
            "seconds": round(time.monotonic() - started, 1),
        },
    )


class MappingConfig(dg.Config):
    """How a run maps an upload."""

    fresh: bool = Field(
        default=False,
        description="Put every role to the mapper again, even where an earlier decision could be taken over. It costs.",
    )


# No freshness policy: Dagster's is of an asset, not of a partition, so one upload mapped today would hide all others,
# and a settled upload need never be mapped again. What is out of date is listed by ``no_upload_is_behind``.
@dg.asset(
    deps=[upload_roles, search_index],
    description="The O*NET occupation of each role of the upload, with confidence, reasoning and provenance.",
    **in_group(UPLOADS),
    kinds={"table"},
    code_version="1",
    metadata=table_definition(MappingRow),
    partitions_def=uploads_partitions,
    pool=MAPPING_POOL,
    output_required=False,
)
def role_mappings(
    context: dg.AssetExecutionContext, config: MappingConfig, pipeline: dg.ResourceParam[Pipeline]
) -> Iterator[dg.MaterializeResult[None]]:
    """Map the roles; each batch is saved as it lands. Nothing is materialized while a Message Batch is under way."""
    key = context.partition_key
    with told_plainly():
        outcome = map_upload(pipeline, key, run_id=context.run.run_id, fresh=config.fresh)
        upload, mappings = registered_upload(pipeline, key), pipeline.mappings.mappings(key)
        counts = pipeline.mappings.counts([key]).get(key, MappingCounts())
    if outcome.waits_for:
        _tell_waiting(context, outcome.waits_for)
        return
    yield dg.MaterializeResult(
        data_version=dg.DataVersion(_version(mappings)),
        metadata={
            **links(pipeline, upload),
            "confidence": _chart(mappings),
            **_totals(counts),
            **_run(outcome),
            **_provenance(mappings),
            "dagster/column_lineage": COLUMN_LINEAGE,
        },
    )


def _tell_waiting(context: dg.AssetExecutionContext, waits_for: str) -> None:
    """Say of the run and of its partition that they wait."""
    context.instance.add_run_tags(context.run.run_id, {"onet/state": "waiting"})
    context.log_event(
        dg.AssetObservation(
            asset_key="role_mappings",
            partition=context.partition_key,
            description=waits_for,
            metadata={"state": "waiting"},
        )
    )


def unsure_share(counts: MappingCounts) -> float:
    """Return the share of an upload's roles that are LOW, fallbacks among them; 0 where it has no roles."""
    return counts.by_tier.get(ConfidenceTier.LOW, 0) / counts.roles if counts.roles else 0.0


def _version(mappings: Iterable[RoleMapping]) -> str:
    """Hash what a user of the mappings can see change."""
    seen = sorted((each.source_role, each.row_count, each.settled_code or "", each.confidence) for each in mappings)
    return hashlib.sha256(json.dumps(seen, ensure_ascii=False).encode()).hexdigest()


def _chart(mappings: Sequence[RoleMapping]) -> dg.MarkdownMetadataValue:
    tiers = ", ".join(ConfidenceTier)
    return dg.MetadataValue.md(f"{tiers}, from left to right\n\n{picture(mappings_picture(mappings), 'Confidence')}")


def _totals(counts: MappingCounts) -> dict[str, Any]:
    return {
        "dagster/row_count": counts.roles,
        "rows": counts.rows,
        "unmapped": counts.unmapped,
        "confirmed": counts.confirmed,
        "share_low": round(unsure_share(counts), 4),
        **{f"confidence_{tier.value.lower()}": counts.by_tier.get(tier, 0) for tier in ConfidenceTier},
        **{f"method_{method.value}": counts.by_method.get(method, 0) for method in Method},
    }


def _run(outcome: MappingOutcome) -> dict[str, Any]:
    usage = outcome.usage
    return {
        "asked": outcome.asked,
        "kept": outcome.kept,
        "fallbacks_to_try_again": outcome.unsettled,
        "without_candidates": outcome.without_candidates,
        "calls": usage.calls,
        "retries": usage.retries,
        "out_of_list_answers": usage.out_of_list_answers,
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cache_read_tokens": usage.cache_read_tokens,
        "cache_write_tokens": usage.cache_write_tokens,
        "cost_usd": usage.cost_usd if usage.cost_usd is not None else "unknown: the model has no known price",
        "seconds": round(outcome.seconds, 1),
    }


def _provenance(mappings: Sequence[RoleMapping]) -> dict[str, Any]:
    versions = sorted({mapping.onet_version for mapping in mappings})
    return {
        "mapper": ", ".join(sorted({mapping.mapper for mapping in mappings})),
        "model": ", ".join(sorted({mapping.model for mapping in mappings if mapping.model})) or "none",
        "onet_version": ", ".join(versions),
        "riskiest": _riskiest(mappings),
        "credit": credit(", ".join(versions)),
    }


def _riskiest(mappings: Iterable[RoleMapping]) -> dg.MarkdownMetadataValue:
    header = ("role", "rows", "code", "title", "confidence", "how", "reasoning")
    return preview(header, map(_shown, riskiest_first(mappings)[:PREVIEWED]))


def _shown(mapping: RoleMapping) -> tuple[object, ...]:
    return (
        mapping.source_role,
        mapping.row_count,
        mapping.settled_code,
        mapping.onet_title,
        mapping.confidence.value,
        mapping.method.value,
        mapping.reasoning,
    )
