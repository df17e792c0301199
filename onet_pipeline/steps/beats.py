"""Runs that say that they live, and those that have fallen silent.

Belongs here: beating while a run goes on, and how long a silence means that its process is dead. Does not: rows
(``store.beats``), or what becomes of such a run (``orchestration.silent_runs``).
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from onet_pipeline.settings import Settings
from onet_pipeline.steps.pipeline import Pipeline

BETWEEN_BEATS = timedelta(seconds=30)
SILENCE = timedelta(minutes=5)
"""Ten beats: a writer waits for the database at most one. Counted twice, see ``silent_runs``."""

_log = logging.getLogger(__name__)


@contextmanager
def beating(settings: Settings, run_id: str) -> Iterator[None]:
    """Let a run beat at once and every half minute until the block ends, whatever it waits for meanwhile.

    A thread does it, with a connection of its own. A database that cannot be had keeps no run from its work.
    """
    ended = threading.Event()
    thread = threading.Thread(target=_beat, args=(settings, run_id, ended), name="beats", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def silent_runs(pipeline: Pipeline) -> list[str]:
    """Return the runs that were silent for five minutes and, after that was noticed, for five more.

    When a database or a host was away, every run seems silent at first; those that live beat again before the second
    count is over.
    """
    silent = [beat for beat in pipeline.beats.all() if beat.silent_for >= SILENCE]
    pipeline.beats.doubt([beat.run_id for beat in silent if beat.doubted_for is None])
    return [beat.run_id for beat in silent if beat.doubted_for is not None and beat.doubted_for >= SILENCE]


def _beat(settings: Settings, run_id: str, ended: threading.Event) -> None:
    pipeline = Pipeline(settings)
    goes_on = True
    while goes_on:
        _try(lambda: pipeline.beats.beat(run_id))
        goes_on = not ended.wait(BETWEEN_BEATS.total_seconds())
    _try(lambda: pipeline.beats.forget([run_id]))
    pipeline.close()


def _try(write: Callable[[], None]) -> None:
    try:
        write()
    except Exception as error:  # noqa: BLE001 - a thread that ended would let a run that lives seem dead
        _log.warning("The run cannot say that it lives: %s", type(error).__name__)
