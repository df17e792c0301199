"""How long a tick of the upload sensor takes beside many known uploads.

    python -m benchmarks.upload_tick [--known 10000] [--new 1000] [--rounds 5]

SQLite, local files, medians; what the daemon takes to launch the runs is not in it.
"""

import argparse
import logging
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from statistics import median

import dagster as dg
import sqlalchemy as sa

from onet_pipeline.onet.source import sample_release_path
from onet_pipeline.orchestration.partitions import UPLOADS
from onet_pipeline.settings import Settings
from onet_pipeline.steps.behind import uploads_behind
from onet_pipeline.steps.indexing import current_index
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.steps.sync import sync_release
from onet_pipeline.steps.uploads import register_uploads
from onet_pipeline.store.models import UploadRow
from onet_pipeline_tests.support.orchestration import Daemon, drop

TICKS = (
    "tick that finds nothing new",
    "tick that finds {:,} new uploads and requests 25",
    "tick after it, which requests 25 more",
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--known", type=int, default=10_000)
    parser.add_argument("--new", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    logging.disable()

    with tempfile.TemporaryDirectory() as folder, closing(_pipeline(Path(folder))) as pipeline:
        for number in range(options.known):
            drop(pipeline, f"known{number}.csv", f"Nurse {number}")
        print(f"first scan of {options.known:,} uploads: {_seconds(lambda: register_uploads(pipeline)):.2f} s")
        with dg.instance_for_test() as instance:
            daemon = Daemon(instance, pipeline)
            instance.add_dynamic_partitions(UPLOADS, _mark_done(pipeline))
            daemon.tick()
            rounds = [_round(daemon, options.new) for _ in range(options.rounds)]
    for what, seconds in zip(TICKS, zip(*rounds, strict=True), strict=True):
        print(f"{what.format(options.new)}: {median(seconds):.2f} s ({min(seconds):.2f} to {max(seconds):.2f})")


def _round(daemon: Daemon, number: int) -> tuple[float, ...]:
    """Time the ticks before and after ``number`` new uploads come, then take these away again."""
    idle = _seconds(daemon.tick)
    new = [drop(daemon.pipeline, f"new{each}.csv", f"Nurse {each}") for each in range(number)]
    took = idle, _seconds(daemon.tick), _seconds(daemon.tick)
    for path in new:
        path.unlink()
    with daemon.pipeline.database.writing() as session:
        session.execute(sa.delete(UploadRow).where(UploadRow.path.like("new%")))
    return took


def _pipeline(home: Path) -> Pipeline:
    (home / "uploads").mkdir()
    pipeline = Pipeline(Settings(home=home, uploads=str(home / "uploads"), mapper="lexical"))
    sync_release(pipeline, str(sample_release_path()))
    current_index(pipeline)
    return pipeline


def _mark_done(pipeline: Pipeline) -> list[str]:
    behind = uploads_behind(pipeline)
    with pipeline.database.writing() as session:
        session.execute(
            sa.update(UploadRow), [{"key": each.key, "done_fingerprint": each.fingerprint} for each in behind]
        )
    return [each.key for each in behind]


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
