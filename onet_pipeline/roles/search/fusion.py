"""Several rankings of the occupations become one list.

Belongs here: bringing scores of different rankers to one scale, weights, the choice and order of those shown. Does
not: any ranker.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

CHOOSING: Mapping[str, float] = {
    "best title": 1.0,
    "title votes": 1.0,
    "word documents": 1.0,
    "gram documents": 1.0,
    "gram titles": 1.0,
}
"""What each ranker counts in choosing those shown; equal, as no weighting tried was better on all four gold sets."""
ORDERING: Mapping[str, float] = CHOOSING
"""What each ranker counts in putting them in order."""

FIRST_PAGE = 20
"""Candidates that are chosen as a set and then put in order; what a mapper is shown."""
FREE = 10
"""Candidates chosen by score alone; the others bring one code of each 6-digit occupation not yet among them."""
_LIFT = 100.0
"""More than any score."""


def scaled(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale each row to a best of 1; a row without scores stays 0."""
    best = scores.max(axis=1, keepdims=True)
    best[best <= 0] = 1
    return scores / best


def fuse(evidence: Mapping[str, NDArray[np.float32]], weights: Mapping[str, float]) -> NDArray[np.float32]:
    """Return the weighted mean of scaled scores.

    1 says that all rankers put the same occupation first; 0, that none found anything.
    """
    total = sum(weights[name] for name in evidence)
    fused = np.zeros_like(next(iter(evidence.values())))
    for name, scores in evidence.items():
        fused += scores * np.float32(weights[name] / total)
    return fused


def shown_first(
    choosing: NDArray[np.float32], ordering: NDArray[np.float32], family: NDArray[np.int32], limit: int
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return the columns shown, best first, and their scores.

    ``choosing`` decides which columns make the first page, ``ordering`` their order on it. A larger ``limit`` only adds
    columns at the end. ``family`` numbers the 6-digit code of each column, ascending.
    """
    shown = best_first(varied(choosing, family), max(limit, FIRST_PAGE))
    scores = np.take_along_axis(ordering, shown, axis=1)
    order = np.argsort(-scores[:, :FIRST_PAGE], axis=1, kind="stable")
    shown[:, :FIRST_PAGE] = np.take_along_axis(shown, order, axis=1)
    scores[:, :FIRST_PAGE] = np.take_along_axis(scores, order, axis=1)
    return shown[:, :limit], np.minimum.accumulate(scores[:, :limit], axis=1)


def varied(scores: NDArray[np.float32], family: NDArray[np.int32]) -> NDArray[np.float32]:
    """Lift, behind the best ``FREE`` of each row, the best column of each family that is not among them."""
    free = best_first(scores, FREE)
    starts = np.searchsorted(family, np.arange(family[-1] + 1))
    leader = scores == np.maximum.reduceat(scores, starts, axis=1)[:, family]
    seen = np.zeros((len(scores), len(starts)), bool)
    np.put_along_axis(seen, family[free], True, axis=1)
    lifted = np.where(leader & ~seen[:, family], scores + np.float32(_LIFT), scores)
    np.put_along_axis(lifted, free, np.take_along_axis(scores, free, axis=1) + np.float32(2 * _LIFT), axis=1)
    return lifted


def best_first(scores: NDArray[np.float32], limit: int) -> NDArray[np.int32]:
    """Return the columns of the ``limit`` best scores of each row; of equals, the lower column comes first."""
    limit = min(limit, scores.shape[1])
    # Equal scores at the cut would be taken in any order: the column number decides below the seventh digit.
    keys = scores.astype(np.float64) - np.arange(scores.shape[1]) * 1e-9
    chosen = np.argpartition(-keys, limit - 1, axis=1)[:, :limit]
    order = np.argsort(-np.take_along_axis(keys, chosen, axis=1), axis=1)
    return np.take_along_axis(chosen, order, axis=1).astype(np.int32)
