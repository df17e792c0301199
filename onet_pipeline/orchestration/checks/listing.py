"""What a check over everything says: that its list is empty, or what stands on it.

Belongs here: the form of the answer. Does not: what is listed (``checks.uploads``, ``checks.review``).
"""

from collections.abc import Sequence
from typing import Final

import dagster as dg

from onet_pipeline.orchestration.tables import preview

_LISTED: Final = 50


def nothing_listed(what: str, header: Sequence[str], rows: Sequence[Sequence[object]]) -> dg.AssetCheckResult:
    """Pass where there are no rows; else warn, and show how many and the first of them."""
    return dg.AssetCheckResult(
        passed=not rows,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={what: len(rows), "first": preview(header, rows[:_LISTED])},
    )
