"""Evidence passed on along O*NET's ``Related Occupations``.

Belongs here: the links as a matrix and the passing on. Does not: how the evidence came about.

https://www.onetcenter.org/dictionary/30.1/text/related_occupations.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from onet_pipeline.roles.search.corpus import Corpus
from onet_pipeline.roles.search.fusion import best_first

if TYPE_CHECKING:
    from scipy.sparse import csr_array

GIVERS = 10
"""How many of the best occupations of a title pass evidence on."""
SHARE = 0.05
"""What part of its score a giver passes on along each link; O*NET gives an occupation up to 20 links."""


def related(corpus: Corpus) -> csr_array:
    """Return the links (row gives, column receives); empty where the table is absent."""
    from scipy.sparse import csr_array

    number = corpus.number
    links = sorted(
        {
            (number[link.code], number[link.related_code])
            for link in corpus.release.related_occupations
            if link.code in number and link.related_code in number
        }
    )
    giver = np.array([link[0] for link in links], np.int32)
    receiver = np.array([link[1] for link in links], np.int32)
    return csr_array((np.full(len(links), SHARE, np.float32), (giver, receiver)), shape=(len(number), len(number)))


def received(scores: NDArray[np.float32], links: csr_array) -> NDArray[np.float32]:
    """Return what each occupation (column) is given by the best of the row: a share of its score."""
    from scipy.sparse import csr_array

    givers = min(GIVERS, scores.shape[1])
    best = best_first(scores, givers)
    values = np.take_along_axis(scores, best, axis=1)
    ends = np.arange(0, best.size + 1, givers)
    given: csr_array = csr_array((values.ravel(), best.ravel(), ends), shape=scores.shape)
    passed_on: NDArray[np.float32] = (given @ links).toarray()
    return passed_on
