"""Linear functions of a title's vector that come out the same in any batch and on any machine.

Belongs here: rounding to steps and the product. Does not: what the functions say, or how they were learnt.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

_WEIGHT_STEPS, _VECTOR_STEPS = 255, 4095
"""Steps to the largest weight of an occupation, and to 1 in a vector of length one: with 192 numbers, a sum of products
is at most 4095 x 255 x sqrt(192), below 2^24."""


class Readout:
    """A linear function per occupation, in whole steps.

    Sums of products of whole numbers below 2^24 are exact in float32: a title scores the same in any batch, on any
    machine. Matrix products of fractions do not.
    """

    def __init__(self, steps: NDArray[np.int16], step: NDArray[np.float32], offset: NDArray[np.float32]) -> None:
        """``steps`` has a row per occupation; ``step`` is the size of one, ``offset`` what is added, for each."""
        self._steps, self._step, self._offset = steps, step, offset
        self._columns = steps.T.astype(np.float32)

    @classmethod
    def of(cls, weights: NDArray[np.float32], offset: NDArray[np.float32] | None = None) -> Readout:
        """Round weights (a row per occupation) to steps."""
        step = (np.abs(weights).max(axis=1) / _WEIGHT_STEPS).astype(np.float32)
        step[step == 0] = 1
        offset = np.zeros_like(step) if offset is None else offset.astype(np.float32)
        return cls(np.rint(weights / step[:, None]).astype(np.int16), step, offset)

    def values(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the values of all occupations (columns) for vectors of at most length one (rows)."""
        steps = np.rint(vectors * np.float32(_VECTOR_STEPS))
        with _blas().limit(limits=1, user_api="blas"):
            values: NDArray[np.float32] = steps @ self._columns
        values *= self._step / np.float32(_VECTOR_STEPS)
        values += self._offset
        return values

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return all there is to store."""
        return {"steps": self._steps, "step": self._step, "offset": self._offset}


@cache
def _blas() -> ThreadpoolController:
    """Bound the threads of a product: two halve 0.5 ms where both cores are idle, and wait 16 ms where one is not."""
    return ThreadpoolController()
