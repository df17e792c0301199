"""A batch of titles in which those with abbreviations are asked a second time, spelt out.

Belongs here: laying out the second questions behind the first, and making one answer of two. Does not: what an
abbreviation stands for (``abbreviations``).

Both are asked because either may be wrong: O*NET itself uses some short forms ("tech", "RN"), so that they are found
best as written, and a short form may stand for something else than is thought.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onet_pipeline.roles.search.abbreviations import expanded
from onet_pipeline.roles.search.nearest import Near


@dataclass(frozen=True, slots=True, eq=False)
class AskedTwice:
    """``titles`` holds those asked and, behind them, the second form of the rows that ``again`` numbers."""

    titles: tuple[str, ...]
    again: NDArray[np.intp]

    @classmethod
    def of(cls, asked: Sequence[str]) -> AskedTwice:
        """Spell out the abbreviations of normalised titles."""
        spelt = {row: text for row, title in enumerate(asked) if (text := expanded(title))}
        return cls((*asked, *spelt.values()), np.array(list(spelt), np.intp))

    def mean(self, scores: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return one row for each title asked: of two, their mean."""
        count = len(self.titles) - len(self.again)
        one = scores[:count]
        one[self.again] = (one[self.again] + scores[count:]) / 2
        return one

    def nearest(self, near: Near) -> Near:
        """Return one row for each title asked: of two, what is nearer to either form; of equals, to the first."""
        count = len(self.titles) - len(self.again)
        one, second = near.ranked[:count], near.ranked[count:]
        first = one[self.again]
        one[self.again] = np.where(second >> 32 > first >> 32, second, first)
        return Near(one)
