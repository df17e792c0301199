"""Which runs of Dagster say that they live.

Belongs here: rows of ``run_beats``, by the database's clock, so that the clocks of hosts need not agree. Does not: how
often a run beats and how long it may be silent (``steps.beats``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from onet_pipeline.store.columns import UtcDateTime
from onet_pipeline.store.database import Database
from onet_pipeline.store.models import RunBeatRow


@dataclass(frozen=True, slots=True)
class Beat:
    """The last beat of a run: how long ago it was, and how long ago somebody noticed its silence (None: nobody has)."""

    run_id: str
    silent_for: timedelta
    doubted_for: timedelta | None


class BeatStore:
    """Beats by run."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def beat(self, run_id: str) -> None:
        """Note that a run lives; a doubt is cleared."""
        values = {"beat_at": sa.func.now(), "doubted_at": None}
        known = sa.update(RunBeatRow).where(RunBeatRow.run_id == run_id).values(values).returning(RunBeatRow.run_id)
        with self._database.writing() as session:
            if session.execute(known).one_or_none() is None:
                session.execute(sa.insert(RunBeatRow).values(run_id=run_id, **values))

    def doubt(self, run_ids: Sequence[str]) -> None:
        """Note that runs have been found silent."""
        if run_ids:
            with self._database.writing() as session:
                found = sa.update(RunBeatRow).where(RunBeatRow.run_id.in_(run_ids))
                session.execute(found.values(doubted_at=sa.func.now()))

    def forget(self, run_ids: Sequence[str]) -> None:
        """Expect no more of these runs."""
        if run_ids:
            with self._database.writing() as session:
                session.execute(sa.delete(RunBeatRow).where(RunBeatRow.run_id.in_(run_ids)))

    def all(self) -> tuple[Beat, ...]:
        """Return the last beat of every run that has not ended, by run."""
        now = sa.func.now(type_=UtcDateTime())
        query = sa.select(RunBeatRow.run_id, RunBeatRow.beat_at, RunBeatRow.doubted_at, now)
        with self._database.reading() as session:
            rows = session.execute(query.order_by(RunBeatRow.run_id)).all()
        return tuple(Beat(run_id, now - beat, doubt and now - doubt) for run_id, beat, doubt, now in rows)
