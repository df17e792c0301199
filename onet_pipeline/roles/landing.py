"""Asynchronous work as a plain iterator.

Belongs here: the thread and the queue between an event loop and a caller that knows nothing of it. Does not: what
the work is.
"""

import asyncio
import contextlib
import queue
import threading
from collections.abc import Awaitable, Callable, Coroutine, Generator
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")


Emit = Callable[[T], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _End:
    error: BaseException | None


def as_it_lands(work: Callable[[Emit[T]], Coroutine[Any, Any, None]]) -> Generator[T]:
    """Run ``work(emit)`` in an event loop of its own thread and yield what it emits, as it lands.

    ``await emit(item)`` ends when the caller comes back for the next item, so that no worker runs ahead of what is
    saved; the loop keeps turning for the others meanwhile. A caller that stops early, or is
    interrupted, cancels the work. An error of the work is raised after everything that was emitted before it.
    """
    landed: queue.SimpleQueue[tuple[T, Callable[[], object]] | _End] = queue.SimpleQueue()
    started: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()

    async def emit(item: T) -> None:
        taken = asyncio.Event()
        loop = asyncio.get_running_loop()
        landed.put((item, lambda: loop.call_soon_threadsafe(taken.set)))
        await taken.wait()

    async def attend() -> None:
        task = asyncio.ensure_future(work(emit))
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
            found = landed.get()
            if isinstance(found, _End):
                ended = True
                if found.error is not None:
                    raise found.error
            else:
                item, taken = found
                yield item
                # Where another worker has failed the loop is closed; its error is next in the queue.
                with contextlib.suppress(RuntimeError):
                    taken()
    finally:
        if not ended:
            # A loop that has done its work by itself is closed and takes no call.
            with contextlib.suppress(RuntimeError):
                cancel()
        thread.join()
