"""The one resource: the domain objects of a process.

Belongs here: their life in a step or a tick. Does not: settings; every environment variable is in ``settings``, so that
no address or key is ever a field that the UI shows or a run stores.

https://docs.dagster.io/guides/build/external-resources
"""

from collections.abc import Iterator

import dagster as dg

from onet_pipeline.steps.pipeline import Pipeline


@dg.resource(description="Database, mapper, uploads and search indexes, as the ONET_ variables of the environment say.")
def environment_pipeline(_context: dg.InitResourceContext) -> Iterator[Pipeline]:
    """Make the pipeline of this process when a step or tick begins; close it when that ends.

    Raises:
        SettingsError: a variable has a value that cannot be used.
    """
    pipeline = Pipeline.from_environment()
    try:
        yield pipeline
    finally:
        pipeline.close()
