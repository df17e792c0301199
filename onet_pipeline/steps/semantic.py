"""The sentence model of the settings, if one is named.

Belongs here: from ``ONET_SEMANTIC_MODEL`` to a model, and where what it makes of texts is kept. Does not: finding or
running one (``roles.search``).
"""

from onet_pipeline.roles.search import Progress, SemanticKind, SentenceModel, find_model, semantic_kind
from onet_pipeline.steps.pipeline import Pipeline


def sentence_model(pipeline: Pipeline) -> SentenceModel | None:
    """Return the model that takes part in search; None: none is named.

    Raises:
        SettingsError: ONET_SEMANTIC_MODEL cannot be used on this machine.
    """
    name = pipeline.settings.semantic_model
    return find_model(name) if name else None


def semantic_search(pipeline: Pipeline, progress: Progress | None = None) -> SemanticKind | None:
    """Load the model; what it makes of texts is kept beside the indexes, for all workers and for later releases.

    Raises:
        SettingsError: ONET_SEMANTIC_MODEL cannot be used on this machine.
    """
    model = sentence_model(pipeline)
    return semantic_kind(model, pipeline.indexes / "embeddings", progress) if model else None
