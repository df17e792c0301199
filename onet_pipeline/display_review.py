"""How the review commands show things.

Belongs here: wording and tables of review. Does not: other commands (``display``), or finding out anything.

https://rich.readthedocs.io/
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from onet_pipeline.display import console, short
from onet_pipeline.roles.records import ConfidenceTier

if TYPE_CHECKING:
    from onet_pipeline.review.accuracy import TierAccuracy
    from onet_pipeline.steps.review import ImportedReview
    from onet_pipeline.steps.review_status import ReviewStatus
    from onet_pipeline.store.records import Mapping

_MOST_SHOWN = 40


def imported(review: "ImportedReview") -> None:
    """Print what came of a reviewed file."""
    file = review.file
    counts = f"{file.applied} applied, {file.unchanged} unchanged, {file.conflicts} in conflict, {file.faults} refused"
    if review.known:
        when = file.applied_at.strftime("%Y-%m-%d %H:%M UTC")
        console().print(f"Nothing done: this content was applied on {when} ({counts}).", soft_wrap=True)
        return
    console().print(counts)
    if review.result:
        console().print(f"Row by row: {escape(review.result)}", soft_wrap=True)


def preview(mappings: Sequence["Mapping"]) -> None:
    """Print what would be confirmed."""
    table = Table("role", "rows", "code", "occupation", "confidence", box=None, header_style="bold")
    for mapping in mappings[:_MOST_SHOWN]:
        table.add_row(
            escape(short(mapping.source_role, 48)),
            str(mapping.row_count),
            mapping.onet_code or "–",
            escape(short(mapping.onet_title or "", 52)),
            mapping.confidence.value,
        )
    console().print(table)
    more = f", {len(mappings) - _MOST_SHOWN} not shown" if len(mappings) > _MOST_SHOWN else ""
    console().print(f"{len(mappings)} would be confirmed{more}; nothing is done without --yes.", soft_wrap=True)


def confirmed(number: int, reviewer: str) -> None:
    """Print how many were confirmed."""
    console().print(f"{number} confirmed by {escape(reviewer)}.")


def status(found: "ReviewStatus") -> None:
    """Print where review stands."""
    table = Table("upload", "file", "roles", "confirmed", "rejected", "waiting", box=None, header_style="bold")
    for each in found.uploads:
        waiting = ", ".join(f"{each.waiting[tier]} {tier.value}" for tier in ConfidenceTier if each.waiting.get(tier))
        numbers = (str(each.roles), str(each.confirmed), str(each.rejected))
        table.add_row(escape(each.key), escape(short(each.path, 40)), *numbers, waiting or "none")
    console().print(table)
    for mapping in found.retired[:_MOST_SHOWN]:
        told = f"{short(mapping.source_role, 48)}” ({mapping.upload_key}): {mapping.code}"
        console().print(f"Retired code: “{escape(told)} is not in the current release.", soft_wrap=True)
    for file in found.troubled[:_MOST_SHOWN]:
        told = file.reason or f"{file.conflicts} rows in conflict, {file.faults} refused: see its result workbook"
        console().print(f"{escape(file.name)}: {escape(told)}", soft_wrap=True)
    if found.accuracies:
        _accuracies(found.accuracies)


def _accuracies(accuracies: Sequence["TierAccuracy"]) -> None:
    table = Table("release", "mapper", "confidence", "agreed", "of", "share", "95 % interval", box=None)
    for each in accuracies:
        low, high = each.share.interval
        table.add_row(
            each.onet_version,
            escape(each.model or each.mapper),
            each.tier.value,
            str(each.share.hits),
            str(each.share.n),
            f"{each.share.value or 0:.3f}",
            f"{low:.3f}–{high:.3f}",
        )
    console().print(table)
