"""Who is right: how often reviewers chose the mapper's code, by confidence tier.

Belongs here: shares with intervals, and the rule by which a measured share replaces a tier's fixed score. Does not:
counting (``store``), or the interval (``roles.evaluation``).

docs/decisions/0011-what-confirmations-change.md
"""

from collections.abc import Iterable
from dataclasses import dataclass

from onet_pipeline.roles.evaluation import Share
from onet_pipeline.roles.records import ConfidenceTier
from onet_pipeline.store.review_records import Agreement

LEAST_JUDGED = 30
"""Judgements of a tier before its measured share replaces its fixed score; its 95 % interval is then ±0.17 at most."""


@dataclass(frozen=True, slots=True)
class TierAccuracy:
    """How often reviewers agreed with a mapper in one tier, on one release."""

    onet_version: str
    mapper: str
    model: str | None
    tier: ConfidenceTier
    share: Share


def tier_accuracies(agreements: Iterable[Agreement]) -> tuple[TierAccuracy, ...]:
    """Return the shares by release, mapper, model and tier, HIGH first."""
    tiers = list(ConfidenceTier)
    found = [
        TierAccuracy(each.onet_version, each.mapper, each.model, each.tier, Share(each.agreed, each.judged))
        for each in agreements
    ]
    return tuple(sorted(found, key=lambda a: (a.onet_version, a.mapper, a.model or "", tiers.index(a.tier))))


def measured_scores(agreements: Iterable[Agreement], mapper: str, model: str | None) -> dict[ConfidenceTier, float]:
    """Return the measured score of each tier that has at least 30 judgements of this mapper and model.

    Judgements on all releases count. A tier that is missing keeps its fixed score.
    """
    own = [each for each in agreements if (each.mapper, each.model) == (mapper, model)]
    shares = {
        tier: Share(
            sum(each.agreed for each in own if each.tier is tier), sum(each.judged for each in own if each.tier is tier)
        )
        for tier in ConfidenceTier
    }
    return {
        tier: round(share.value, 3)
        for tier, share in shares.items()
        if share.n >= LEAST_JUDGED and share.value is not None
    }
