"""Who is right: shares by tier, and when they replace a fixed score."""

import pytest

from onet_pipeline.review.accuracy import LEAST_JUDGED, measured_scores, tier_accuracies
from onet_pipeline.roles.records import ConfidenceTier
from onet_pipeline.store.review_records import Agreement

HIGH, MEDIUM, LOW = ConfidenceTier


def agreement(
    agreed: int,
    judged: int,
    tier: ConfidenceTier = HIGH,
    *,
    onet_version: str = "30.1",
    mapper: str = "claude",
    model: str | None = "haiku",
) -> Agreement:
    return Agreement(onet_version, mapper, model, tier, agreed, judged)


def test_shares_come_with_their_interval_high_first() -> None:
    high, low = tier_accuracies([agreement(1, 4, LOW), agreement(28, 30)])
    assert (low.tier, low.share.hits, low.share.n) == (LOW, 1, 4)
    assert high.tier is HIGH
    assert high.share.interval == pytest.approx((0.787, 0.982), abs=0.001)


def test_a_measured_share_replaces_a_fixed_score_from_thirty_judgements_on() -> None:
    few, enough = agreement(29, LEAST_JUDGED - 1), agreement(15, LEAST_JUDGED, MEDIUM)
    assert measured_scores([few, enough], "claude", "haiku") == {MEDIUM: 0.5}


def test_releases_add_up_and_other_mappers_and_models_do_not_count() -> None:
    counted = [agreement(10, 15), agreement(11, 15, onet_version="31.0")]
    others = [agreement(0, 90, model="opus"), agreement(0, 90, mapper="lexical", model=None)]
    assert measured_scores([*counted, *others], "claude", "haiku") == {HIGH: 0.7}
    assert measured_scores(others, "lexical", None) == {HIGH: 0.0}
