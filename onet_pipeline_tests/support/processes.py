"""Several processes that do one thing at the same moment, as Dagster's run processes do.

Belongs here: starting together and collecting failures. Does not: what they do.

https://docs.python.org/3/library/multiprocessing.html#contexts-and-start-methods
"""

import multiprocessing
import traceback
from collections.abc import Callable
from typing import Any

_PRELOADED = [
    "onet_pipeline_tests.support.processes",
    "pytest",
    "onet_pipeline.store.mappings",
    "onet_pipeline.store.releases",
]
_SECONDS = 120


def run_together(count: int, target: Callable[..., None], *arguments: Any) -> list[str]:
    """Run ``target(number, *arguments)`` in ``count`` processes at once; return what went wrong, empty if nothing did.

    The processes come from a server that has imported the slow modules once, and share no connection with the test.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    barrier, failures = context.Barrier(count), context.SimpleQueue()
    work = [(number, barrier, failures, target, arguments) for number in range(count)]
    processes = [context.Process(target=_work, args=each) for each in work]
    for process in processes:
        process.start()
    for process in processes:
        process.join(_SECONDS)
    found = [f"process {number} ended with {each.exitcode}" for number, each in enumerate(processes) if each.exitcode]
    while not failures.empty():
        found.append(failures.get())
    failures.close()
    return found


def _work(number: int, barrier: Any, failures: Any, target: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    barrier.wait(_SECONDS)
    try:
        target(number, *arguments)
    except Exception:  # noqa: BLE001 - whatever it is, the parent must see it
        failures.put(traceback.format_exc())
