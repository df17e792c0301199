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
    "title classifier": 3.0,
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
    "title classifier": 2.0,
}
"""What each ranker counts in putting them in order: the nearest title is surest of the first place."""

FIRST_PAGE = 20
"""Candidates that are chosen as a set and then put in order; what a mapper is shown."""
AGAIN = 0.8
"""What each further code of a 6-digit occupation counts, of the one before it, in choosing those shown.

From 0.9 to 0.7 recall@20 at six digits rises by 0.003 on the mean of four gold sets, and titles of detailed codes lose
their own code twice in a hundred: 0.8 is better at both than a number of places without regard to families.
"""
_POOL = 80
"""Columns that are looked at for variety: with the largest family, of 13 codes, they bring many more than a page."""


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
    again: float = AGAIN,
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return the columns shown, best first, and their scores.

    ``choosing`` decides which columns make the first page, ``ordering`` their order on it. A larger ``limit`` only adds
    columns at the end. ``family`` numbers the 6-digit code of each column.
    """
    pool = best_first(choosing, max(limit, _POOL))
    front = pool[:, :_POOL]
    order = varied(np.take_along_axis(choosing, front, axis=1), family[front], again)
    pool[:, :_POOL] = np.take_along_axis(front, order, axis=1)
    shown = pool[:, : max(limit, FIRST_PAGE)]
    scores = np.take_along_axis(ordering, shown, axis=1)
    order = np.argsort(-scores[:, :FIRST_PAGE], axis=1, kind="stable")
    shown[:, :FIRST_PAGE] = np.take_along_axis(shown, order, axis=1)
    scores[:, :FIRST_PAGE] = np.take_along_axis(scores, order, axis=1)
    return shown[:, :limit], np.minimum.accumulate(scores[:, :limit], axis=1)


def varied(scores: NDArray[np.float32], family: NDArray[np.int32], again: float = AGAIN) -> NDArray[np.intp]:
    """Return the order of columns that are given best first, each further one of a family worth less.

    ``family`` is that of each; the k-th of one counts ``again`` to the power of k - 1.
    """
    by_family = np.argsort(family, axis=1, kind="stable")
    begins = np.diff(np.take_along_axis(family, by_family, axis=1), axis=1, prepend=-1) != 0
    place = np.empty(family.shape, np.intp)
    np.put_along_axis(place, by_family, places(begins), axis=1)
    return np.argsort(-scores * np.float32(again) ** place, axis=1, kind="stable")


def places(begins: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return the place of each entry in its run along the last axis, from 0; ``begins`` is true where one begins."""
    at = np.arange(begins.shape[-1])
    return at - np.maximum.accumulate(np.where(begins, at, 0), axis=-1)


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
