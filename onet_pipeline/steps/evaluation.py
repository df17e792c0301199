"""Score search and mapper of this installation on labelled titles.

Belongs here: which index, mapper and known titles are scored, and what asking would cost. Does not: the measures
(``roles.evaluation``).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

from upath import UPath

from onet_pipeline.onet.records import Release
from onet_pipeline.roles.evaluation import (
    Evaluation,
    GoldTitle,
    evaluate,
    known_titles,
    questions_of,
    read_gold,
    without_scored,
)
from onet_pipeline.roles.mapper import Mapper
from onet_pipeline.roles.records import Usage
from onet_pipeline.roles.search import build_index
from onet_pipeline.steps.indexing import CurrentIndex, current_index
from onet_pipeline.steps.mappers import expected_usage
from onet_pipeline.steps.own_titles import own_titles
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.steps.semantic import semantic_search


@dataclass(frozen=True, slots=True)
class Scoring:
    """Everything that is about to be scored: the titles of a gold file, the index, the mapper."""

    name: str
    titles: Sequence[GoldTitle]
    current: CurrentIndex
    mapper: Mapper
    known: frozenset[str]
    limit: int

    def expected_usage(self) -> Usage | None:
        """Return about what the mapper's answers will cost, None where they cost nothing."""
        found = self.current.index.search([title.title for title in self.titles], self.limit)
        return expected_usage(self.mapper, questions_of(self.titles, found, self.limit))

    def run(self) -> Evaluation:
        """Search, ask the mapper, and score both.

        Raises:
            MapperError: the mapper cannot go on.
        """
        return evaluate(
            self.titles,
            self.current.index,
            self.mapper,
            self.known,
            name=self.name,
            release=self.current.onet_version,
            limit=self.limit,
        )


def prepare_scoring(pipeline: Pipeline, gold: Path, most: int | None = None) -> Scoring:
    """Read a gold file (``title``, ``soc_code``), at most its first ``most`` titles, to score the release synced last.

    Titles of one's own (aliases, confirmed roles) that are scored are held out: what was given is not found.

    Raises:
        UploadError: the file is not a gold file.
        NoRelease: nothing has been synced.
    """
    titles = read_gold(UPath(gold))[:most]
    release = pipeline.occupations.load_release()
    current = _held_out(pipeline, current_index(pipeline), release, titles)
    return Scoring(
        name=gold.name,
        titles=titles,
        current=current,
        mapper=pipeline.mapper_with(current.index),
        known=known_titles(release),
        limit=pipeline.settings.candidates,
    )


def _held_out(pipeline: Pipeline, current: CurrentIndex, release: Release, titles: Sequence[GoldTitle]) -> CurrentIndex:
    own = own_titles(pipeline, release.content_sha256)
    kept = without_scored(own, titles)
    if len(kept) == len(own):
        return current
    return replace(current, index=build_index(release, kept, semantic_search(pipeline)))


def shipped_titles() -> Path:
    """Return the labelled set that the package ships, some 600 titles as people type them."""
    return Path(str(files("onet_pipeline.roles"))) / "labelled" / "job_titles.tsv"


def evaluate_search(pipeline: Pipeline) -> tuple[Evaluation, ...]:
    """Score search, and the lexical mapper on it, on every labelled set of the settings.

    Raises:
        UploadError: a file is not a gold file.
        NoRelease: nothing has been synced.
    """
    named = [Path(name.strip()) for name in (pipeline.settings.gold or "").split(",") if name.strip()]
    lexical = pipeline.with_mapper("lexical")
    return tuple(prepare_scoring(lexical, gold).run() for gold in named or [shipped_titles()])
