"""The search index: everything that turns titles into candidates.

Belongs here: putting the rankers together, one batch at a time, and their stored form. Does not: the rankers.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from upath import UPath

from onet_pipeline.errors import SearchIndexDamaged
from onet_pipeline.onet.records import Release
from onet_pipeline.roles.records import Candidate
from onet_pipeline.roles.search import artefact
from onet_pipeline.roles.search.aliases import Alias
from onet_pipeline.roles.search.bm25 import Bm25
from onet_pipeline.roles.search.documents import occupation_words, title_rows
from onet_pipeline.roles.search.fusion import fuse, shown_first
from onet_pipeline.roles.search.graph import received, related
from onet_pipeline.roles.search.matrices import Arrays, prefixed, put_together, taken_apart, under
from onet_pipeline.roles.search.nearest import NearestTitles
from onet_pipeline.roles.search.terms import grams, singular, words
from onet_pipeline.roles.search.variants import Variants
from onet_pipeline.roles.search.vocabulary import Cut

if TYPE_CHECKING:
    from scipy.sparse import csr_array

SEARCH_CODE_VERSION = "1"
"""Raise it with every change that can alter a ranking: stored indexes of another version are rebuilt."""

_BATCH = 512
"""Titles searched at once: 1,016 occupations x 4 bytes x a handful of rankers, about 20 MB."""


def index_version(release_content_sha256: str, aliases: Sequence[Alias] = ()) -> str:
    """Hash what determines an index, so that a worker can tell whether a stored one is current before loading it."""
    own = sorted((alias.title, alias.code, alias.origin) for alias in aliases)
    material = json.dumps([SEARCH_CODE_VERSION, release_content_sha256, own], ensure_ascii=False)
    return hashlib.sha256(material.encode()).hexdigest()


def build_index(release: Release, aliases: Sequence[Alias] = ()) -> SearchIndex:
    """Build the index of a release; aliases whose code the release lacks are left out."""
    rows = title_rows(release, aliases)
    titles: list[list[str]] = [[] for _ in release.occupations]
    for row in rows:
        titles[row.occupation] += row.words.split()
    whole = [mine + more for mine, more in zip(titles, occupation_words(release), strict=True)]
    occupation = np.array([row.occupation for row in rows], np.int32)
    return SearchIndex(
        version=index_version(release.content_sha256, aliases),
        catalogue=Catalogue(
            occupations=tuple((o.code, o.title, o.description) for o in release.occupations),
            titles=tuple(row.title for row in rows),
            origins=tuple(row.origin for row in rows),
        ),
        nearest=NearestTitles.of([row.words for row in rows], occupation, len(titles)),
        documents={
            "word documents": Bm25.of(_CUTS["word documents"], whole),
            "gram documents": Bm25.of(_CUTS["gram documents"], whole),
            "gram titles": Bm25.of(_CUTS["gram titles"], titles),
            _LAST_RESORT: Bm25.of(_CUTS[_LAST_RESORT], titles),
        },
        links=related(release),
        variants=Variants.of(row.words for row in rows),
    )


def _singulars(word: str) -> tuple[str]:
    return (singular(word),)


def _pairs(word: str) -> list[str]:
    return grams(word, 2)


_OWN_TITLE = 3.0
"""Added to the occupation of an alias that equals the title; more than evidence (1) and its relations (1) can add."""
_LAST_RESORT = "letter pairs"
_CUTS: Mapping[str, Cut] = {
    "word documents": _singulars,
    "gram documents": grams,
    "gram titles": grams,
    _LAST_RESORT: _pairs,
}


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What is shown: (code, title, description) of each occupation, each title as written, and where it comes from."""

    occupations: tuple[tuple[str, str, str], ...]
    titles: tuple[str, ...]
    origins: tuple[str, ...]


def _own_titles(catalogue: Catalogue, occupation: NDArray[np.int32]) -> dict[str, list[int]]:
    own: dict[str, list[int]] = {}
    for title, origin, at in zip(catalogue.titles, catalogue.origins, occupation.tolist(), strict=True):
        if origin != "onet":
            own.setdefault(" ".join(words(title)), []).append(at)
    return own


class SearchIndex:
    """Finds the occupations that a title may mean, among those of one release."""

    def __init__(
        self,
        version: str,
        catalogue: Catalogue,
        nearest: NearestTitles,
        documents: dict[str, Bm25],
        links: csr_array,
        variants: Variants,
    ) -> None:
        """Made by ``build_index`` and ``load``."""
        self._version, self._catalogue = version, catalogue
        self._nearest, self._documents, self._links = nearest, documents, links
        self._variants = variants
        self._own = _own_titles(catalogue, nearest.occupation)
        families = [code[:7] for code, _, _ in catalogue.occupations]
        self._family = np.unique(families, return_inverse=True)[1].astype(np.int32)

    @property
    def version(self) -> str:
        """Hash of release content, aliases and search code."""
        return self._version

    def search(self, titles: Sequence[str], limit: int = 20) -> list[tuple[Candidate, ...]]:
        """Return for each title at most ``limit`` distinct occupations, best first; none for a title without letters.

        Titles that are equal after normalisation are searched once and get the same tuple.
        """
        asked = [" ".join(words(title)) for title in titles]
        distinct = [title for title in dict.fromkeys(asked) if any(map(str.isalpha, title))]
        found: dict[str, tuple[Candidate, ...]] = {}
        for start in range(0, len(distinct), _BATCH):
            batch = distinct[start : start + _BATCH]
            found.update(zip(batch, self._candidates(batch, limit), strict=True))
        return [found.get(title, ()) for title in asked]

    def _candidates(self, asked: Sequence[str], limit: int) -> Iterator[tuple[Candidate, ...]]:
        titles = [" ".join([title, *self._variants.of_title(title.split())]) for title in asked]
        near = self._nearest.near(titles)
        evidence = {
            "best title": near.best,
            "title votes": near.votes(),
            **{name: ranker.scores(titles) for name, ranker in self._documents.items() if name != _LAST_RESORT},
        }
        fused = fuse(evidence)
        relations = received(fused, self._links)
        scores = self._own_first(asked, self._with_last_resort(titles, fused))
        shown, values = shown_first(scores, relations, self._family, limit)
        matched = near.matched(shown)
        for row in zip(shown.tolist(), values.tolist(), matched.tolist(), strict=True):
            yield tuple(self._candidate(*cell) for cell in zip(*row, strict=True) if cell[1] > 0)

    def _with_last_resort(self, titles: Sequence[str], scores: NDArray[np.float32]) -> NDArray[np.float32]:
        """Give titles that share no word and no gram with any occupation what letter pairs say, or else anything."""
        empty = np.flatnonzero(scores.max(axis=1) <= 0)
        if empty.size:
            pairs = self._documents[_LAST_RESORT].scores([titles[at] for at in empty.tolist()])
            pairs += np.float32(1e-6)
            scores[empty] = np.float32(0.01) * pairs / pairs.max(axis=1, keepdims=True)
        return scores

    def _own_first(self, titles: Sequence[str], scores: NDArray[np.float32]) -> NDArray[np.float32]:
        """Put the occupations of an alias that equals the title before all others, in whatever order they have."""
        for row, title in enumerate(titles):
            for occupation in self._own.get(title, ()):
                scores[row, occupation] += np.float32(_OWN_TITLE)
        return scores

    def _candidate(self, occupation: int, score: float, matched: int) -> Candidate:
        code, title, description = self._catalogue.occupations[occupation]
        if matched < 0:
            return Candidate(code, title, score, title, description)
        origin = self._catalogue.origins[matched]
        return Candidate(code, title, score, self._catalogue.titles[matched], description, origin)

    def save(self, folder: Path | UPath) -> None:
        """Store the index under ``folder`` so that readers find the old one or this one, whole."""
        artefact.write(UPath(folder), self._version, self._arrays())

    @classmethod
    def load(cls, folder: Path | UPath) -> SearchIndex:
        """Load a stored index; its ``version`` tells whether it is the one wanted.

        Raises:
            SearchIndexMissing: nothing is stored there.
            SearchIndexDamaged: what is stored there is not what was written.
        """
        manifest, arrays = artefact.read(UPath(folder))
        try:
            return cls._restored(manifest.version, arrays)
        except (KeyError, ValueError, IndexError) as error:
            raise SearchIndexDamaged(f"The search index in {folder} lacks a part: {error}. Build it again.") from error

    def _arrays(self) -> dict[str, NDArray[Any]]:
        catalogue = self._catalogue
        text = json.dumps([catalogue.occupations, catalogue.titles, catalogue.origins, dict(self._variants.counts)])
        arrays: dict[str, NDArray[Any]] = {"catalogue": np.frombuffer(text.encode(), np.uint8)}
        parts = {"nearest": self._nearest.arrays(), "links": taken_apart(self._links)}
        parts |= {name: ranker.arrays() for name, ranker in self._documents.items()}
        for name, part in parts.items():
            arrays |= prefixed(name, part)
        return arrays

    @classmethod
    def _restored(cls, version: str, arrays: Arrays) -> SearchIndex:
        stored = json.loads(arrays["catalogue"].tobytes())
        return cls(
            version=version,
            catalogue=Catalogue(tuple(map(tuple, stored[0])), tuple(stored[1]), tuple(stored[2])),
            nearest=NearestTitles.restored(under("nearest", arrays)),
            documents={name: Bm25.restored(cut, under(name, arrays)) for name, cut in _CUTS.items()},
            links=put_together(under("links", arrays)),
            variants=Variants(stored[3]),
        )


def stored_version(folder: Path | UPath) -> str:
    """Read only the version of the index stored under ``folder``.

    Raises:
        SearchIndexMissing: nothing is stored there.
        SearchIndexDamaged: the manifest cannot be used.
    """
    return artefact.read_manifest(UPath(folder)).version
