"""What a failed step says in the UI, and whether it is worth another try.

Belongs here: turning errors of the domain into Dagster's. Does not: the errors (``errors``), or attempts across runs
(``sensors``).

https://docs.dagster.io/guides/build/ops/op-retries
"""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from onet_pipeline.errors import DatabaseUnavailable, DownloadFailed, OnetPipelineError, UploadUnavailable

TRANSIENT = (DownloadFailed, DatabaseUnavailable, UploadUnavailable)
RETRIES = 2
RETRY_SECONDS = 30


@contextmanager
def told_plainly() -> Iterator[None]:
    """Fail the step with the error's one message; only what may pass by itself is tried again, twice.

    Anything outside the domain's tree is a fault of ours and keeps its traceback.
    """
    try:
        yield
    except OnetPipelineError as error:
        if isinstance(error, TRANSIENT) and dg.OpExecutionContext.get().retry_number < RETRIES:
            raise dg.RetryRequested(max_retries=RETRIES, seconds_to_wait=RETRY_SECONDS) from error
        raise dg.Failure(description=str(error), allow_retries=False) from error
