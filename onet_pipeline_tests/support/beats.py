"""Time that passes for the beats of runs, without waiting for it.

Belongs here: moving what the database's clock wrote. Does not: what a silence means.
"""

from datetime import timedelta

import sqlalchemy as sa

from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.store.models import RunBeatRow


def be_silent(pipeline: Pipeline, time: timedelta) -> None:
    """Move every beat and every doubt into the past, as if so much time had gone by without a beat."""
    with pipeline.database.writing() as session:
        for row in session.scalars(sa.select(RunBeatRow)):
            row.beat_at -= time
            row.doubted_at = row.doubted_at and row.doubted_at - time
