"""Asynchronous work as a plain iterator.

Belongs here: the thread and the queue between an event loop and a caller that knows nothing of it. Does not: what
the work is.
"""

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable, Coroutine, Generator
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _End:
    error: BaseException | None


def as_it_lands(work: Callable[[Callable[[T], None]], Coroutine[Any, Any, None]]) -> Generator[T]:
    """Run ``work(emit)`` in an event loop of its own thread and yield what it emits, as it lands.

    The loop keeps turning while the caller is busy with what was yielded. A caller that stops early, or is
    interrupted, cancels the work. An error of the work is raised after everything that was emitted before it.
    """
    landed: queue.SimpleQueue[T | _End] = queue.SimpleQueue()
    started: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()

    async def attend() -> None:
        task = asyncio.ensure_future(work(landed.put))
        loop = asyncio.get_running_loop()
        started.put(lambda: loop.call_soon_threadsafe(task.cancel))
        await task

    def run() -> None:
        error: BaseException | None = None
        try:
            asyncio.run(attend())
        except BaseException as raised:  # noqa: BLE001 (it is handed to the caller, whatever it is)
            error = raised
        landed.put(_End(error))

    thread = threading.Thread(target=run, name="as-it-lands", daemon=True)
    thread.start()
    cancel = started.get()
    ended = False
    try:
        while not ended:
            item = landed.get()
            if isinstance(item, _End):
                ended = True
                if item.error is not None:
                    raise item.error
            else:
                yield item
    finally:
        if not ended:
            # A loop that has done its work by itself is closed and takes no call.
            with contextlib.suppress(RuntimeError):
                cancel()
        thread.join()
