"""Where review stands: what is decided and what waits, per upload; retired codes; files with rows left out; accuracy.

Belongs here: gathering what `onet-pipeline review status` and checks show. Does not: showing it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from onet_pipeline.review.accuracy import TierAccuracy, tier_accuracies
from onet_pipeline.roles.records import ConfidenceTier
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.store.displaced import DisplacedMapping
from onet_pipeline.store.records import MappingCounts
from onet_pipeline.store.review_records import ReviewFile

TROUBLE_LASTS = timedelta(days=30)
"""A row left out longer ago than that has been decided elsewhere, or is not missed."""


@dataclass(frozen=True, slots=True)
class UploadReview:
    """How far the review of one upload is; ``waiting`` counts undecided roles by tier."""

    key: str
    path: str
    roles: int
    confirmed: int
    rejected: int
    waiting: Mapping[ConfidenceTier, int]


@dataclass(frozen=True, slots=True)
class ReviewStatus:
    """The state of review; ``retired`` are confirmed mappings whose code the current release lacks.

    ``troubled`` are the files of the last 30 days of which something was not applied, newest first.
    """

    uploads: tuple[UploadReview, ...]
    retired: tuple[DisplacedMapping, ...]
    troubled: tuple[ReviewFile, ...]
    accuracies: tuple[TierAccuracy, ...]


def read_review_status(pipeline: Pipeline) -> ReviewStatus:
    """Read the present state."""
    counts = pipeline.mappings.counts()
    waiting = pipeline.reviews.undecided()
    return ReviewStatus(
        uploads=tuple(
            _of_upload(upload.key, upload.path, counts[upload.key], waiting.get(upload.key, {}))
            for upload in pipeline.uploads.all()
            if upload.key in counts
        ),
        retired=pipeline.reviews.retired(),
        troubled=troubled_files(pipeline),
        accuracies=tier_accuracies(pipeline.reviews.agreements()),
    )


def troubled_files(pipeline: Pipeline) -> tuple[ReviewFile, ...]:
    """Return the files of the last 30 days of which something was not applied, newest first."""
    since = datetime.now(UTC) - TROUBLE_LASTS
    return tuple(
        file
        for file in pipeline.reviews.files()
        if file.applied_at >= since and (file.conflicts or file.faults or file.reason)
    )


def _of_upload(key: str, path: str, counts: MappingCounts, waiting: Mapping[ConfidenceTier, int]) -> UploadReview:
    rejected = counts.roles - counts.confirmed - sum(waiting.values())
    return UploadReview(key, path, counts.roles, counts.confirmed, rejected, waiting)
