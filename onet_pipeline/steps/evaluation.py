"""Score search and mapper of this installation on labelled titles.

Belongs here: which index, mapper and known titles are scored, and what asking would cost. Does not: the measures
(``roles.evaluation``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from upath import UPath

from onet_pipeline.roles.evaluation import Evaluation, GoldTitle, evaluate, known_titles, questions_of, read_gold
from onet_pipeline.roles.mapper import Mapper
from onet_pipeline.roles.records import Usage
from onet_pipeline.steps.indexing import CurrentIndex, current_index
from onet_pipeline.steps.mappers import expected_usage
from onet_pipeline.steps.pipeline import Pipeline


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

    Raises:
        UploadError: the file is not a gold file.
        NoRelease: nothing has been synced.
    """
    titles = read_gold(UPath(gold))[:most]
    current = current_index(pipeline)
    return Scoring(
        name=gold.name,
        titles=titles,
        current=current,
        mapper=pipeline.mapper_with(current.index),
        known=known_titles(pipeline.occupations.load_release()),
        limit=pipeline.settings.candidates,
    )


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
