"""Several rankings of the occupations become one list.

Belongs here: bringing scores of different rankers to one scale, weights, the choice and order of those shown. Does
not: any ranker.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

CHOOSING: Mapping[str, float] = {
    "best title": 3.0,
    "word documents": 2.0,
    "gram titles": 1.0,
    "meaning": 3.0,
    "meaning of words": 1.5,
    "meaning of sentences": 1.5,
    "readings": 3.0,
}
"""What each ranker counts in choosing those shown.

All lie on plateaus: half or twice any of them moves recall@20 by less than 0.003 on the mean of four gold sets. A
sentence model shares the weight of meaning.
"""
ORDERING: Mapping[str, float] = {
    **CHOOSING,
    "best title": 3.0,
    "meaning": 1.0,
    "meaning of words": 0.5,
    "meaning of sentences": 0.5,
    "readings": 0.5,
}
"""What each ranker counts in putting them in order: the nearest title is surest of the first place."""

FIRST_PAGE = 20
"""Candidates that are chosen as a set and then put in order; what a mapper is shown."""
FREE = 10
"""Candidates chosen by score alone; the others bring one code of each 6-digit occupation not yet among them."""
_POOL = 4
"""Times as many are looked at for variety as are shown; the largest family has 13 codes."""


def scaled(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale each row to a best of 1; a row without scores stays 0."""
    best: NDArray[np.float32] = scores.max(axis=1, keepdims=True)
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
    choosing: NDArray[np.float32],
    ordering: NDArray[np.float32],
    family: NDArray[np.int32],
    limit: int,
    free: int = FREE,
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return the columns shown, best first, and their scores.

    ``choosing`` decides which columns make the first page, ``ordering`` their order on it. A larger ``limit`` only adds
    columns at the end. ``family`` numbers the 6-digit code of each column.
    """
    pool = best_first(choosing, _POOL * max(limit, FIRST_PAGE))
    shown = varied(pool, family[pool], free)[:, : max(limit, FIRST_PAGE)]
    scores = np.take_along_axis(ordering, shown, axis=1)
    order = np.argsort(-scores[:, :FIRST_PAGE], axis=1, kind="stable")
    shown[:, :FIRST_PAGE] = np.take_along_axis(shown, order, axis=1)
    scores[:, :FIRST_PAGE] = np.take_along_axis(scores, order, axis=1)
    return shown[:, :limit], np.minimum.accumulate(scores[:, :limit], axis=1)


def varied(pool: NDArray[np.int32], family: NDArray[np.int32], free: int = FREE) -> NDArray[np.int32]:
    """Let the columns behind the first ``free`` wait whose family has come before; ``family`` is that of each."""
    by_family = np.argsort(family, axis=1, kind="stable")
    again = np.zeros(pool.shape, bool)
    again[:, 1:] = np.diff(np.take_along_axis(family, by_family, axis=1), axis=1) == 0
    waits = np.zeros(pool.shape, bool)
    np.put_along_axis(waits, by_family, again, axis=1)
    waits[:, :free] = False
    return np.take_along_axis(pool, np.argsort(waits, axis=1, kind="stable"), axis=1)


def best_first(scores: NDArray[np.float32], limit: int) -> NDArray[np.int32]:
    """Return the columns of the ``limit`` best scores, none negative, of each row; of equals, the lower comes first."""
    width = scores.shape[1]
    bits = width.bit_length()
    # The bits of a float that is not negative order as it does; the column in the lowest bits breaks ties.
    keys = scores.view(np.int32).astype(np.int64)
    keys <<= bits
    keys += np.arange(width)[::-1]
    if limit < width:
        keys = np.partition(keys, width - limit, axis=1)[:, width - limit :]
    keys = np.sort(keys, axis=1)[:, ::-1]
    columns: NDArray[np.int32] = (width - 1 - (keys & ((1 << bits) - 1))).astype(np.int32)
    return columns
