"""Keep the search index of the current release where every worker can read it.

Belongs here: which index is wanted, whether it is there, building and saving it. Does not: how an index is made or
stored (``roles.search``).
"""

import logging
from dataclasses import dataclass

from onet_pipeline.errors import SearchIndexDamaged, SearchIndexMissing
from onet_pipeline.roles.search import Progress, SearchIndex, SemanticKind, build_index, index_version
from onet_pipeline.steps.own_titles import own_titles
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.steps.semantic import semantic_search, sentence_model

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CurrentIndex:
    """The index of the current release; ``built`` says whether it had to be made."""

    index: SearchIndex
    onet_version: str
    address: str
    built: bool


def wanted_index_version(pipeline: Pipeline) -> str:
    """Return the version that the index of the current release must have, without reading or building one.

    Raises:
        NoRelease: nothing has been synced.
        SettingsError: ONET_ALIASES or ONET_SEMANTIC_MODEL cannot be used.
    """
    content = pipeline.occupations.current_sync().content_sha256 or ""
    model = sentence_model(pipeline)
    return index_version(content, own_titles(pipeline, content), model.identity if model else None)


def current_index(pipeline: Pipeline, progress: Progress | None = None) -> CurrentIndex:
    """Load the index of the current release; one that is missing or damaged is built and saved first.

    ``progress`` is told of texts put through the sentence model, where one takes part.

    Raises:
        NoRelease: nothing has been synced.
        SettingsError: ONET_ALIASES or ONET_SEMANTIC_MODEL cannot be used.
    """
    sync = pipeline.occupations.current_sync()
    folder = pipeline.indexes / wanted_index_version(pipeline)
    semantic = semantic_search(pipeline, progress)
    try:
        return CurrentIndex(SearchIndex.load(folder, semantic), sync.version, str(folder), built=False)
    except SearchIndexMissing:
        log.info("No search index of O*NET %s in %s yet: building it.", sync.version, folder)
    except SearchIndexDamaged as error:
        log.warning("%s Building it anew.", error)
    return _built(pipeline, semantic)


def _built(pipeline: Pipeline, semantic: SemanticKind | None) -> CurrentIndex:
    # Named for the release read here: another sync may have ended since the caller looked.
    release = pipeline.occupations.load_release()
    index = build_index(release, own_titles(pipeline, release.content_sha256), semantic)
    folder = pipeline.indexes / index.version
    index.save(folder)
    return CurrentIndex(index, release.version, str(folder), built=True)
