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

    def matched(self, near: Near, shown: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the number of the title nearest to either form for each occupation shown, -1 where there is none."""
        count = len(shown)
        matched = near.matched(np.concatenate([shown, shown[self.again]]))
        first = np.take_along_axis(near.best[self.again], shown[self.again], axis=1)
        second = np.take_along_axis(near.best[count:], shown[self.again], axis=1)
        matched[self.again] = np.where(second > first, matched[count:], matched[self.again])
        return matched[:count]
