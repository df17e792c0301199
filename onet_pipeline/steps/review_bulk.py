"""Confirm many mappings at once: every HIGH one of an upload, or every one whose role is a title of its occupation.

Belongs here: which mappings, preview, one transaction. Does not: asking whether to go on (``cli``).
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum

from onet_pipeline.roles.records import ConfidenceTier, Method
from onet_pipeline.roles.titles import normalise
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.steps.review import show_decisions
from onet_pipeline.store.records import Mapping as RoleMapping
from onet_pipeline.store.review_records import Verdict, decision_on


class Bulk(StrEnum):
    """Which mappings are confirmed together."""

    HIGH = "high"
    EXACT = "exact"


def bulk_candidates(pipeline: Pipeline, upload_key: str, bulk: Bulk) -> tuple[RoleMapping, ...]:
    """Return what would be confirmed, most rows first: undecided, with a code of the current release.

    HIGH: the mapper, or a reviewer elsewhere, is sure. EXACT: the role is a title of its occupation and of no other.

    Raises:
        NoRelease: nothing has been synced.
    """
    return tuple(filter(_rule(pipeline, bulk), pipeline.mappings.mappings(upload_key)))


def confirm_bulk(pipeline: Pipeline, upload_key: str, bulk: Bulk, *, reviewer: str) -> int:
    """Confirm them in one transaction, judged as they are at that moment; return how many.

    Such decisions are marked: they confirm the code and say nothing about how often the mapper is right.
    """
    fits, now = _rule(pipeline, bulk), datetime.now(UTC)
    with pipeline.reviews.applying() as applying:
        decisions = [
            replace(
                decision_on(
                    mapping,
                    Verdict.CONFIRM,
                    mapping.onet_code,
                    title=mapping.onet_title,
                    reviewer=reviewer,
                    decided_at=now,
                    applied_at=now,
                ),
                bulk=True,
            )
            for mapping in applying.of_upload(upload_key)
            if fits(mapping)
        ]
        applying.write(decisions)
    show_decisions(pipeline, [upload_key] if decisions else [])
    return len(decisions)


def _rule(pipeline: Pipeline, bulk: Bulk) -> Callable[[RoleMapping], bool]:
    release = pipeline.occupations.load_release()
    codes = {occupation.code for occupation in release.occupations}
    titles: Mapping[str, set[str]] = {}
    if bulk is Bulk.EXACT:
        titles = defaultdict(set)
        named = [(each.title, each.code) for each in release.occupations]
        for title, code in named + [(each.title, each.code) for each in release.alternate_titles]:
            titles[normalise(title)].add(code)

    def fits(mapping: RoleMapping) -> bool:
        undecided = not mapping.user_confirmed and not mapping.is_rejected and mapping.onet_code in codes
        if bulk is Bulk.EXACT:
            return undecided and titles.get(normalise(mapping.source_role)) == {mapping.onet_code}
        return undecided and mapping.confidence is ConfidenceTier.HIGH and mapping.method is not Method.FALLBACK

    return fits
