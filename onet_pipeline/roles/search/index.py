"""The search index: everything that turns titles into candidates.

Belongs here: putting the rankers together, one batch of titles at a time. Does not: the rankers, or files.
"""

from __future__ import annotations

import hashlib
import json
from collections import ChainMap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from upath import UPath

from onet_pipeline.errors import SearchIndexDamaged, SettingsError
from onet_pipeline.onet.records import Release
from onet_pipeline.roles.records import Candidate
from onet_pipeline.roles.search import artefact
from onet_pipeline.roles.search.aliases import Alias, shipped_titles
from onet_pipeline.roles.search.asked_twice import AskedTwice
from onet_pipeline.roles.search.catalogue import Catalogue
from onet_pipeline.roles.search.corpus import Corpus
from onet_pipeline.roles.search.fusion import AGAIN, CHOOSING, ORDERING, fuse, scaled, shown_first
from onet_pipeline.roles.search.graph import received, related
from onet_pipeline.roles.search.matrices import Arrays, prefixed, put_together, taken_apart, under
from onet_pipeline.roles.search.nearest import NearestTitles
from onet_pipeline.roles.search.rankers import LAST_RESORT, SENTENCES, Ranker, kinds
from onet_pipeline.roles.search.semantic import SemanticKind
from onet_pipeline.roles.search.terms import words
from onet_pipeline.roles.search.variants import Variants
from onet_pipeline.roles.titles import without_level

if TYPE_CHECKING:
    from scipy.sparse import csr_array

SEARCH_CODE_VERSION = "17"
"""Raise it with every change of code that can alter a ranking: stored indexes of another version are rebuilt."""

_BATCH = 128
"""Titles searched at once: 1,016 occupations x 4 bytes is half a megabyte a ranker, which a processor's cache holds."""
_OWN_TITLE = 10.0
"""Added to the occupation of an alias that equals the title; more than evidence and relations can add up to."""


def index_version(release_content_sha256: str, aliases: Sequence[Alias] = (), model: str | None = None) -> str:
    """Hash what determines an index, so that a worker can tell whether a stored one is current before loading it.

    ``model`` is the identity of the sentence model that takes part, if one does.
    """
    own = sorted((alias.title, alias.code, alias.origin) for alias in aliases)
    material = [SEARCH_CODE_VERSION, _shipped_sha256(), release_content_sha256, own, *([model] if model else [])]
    return hashlib.sha256(json.dumps(material, ensure_ascii=False).encode()).hexdigest()


@cache
def _shipped_sha256() -> str:
    """Hash the data that come with the package: titles, vectors, readings, abbreviations."""
    folder = files("onet_pipeline.roles.search") / "data"
    shipped = sorted((file.name, file) for file in folder.iterdir() if file.is_file())
    return hashlib.sha256(b"".join(hashlib.sha256(file.read_bytes()).digest() for _, file in shipped)).hexdigest()


def build_index(
    release: Release,
    aliases: Sequence[Alias] = (),
    semantic: SemanticKind | None = None,
    *,
    shipped: Sequence[Alias] | None = None,
) -> SearchIndex:
    """Build the index of a release; titles whose code the release lacks are left out.

    ``shipped`` takes the place of the package's titles, to tell what those add; the version takes no note of it.
    """
    corpus = Corpus(release, (*(shipped_titles() if shipped is None else shipped), *aliases))
    return SearchIndex(
        version=index_version(release.content_sha256, aliases, semantic.encoder.identity if semantic else None),
        catalogue=Catalogue.of(corpus),
        nearest=NearestTitles.of(corpus),
        rankers={name: kind.built(corpus) for name, kind in kinds(semantic).items()},
        last_resort=LAST_RESORT.built(corpus),
        links=related(corpus),
        variants=Variants.of(row.text for row in corpus.listed),
    )


def stored_version(folder: Path | UPath) -> str:
    """Read only the version of the index stored under ``folder``.

    Raises:
        SearchIndexMissing: nothing is stored there.
        SearchIndexDamaged: the manifest cannot be used.
    """
    return artefact.read_manifest(UPath(folder)).version


@dataclass(frozen=True, eq=False)
class SearchIndex:
    """Finds the occupations that a title may mean, among those of one release.

    ``version`` hashes release content, aliases and search code. ``rankers`` score; ``nearest`` does so too, and names
    the titles that match; ``last_resort`` is asked only of titles for which they find nothing.
    """

    version: str
    catalogue: Catalogue
    variants: Variants
    nearest: NearestTitles
    rankers: Mapping[str, Ranker]
    last_resort: Ranker
    links: csr_array
    choosing: Mapping[str, float] = field(default_factory=lambda: CHOOSING)
    ordering: Mapping[str, float] = field(default_factory=lambda: ORDERING)
    again: float = AGAIN

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
        own = self.catalogue.own
        twice = AskedTwice.of([title if title in own else without_level(title) for title in asked])
        titles = [" ".join([title, *self.variants.of_title(title.split())]) for title in twice.titles]
        near = self.nearest.near(titles, twice.titles)
        evidence = {name: scaled(ranker.scores(titles)) for name, ranker in self.rankers.items()}
        evidence = {"best title": scaled(near.similarity), **evidence}
        choosing, ordering = (twice.mean(fuse(evidence, weights)) for weights in (self.choosing, self.ordering))
        relations = received(choosing, self.links)
        certain = self._last_resort_of(titles, choosing) + self._own(asked)
        shown, scores = shown_first(
            choosing + relations + certain,
            ordering + relations / 2 + certain,
            self.catalogue.families,
            limit,
            self.again,
        )
        matched = twice.nearest(near).titles(shown)
        return self.catalogue.candidates(shown, scores, matched)

    def _last_resort_of(self, titles: Sequence[str], found: NDArray[np.float32]) -> NDArray[np.float32]:
        """For titles that share no word and no gram with any occupation: what letter pairs say, or else anything."""
        scores = np.zeros_like(found)
        empty = np.flatnonzero(found.max(axis=1) <= 0)
        if empty.size:
            pairs = self.last_resort.scores([titles[at] for at in empty.tolist()])
            scores[empty] = np.float32(0.01) * scaled(pairs + np.float32(1e-6))
        return scores

    def _own(self, titles: Sequence[str]) -> NDArray[np.float32]:
        """Put the occupations of an alias that equals the title before all others, in whatever order they have."""
        scores = np.zeros((len(titles), len(self.catalogue.occupations)), np.float32)
        own = self.catalogue.own
        for row in (row for row, title in enumerate(titles) if title in own):
            scores[row, own[titles[row]]] = _OWN_TITLE
        return scores

    def save(self, folder: Path | UPath) -> None:
        """Store the index under ``folder`` so that readers find the old one or this one, whole."""
        parts: dict[str, Arrays] = {name: ranker.arrays() for name, ranker in self.rankers.items()}
        parts |= {"nearest": self.nearest.arrays(), "last resort": self.last_resort.arrays()}
        parts |= {"links": taken_apart(self.links), "variants": self.variants.arrays()}
        parts |= {"catalogue": self.catalogue.arrays()}
        arrays = [prefixed(name, part) for name, part in parts.items()]
        artefact.write(UPath(folder), self.version, dict(ChainMap(*arrays)))

    @classmethod
    def load(cls, folder: Path | UPath, semantic: SemanticKind | None = None) -> SearchIndex:
        """Load a stored index; its ``version`` tells whether it is the one wanted.

        Raises:
            SearchIndexMissing: nothing is stored there.
            SearchIndexDamaged: what is stored there is not what was written.
            SettingsError: it was made with a sentence model, and ``semantic`` is none or has another.
        """
        manifest, arrays = artefact.read(UPath(folder))
        if semantic is None and under(SENTENCES, arrays):
            raise SettingsError(f"The search index in {folder} needs a sentence model: set ONET_SEMANTIC_MODEL.")
        try:
            return cls(
                version=manifest.version,
                catalogue=Catalogue.restored(under("catalogue", arrays)),
                nearest=NearestTitles.restored(under("nearest", arrays)),
                rankers={name: kind.restored(under(name, arrays)) for name, kind in kinds(semantic).items()},
                last_resort=LAST_RESORT.restored(under("last resort", arrays)),
                links=put_together(under("links", arrays)),
                variants=Variants.restored(under("variants", arrays)),
            )
        except (KeyError, ValueError, IndexError) as error:
            raise SearchIndexDamaged(f"The search index in {folder} lacks a part: {error}. Build it again.") from error
