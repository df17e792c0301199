"""The rankers that take part, by name.

Belongs here: the protocol of a ranker and the one table of them. Does not: what they count for (``fusion``).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from onet_pipeline.roles.search.bm25 import Bm25
from onet_pipeline.roles.search.corpus import Corpus
from onet_pipeline.roles.search.matrices import Arrays
from onet_pipeline.roles.search.meaning import Meaning
from onet_pipeline.roles.search.readings import Readings
from onet_pipeline.roles.search.semantic import SemanticKind
from onet_pipeline.roles.search.terms import grams, letter_pairs, singulars
from onet_pipeline.roles.search.title_classifier import TitleClassifier


class Ranker(Protocol):
    """Scores every occupation for every title, dense: there are only about a thousand occupations."""

    def scores(self, titles: Sequence[str]) -> NDArray[np.float32]:
        """Return the scores of all occupations (columns) for normalised titles (rows): 0 for none, higher is better."""
        ...

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return all there is to store."""
        ...


@dataclass(frozen=True, slots=True)
class Kind:
    """How a ranker is built from a corpus, and made again from what was stored."""

    built: Callable[[Corpus], Ranker]
    restored: Callable[[Arrays], Ranker]


RANKERS: Mapping[str, Kind] = {
    "word documents": Kind(lambda corpus: Bm25.of(singulars, corpus.all_words), partial(Bm25.restored, singulars)),
    "gram titles": Kind(lambda corpus: Bm25.of(grams, corpus.title_words), partial(Bm25.restored, grams)),
    "meaning": Kind(Meaning.of, Meaning.restored),
    "readings": Kind(Readings.of, Readings.restored),
    "title classifier": Kind(TitleClassifier.of, TitleClassifier.restored),
}
SENTENCES = "meaning of sentences"
LAST_RESORT = Kind(lambda corpus: Bm25.of(letter_pairs, corpus.title_words), partial(Bm25.restored, letter_pairs))
"""Asked only of titles for which the others find nothing."""


def kinds(semantic: SemanticKind | None) -> Mapping[str, Kind]:
    """Return the rankers that take part; where a sentence model is named, it shares the place of meaning."""
    if semantic is None:
        return RANKERS
    others = {name: kind for name, kind in RANKERS.items() if name != "meaning"}
    return {**others, "meaning of words": RANKERS["meaning"], SENTENCES: Kind(semantic.built, semantic.restored)}
