"""How well search does on labelled titles, release by release.

Belongs here: the asset, its figures and their history as a chart. Does not: scoring (``steps.evaluation``).
"""

import io
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import dagster as dg

from onet_pipeline.orchestration.assets.search import search_index
from onet_pipeline.orchestration.automation import WHEN_CONTENT_CHANGES
from onet_pipeline.orchestration.failures import told_plainly
from onet_pipeline.orchestration.groups import SEARCH, in_group
from onet_pipeline.orchestration.tables import picture, preview
from onet_pipeline.roles.evaluation import Evaluation, Share, Slice
from onet_pipeline.steps.evaluation import evaluate_search
from onet_pipeline.steps.pipeline import Pipeline

SHOWN: Final = 20
KEY: Final = dg.AssetKey("retrieval_evaluation")
_REMEMBERED: Final = 40


@dataclass(frozen=True, slots=True)
class Recall:
    """Recall@20 on the unseen titles of one labelled set, as one materialization told it."""

    when: datetime
    gold: str
    onet_version: str
    index_version: str
    value: float
    low: float
    high: float


@dg.asset(
    key=KEY,
    deps=[search_index],
    description="Search scored on labelled titles: was an accepted occupation among the candidates shown.",
    **in_group(SEARCH),
    kinds={"numpy"},
    code_version="1",
    automation_condition=WHEN_CONTENT_CHANGES,
)
def retrieval_evaluation(
    context: dg.AssetExecutionContext, pipeline: dg.ResourceParam[Pipeline]
) -> dg.MaterializeResult[None]:
    """Score the index of the current release."""
    started = time.monotonic()
    with told_plainly():
        scores = evaluate_search(pipeline)
    now = [recall for each in scores for recall in _recalls(each)]
    return dg.MaterializeResult(
        data_version=dg.DataVersion(scores[0].index_version),
        metadata={
            "onet_version": scores[0].release,
            "index_version": scores[0].index_version,
            **{f"recall_at_{SHOWN} {each.gold}": round(each.value, 4) for each in now},
            "recall": {each.gold: _plain(each) for each in now},
            "scores": preview(*_table(scores)),
            "history": _chart([*history(context.instance), *now]),
            "seconds": round(time.monotonic() - started, 1),
        },
    )


def history(instance: dg.DagsterInstance) -> list[Recall]:
    """Return what earlier materializations told, oldest first, at most 40 of them."""
    records = instance.fetch_materializations(KEY, limit=_REMEMBERED).records
    told = [(record.timestamp, record.asset_materialization) for record in reversed(records)]
    return [
        Recall(when=datetime.fromtimestamp(timestamp, UTC), gold=gold, **figures)
        for timestamp, event in told
        if event is not None and "recall" in event.metadata
        for gold, figures in _told(event.metadata["recall"]).items()
    ]


def _told(value: dg.MetadataValue[Any]) -> dict[str, dict[str, Any]]:
    told: dict[str, dict[str, Any]] = value.value
    return told


def _recalls(scores: Evaluation) -> Iterable[Recall]:
    share = _unseen(scores)
    if share.value is not None:
        low, high = share.interval
        now = datetime.now(UTC)
        yield Recall(now, scores.gold, scores.release, scores.index_version, share.value, low, high)


def _unseen(scores: Evaluation) -> Share:
    """Titles that O*NET itself has are found by looking them up; the others show what search can do."""
    return next(part.recall[SHOWN] for part in scores.slices if part.slice == Slice.UNSEEN)


def _plain(recall: Recall) -> dict[str, object]:
    return {
        "onet_version": recall.onet_version,
        "index_version": recall.index_version,
        "value": recall.value,
        "low": recall.low,
        "high": recall.high,
    }


def _table(scores: Sequence[Evaluation]) -> tuple[Sequence[str], list[tuple[str, ...]]]:
    header, *_ = scores[0].rows()
    return ("labelled set", *header), [(each.gold, *row) for each in scores for row in each.rows()[1:]]


def _chart(recalls: Sequence[Recall]) -> dg.MarkdownMetadataValue:
    """Draw recall over time with its intervals, one line for each labelled set."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3), dpi=100, layout="constrained")
    axes = figure.subplots()
    for gold in dict.fromkeys(each.gold for each in recalls):
        mine = [each for each in recalls if each.gold == gold]
        bars = [[each.value - each.low for each in mine], [each.high - each.value for each in mine]]
        axes.errorbar(range(len(mine)), [each.value for each in mine], bars, marker="o", capsize=3, label=gold)
        axes.set_xticks(range(len(mine)), [f"{each.onet_version}\n{each.when:%d %b %y}" for each in mine])
    axes.set_ylabel(f"recall@{SHOWN}, unseen titles")
    axes.legend(loc="lower left")
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png")
    return dg.MetadataValue.md(picture(drawn.getvalue(), f"recall@{SHOWN} over time"))
