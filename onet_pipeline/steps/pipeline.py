"""The domain objects of one process, made from its settings.

Belongs here: which database, stores, mapper and folders the settings name. Does not: any work with them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from onet_pipeline.onet.records import Occupation
from onet_pipeline.roles.mapper import CandidateSearch, Mapper
from onet_pipeline.settings import Settings, read_settings
from onet_pipeline.steps.mappers import make_batches, make_mapper
from onet_pipeline.store.batches import BatchStore
from onet_pipeline.store.beats import BeatStore
from onet_pipeline.store.database import Database, database_url
from onet_pipeline.store.decisions import DecisionStore
from onet_pipeline.store.mappings import MappingStore
from onet_pipeline.store.releases import OccupationStore
from onet_pipeline.store.reviews import ReviewStore
from onet_pipeline.store.uploads import UploadStore

if TYPE_CHECKING:
    from upath import UPath

    from onet_pipeline.roles.claude_batches import ClaudeBatches


@dataclass(frozen=True)
class Pipeline:
    """Settings and everything they name; each part is made at first use."""

    settings: Settings

    @classmethod
    def from_environment(cls) -> "Pipeline":
        """Read the settings of this process.

        Raises:
            SettingsError: a variable has a value that cannot be used.
        """
        return cls(read_settings())

    def close(self) -> None:
        """Close the database's connections, if any were opened; a later use opens new ones."""
        if "database" in vars(self):
            self.database.close()

    @cached_property
    def database(self) -> Database:
        """The database of the settings, migrated at first use."""
        settings = self.settings
        secret = settings.database_url.get_secret_value() if settings.database_url else None
        url = database_url(secret, settings.database_url_file, settings.root)
        return Database(url, auto_migrate=settings.auto_migrate)

    @cached_property
    def occupations(self) -> OccupationStore:
        """Reference tables and sync log."""
        return OccupationStore(self.database)

    @cached_property
    def beats(self) -> BeatStore:
        """Which runs say that they live."""
        return BeatStore(self.database)

    @cached_property
    def uploads(self) -> UploadStore:
        """Registry of uploads and their roles."""
        return UploadStore(self.database)

    @cached_property
    def mappings(self) -> MappingStore:
        """Mappings with their runs."""
        return MappingStore(self.database)

    @cached_property
    def decisions(self) -> DecisionStore:
        """Answers that may be used again."""
        return DecisionStore(self.database)

    @cached_property
    def reviews(self) -> ReviewStore:
        """What reviewers decided."""
        return ReviewStore(self.database)

    @cached_property
    def batches(self) -> BatchStore:
        """Message Batches under way."""
        return BatchStore(self.database)

    @property
    def results(self) -> Path:
        """Folder of what is written for people."""
        return self.settings.root / "results"

    @property
    def archives(self) -> Path:
        """Folder of downloaded releases."""
        return self.settings.root / "releases"

    @cached_property
    def indexes(self) -> "UPath":
        """Folder or address of search indexes, one folder per version in it."""
        from upath import UPath

        return UPath(self.settings.index) if self.settings.index else UPath(self.settings.root / "index")

    @cached_property
    def mapper(self) -> Mapper:
        """The mapper of the settings, fit to be named and fingerprinted.

        Raises:
            SettingsError: Claude is asked for and there is no key.
        """
        return self.mapper_with(None)

    def batches_with(self, model: str | None) -> "ClaudeBatches":
        """Return what submits and collects Message Batches put to ``model``, by default that of the settings.

        Raises:
            SettingsError: there is no key.
        """
        return make_batches(self.settings, model, self._shown_occupations())

    def with_mapper(self, name: Literal["lexical", "claude"]) -> "Pipeline":
        """Return the same pipeline with another mapper."""
        return self._with(mapper=name)

    def asking_at_once(self) -> "Pipeline":
        """Return the same pipeline, for somebody who looks on: nothing waits for a Message Batch."""
        return self._with(claude_mode="calls")

    def mapper_with(self, search: CandidateSearch | None) -> Mapper:
        """Return the mapper of the settings, whose second look may search wider.

        Raises:
            SettingsError: Claude is asked for and there is no key.
        """
        return make_mapper(self.settings, search=search, occupations=self._shown_occupations())

    def _with(self, **settings: str) -> "Pipeline":
        other = Pipeline(self.settings.model_copy(update=settings))
        vars(other)["database"] = self.database  # shared, so that closing one leaves no connection open
        return other

    def _shown_occupations(self) -> Sequence[Occupation]:
        return self.occupations.all() if self.settings.strategy == "catalogue" else ()
