"""The check that search has not become worse.

Belongs here: comparing with the last release or version of the search. Does not: scoring (``assets.evaluation``).
"""

from collections.abc import Sequence

import dagster as dg

from onet_pipeline.orchestration.assets.evaluation import Recall, history, retrieval_evaluation
from onet_pipeline.orchestration.tables import preview


@dg.asset_check(
    asset=retrieval_evaluation,
    description="Recall is not below the interval it had with the last release or version of the search.",
)
def recall_has_not_fallen(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
    """Warn where recall fell by more than chance explains."""
    recalls = history(context.instance)
    rows = []
    for gold in dict.fromkeys(each.gold for each in recalls):
        mine = [each for each in recalls if each.gold == gold]
        if before := last_other(mine):
            rows.append((gold, before.onet_version, before.value, before.low, mine[-1].onet_version, mine[-1].value))
    fallen = [gold for gold, _, _, low, _, now in rows if now < low]
    header = ("labelled set", "release before", "recall before", "at least", "release now", "recall now")
    return dg.AssetCheckResult(
        passed=not fallen,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"Recall has fallen on {', '.join(fallen)}: compare the releases, or the search code."
        if fallen
        else None,
        metadata={"compared": preview(header, rows)},
    )


def last_other(recalls: Sequence[Recall]) -> Recall | None:
    """Return the latest figure of another index than the newest one's, None where there is none."""
    return next((each for each in reversed(recalls) if each.index_version != recalls[-1].index_version), None)
