"""How long a tick of the upload sensor takes beside many known uploads.

    python -m benchmarks.upload_tick [--known 10000] [--new 1000]

SQLite, local files; what the daemon takes to launch the runs is not in it.
"""

import argparse
import logging
import tempfile
import time
from contextlib import closing
from pathlib import Path

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


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--known", type=int, default=10_000)
    parser.add_argument("--new", type=int, default=1_000)
    options = parser.parse_args()
    logging.disable()

    with tempfile.TemporaryDirectory() as folder, closing(_pipeline(Path(folder))) as pipeline:
        for number in range(options.known):
            drop(pipeline, f"known{number}.csv", f"Nurse {number}")
        _timed(f"first scan of {options.known:,} uploads", lambda: register_uploads(pipeline))
        with dg.instance_for_test() as instance:
            daemon = Daemon(instance, pipeline)
            instance.add_dynamic_partitions(UPLOADS, _mark_done(pipeline))
            daemon.tick()
            _timed("tick that finds nothing new", daemon.tick)
            for number in range(options.new):
                drop(pipeline, f"new{number}.csv", f"Nurse {number}")
            _timed(f"tick that finds {options.new:,} new uploads and requests 25", daemon.tick)
            _timed("tick after it, which requests 25 more", daemon.tick)


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


def _timed(what: str, work: object) -> None:
    began = time.perf_counter()
    assert callable(work)
    work()
    print(f"{what}: {time.perf_counter() - began:.2f} s")


if __name__ == "__main__":
    main()
