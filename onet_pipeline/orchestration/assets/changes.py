"""What the current release changed, and which mappings that concerns.

Belongs here: the asset and what it tells. Does not: comparing releases (``onet.comparison``), or warning of the
mappings (``checks.release``).
"""

import hashlib
import json
from collections.abc import Iterable
from typing import Any, Final

import dagster as dg

from onet_pipeline.onet.comparison import ReleaseDiff
from onet_pipeline.onet.credit import credit
from onet_pipeline.orchestration.assets.release import TABLES
from onet_pipeline.orchestration.automation import WHEN_CONTENT_CHANGES
from onet_pipeline.orchestration.failures import told_plainly
from onet_pipeline.orchestration.freshness import A_QUARTER
from onet_pipeline.orchestration.groups import ONET, in_group
from onet_pipeline.orchestration.tables import preview
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.store.displaced import DisplacedMapping

_SHOWN: Final = 20
_HEADERS: Final = {
    "occupations_renamed": ("code", "title before", "title now"),
    "titles": ("code", "title"),
    "occupations": ("code", "title"),
    "tasks_changed": ("code", "task", "statement before", "statement now"),
    "tasks_rated_anew": ("code", "task", "importance before", "importance now"),
    "tasks": ("code", "task", "statement"),
    "links": ("code", "similar occupation"),
}


@dg.asset(
    deps=[table.key for table in TABLES],
    description="What the current release has otherwise than the one before it, and the mappings that this concerns.",
    **in_group(ONET),
    kinds={"table"},
    code_version="1",
    automation_condition=WHEN_CONTENT_CHANGES,
    freshness_policy=A_QUARTER,
)
def release_changes(pipeline: dg.ResourceParam[Pipeline]) -> dg.MaterializeResult[None]:
    """Read what the last sync that changed anything wrote down, and look for mappings without their occupation."""
    with told_plainly():
        changes = pipeline.occupations.latest_changes()
        found = pipeline.mappings.displaced()
    told = changes.to_json() if changes else {}
    return dg.MaterializeResult(
        data_version=dg.DataVersion(hashlib.sha256(f"{json.dumps(told, sort_keys=True)}{found}".encode()).hexdigest()),
        metadata={
            **(_told(changes) if changes else {"release": "the first one: there is none to compare it with"}),
            "mappings_whose_code_has_gone": found.gone,
            "mappings_of_renamed_occupations": found.renamed,
            "mappings": mappings_shown(found.first),
        },
    )


def mappings_shown(mappings: Iterable[DisplacedMapping]) -> dg.MarkdownMetadataValue:
    """Show mappings beside what the current release has under their code."""
    header = ("upload", "role", "rows", "code", "title as mapped", "title now", "confirmed")
    return preview(
        header,
        [
            (
                each.upload_key,
                each.source_role,
                each.row_count,
                each.code,
                each.title,
                "the code has gone" if each.title_now is None else each.title_now,
                "yes" if each.is_confirmed else "no",
            )
            for each in mappings
        ],
    )


def _told(changes: ReleaseDiff) -> dict[str, Any]:
    counts = {name: kind.count for name, kind in changes.kinds.items()}
    shown = {
        f"first_{name}": preview(_header(name), kind.first[:_SHOWN])
        for name, kind in changes.kinds.items()
        if kind.count
    }
    return {"release": changes.direction, **counts, **shown, "credit": credit(f"{changes.before}, {changes.after}")}


def _header(kind: str) -> tuple[str, ...]:
    return _HEADERS.get(kind) or _HEADERS[kind.partition("_")[0]]
