"""Which uploads are behind: registry, release and mapper of now, put to the pure plan.

Belongs here: gathering what ``planning`` decides on. Does not: the decision, or requesting runs (``orchestration``).
"""

from collections.abc import Iterable

from onet_pipeline.steps.indexing import wanted_index_version
from onet_pipeline.steps.mapping import upload_fingerprint
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.steps.planning import WantedRun, wanted_runs
from onet_pipeline.store.records import Upload


def uploads_behind(pipeline: Pipeline, registered: Iterable[Upload] | None = None) -> list[WantedRun]:
    """Return the active uploads whose mappings are not of their present content, the current release and mapper.

    ``registered`` is the registry, where it has just been read.

    Raises:
        NoRelease: nothing has been synced.
    """
    index_version, mapper = wanted_index_version(pipeline), pipeline.mapper
    uploads = pipeline.uploads.all() if registered is None else registered
    return wanted_runs(uploads, lambda upload: upload_fingerprint(upload.content_sha256, index_version, mapper))
