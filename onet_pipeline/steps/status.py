"""Where everything stands: release, uploads, mappings.

Belongs here: gathering what `onet-pipeline status` shows. Does not: showing it.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.store.records import SyncRecord, SyncStatus


@dataclass(frozen=True, slots=True)
class Status:
    """The state of one installation; ``version`` and ``synced_at`` are None before the first successful sync.

    ``last_failure`` is set where the newest sync failed. The database is described without credentials.
    """

    database: str
    synced: bool
    version: str | None
    synced_at: datetime | None
    occupation_count: int
    alternate_title_count: int
    task_count: int
    last_failure: str | None
    mapper: str
    uploads: Mapping[str, int]
    roles: int
    rows: int
    confirmed: int
    roles_by_tier: Mapping[str, int]
    roles_by_method: Mapping[str, int]

    def to_json(self) -> dict[str, object]:
        """Return plain data for ``json.dumps``."""
        plain = asdict(self)
        return {**plain, "synced_at": self.synced_at.isoformat() if self.synced_at else None}


def read_status(pipeline: Pipeline) -> Status:
    """Read the present state.

    Raises:
        DatabaseUnavailable: the database cannot be reached.
    """
    latest = pipeline.occupations.latest_sync()
    counts = pipeline.mappings.counts().values()
    tiers, methods = Counter[str](), Counter[str]()
    for each in counts:
        tiers.update({tier.value: number for tier, number in each.by_tier.items()})
        methods.update({method.value: number for method, number in each.by_method.items()})
    return Status(
        database=pipeline.database.description,
        synced=latest is not None,
        version=latest.version if latest else None,
        synced_at=latest.synced_at if latest else None,
        occupation_count=pipeline.occupations.count(),
        alternate_title_count=latest.alternate_title_count if latest else 0,
        task_count=latest.task_count if latest else 0,
        last_failure=_failure(pipeline.occupations.syncs(limit=1)),
        mapper=pipeline.mapper.name,
        uploads=dict(Counter(upload.status.value for upload in pipeline.uploads.all())),
        roles=sum(each.roles for each in counts),
        rows=sum(each.rows for each in counts),
        confirmed=sum(each.confirmed for each in counts),
        roles_by_tier=dict(tiers),
        roles_by_method=dict(methods),
    )


def _failure(newest: tuple[SyncRecord, ...]) -> str | None:
    failed = [sync for sync in newest if sync.status is SyncStatus.FAILED]
    return f"O*NET {failed[0].version}: {failed[0].error}" if failed else None
