"""The one resource: the domain objects of a process.

Belongs here: their life in a tick, or in a run, which beats as long. Does not: settings; every environment variable is
in ``settings``, so that no address or key is ever a field that the UI shows or a run stores.

https://docs.dagster.io/guides/build/external-resources
"""

from collections.abc import Iterator
from contextlib import nullcontext

import dagster as dg

from onet_pipeline.steps.beats import beating
from onet_pipeline.steps.pipeline import Pipeline


@dg.resource(description="Database, mapper, uploads and search indexes, as the ONET_ variables of the environment say.")
def environment_pipeline(context: dg.InitResourceContext) -> Iterator[Pipeline]:
    """Make the pipeline of this process when a run or tick begins; close it when that ends.

    Raises:
        SettingsError: a variable has a value that cannot be used.
    """
    pipeline = Pipeline.from_environment()
    lives = beating(pipeline.settings, context.run.run_id) if context.run else nullcontext()
    try:
        with lives:
            yield pipeline
    finally:
        pipeline.close()
