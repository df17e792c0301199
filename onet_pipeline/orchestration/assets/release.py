"""The O*NET release: as fetched, and as loaded into three tables in one transaction.

Belongs here: four assets and what they tell. Does not: fetching and loading (``steps.sync``).
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

import dagster as dg
from pydantic import Field

from onet_pipeline.errors import ReleaseNotFound
from onet_pipeline.onet.credit import credit
from onet_pipeline.onet.fetch import FetchedArchive
from onet_pipeline.onet.records import AlternateTitle, Occupation, Release, Task
from onet_pipeline.onet.release import content_sha256
from onet_pipeline.orchestration.automation import WHEN_CONTENT_CHANGES
from onet_pipeline.orchestration.failures import told_plainly
from onet_pipeline.orchestration.freshness import A_QUARTER
from onet_pipeline.orchestration.groups import ONET, in_group
from onet_pipeline.orchestration.tables import PREVIEWED, preview, table_definition
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.steps.sync import fetch_archive, load_archive
from onet_pipeline.store.models import AlternateTitleRow, Base, OccupationRow, TaskRow
from onet_pipeline.store.records import SyncRecord

ARCHIVE = dg.AssetKey("onet_release_archive")


class ArchiveConfig(dg.Config):
    """Which release a run fetches."""

    release: str | None = Field(
        default=None,
        description="A version (30.1), an address, a zip file or a folder; empty: ONET_RELEASE, else the current one.",
    )


@dg.asset(
    key=ARCHIVE,
    description="The O*NET release as published: found, downloaded if it changed, and verified.",
    **in_group(ONET),
    kinds={"file", "zip"},
    code_version="1",
    freshness_policy=A_QUARTER,
)
def onet_release_archive(config: ArchiveConfig, pipeline: dg.ResourceParam[Pipeline]) -> dg.MaterializeResult[None]:
    """Fetch the release that the configuration, the settings or the calendar ask for."""
    started = time.monotonic()
    with told_plainly():
        archive = fetch_archive(pipeline, config.release)
    return dg.MaterializeResult(
        data_version=dg.DataVersion(archive.sha256),
        metadata={
            "version": archive.version,
            "source": archive.source,
            "sha256": archive.sha256,
            "path": dg.MetadataValue.path(archive.path),
            "downloaded": archive.fetched,
            "seconds": round(time.monotonic() - started, 1),
            "credit": credit(archive.version),
        },
    )


def fetched_archive(instance: dg.DagsterInstance) -> FetchedArchive:
    """Return the archive that was fetched last, as its materialization tells.

    Raises:
        ReleaseNotFound: none has been fetched, or this machine does not hold it.
    """
    event = instance.get_latest_materialization_event(ARCHIVE)
    if event is None or event.asset_materialization is None:
        raise ReleaseNotFound("No O*NET release has been fetched: materialize onet_release_archive, or run sync_onet.")
    told = {name: value.value for name, value in event.asset_materialization.metadata.items()}
    path = Path(str(told["path"]))
    if not path.exists():
        raise ReleaseNotFound(
            f"{path} is not on this machine: materialize onet_release_archive again, or run sync_onet."
        )
    return FetchedArchive(path, str(told["version"]), str(told["source"]), str(told["sha256"]), fetched=False)


@dataclass(frozen=True)
class _Table:
    """One of the three tables: where its rows are in a release, and the records that decide its data version."""

    model: type[Base]
    description: str
    record: type[Occupation] | type[AlternateTitle] | type[Task]
    rows: Callable[[Release], Sequence[Occupation] | Sequence[AlternateTitle] | Sequence[Task]]
    version: Callable[[Release], str]

    @property
    def key(self) -> dg.AssetKey:
        return dg.AssetKey(self.model.__tablename__)

    @property
    def spec(self) -> dg.AssetSpec:
        return dg.AssetSpec(
            self.key,
            deps=[ARCHIVE],
            description=self.description,
            **in_group(ONET),
            kinds={"table"},
            code_version="1",
            metadata=table_definition(self.model),
            automation_condition=WHEN_CONTENT_CHANGES,
            freshness_policy=A_QUARTER,
        )


TABLES = (
    _Table(
        OccupationRow,
        "The occupations of the current release: code, title and definition; with them the links between similar ones.",
        Occupation,
        lambda release: release.occupations,
        lambda release: content_sha256(release.occupations, release.related_occupations),
    ),
    _Table(
        AlternateTitleRow,
        "The titles by which occupations are also known, many of which belong to more than one.",
        AlternateTitle,
        lambda release: release.alternate_titles,
        lambda release: content_sha256(release.alternate_titles),
    ),
    _Table(
        TaskRow,
        "The task statements of occupations, with their mean importance from 1 to 5 where it was rated.",
        Task,
        lambda release: release.tasks,
        lambda release: content_sha256(release.tasks),
    ),
)

OCCUPATIONS, ALTERNATE_TITLES, TASKS = (table.key for table in TABLES)


@dg.multi_asset(name="onet_tables", specs=[table.spec for table in TABLES])
def onet_tables(
    context: dg.AssetExecutionContext, pipeline: dg.ResourceParam[Pipeline]
) -> Iterator[dg.MaterializeResult[None]]:
    """Load the fetched release into the three tables in one transaction; rows that did not change are not written."""
    with told_plainly():
        sync = load_archive(pipeline, fetched_archive(context.instance))
        release = pipeline.occupations.load_release()
    for table in TABLES:
        yield dg.MaterializeResult(
            asset_key=table.key,
            data_version=dg.DataVersion(table.version(release)),
            metadata=_told(table, release, sync),
        )


def _told(table: _Table, release: Release, sync: SyncRecord) -> dict[str, Any]:
    rows = table.rows(release)
    return {
        "dagster/row_count": len(rows),
        "version": sync.version,
        "source": sync.source,
        "archive_sha256": sync.archive_sha256,
        "rows_written_by_sync": sync.rows_written,
        "seconds": sync.seconds,
        "preview": preview([field.name for field in fields(table.record)], map(astuple, rows[:PREVIEWED])),
        "credit": credit(sync.version),
    }
