import asyncio
import threading

import pytest

from onet_pipeline.roles.landing import Emit, as_it_lands


def test_what_is_emitted_before_an_error_is_yielded_before_it_is_raised() -> None:
    async def work(emit: Emit[int]) -> None:
        await emit(1)
        await emit(2)
        raise KeyError("three")

    landed: list[int] = []
    with pytest.raises(KeyError, match="three"):
        landed.extend(as_it_lands(work))
    assert landed == [1, 2]


def test_the_others_go_on_while_the_caller_is_busy_with_the_item_of_one() -> None:
    done, ahead = threading.Event(), threading.Event()

    async def one(emit: Emit[int]) -> None:
        await emit(1)
        ahead.set()

    async def other() -> None:
        await asyncio.sleep(0.01)
        done.set()

    async def work(emit: Emit[int]) -> None:
        await asyncio.gather(one(emit), other())

    landing = as_it_lands(work)
    assert next(landing) == 1
    assert done.wait(5), "the loop stood still between two values"
    assert not ahead.is_set(), "a worker ran ahead of what its caller has taken"
    assert list(landing) == []
    assert ahead.is_set()


def test_a_caller_that_stops_early_cancels_the_work_and_leaves_no_thread() -> None:
    cancelled = threading.Event()

    async def work(emit: Emit[int]) -> None:
        try:
            await emit(1)
        finally:
            cancelled.set()

    landing = as_it_lands(work)
    assert next(landing) == 1
    landing.close()
    assert cancelled.is_set()
    assert "as-it-lands" not in {thread.name for thread in threading.enumerate()}


def test_it_works_where_an_event_loop_is_already_running() -> None:
    async def work(emit: Emit[int]) -> None:
        await emit(1)

    async def caller() -> list[int]:
        return list(as_it_lands(work))

    assert asyncio.run(caller()) == [1]
