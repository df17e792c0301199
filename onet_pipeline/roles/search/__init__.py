"""Candidate search: for a title as somebody typed it, the occupations that it may mean, best first.

Belongs here: how titles become terms, the rankers, their fusion, the stored index. Does not: choosing one candidate
(``lexical``, ``claude``), nor where and when an index is built (``steps``).

docs/retrieval.md says what each ingredient adds.
"""

from onet_pipeline.roles.search.aliases import Alias, read_aliases
from onet_pipeline.roles.search.encoder import Progress
from onet_pipeline.roles.search.index import (
    SEARCH_CODE_VERSION,
    SearchIndex,
    build_index,
    index_version,
    stored_version,
)
from onet_pipeline.roles.search.semantic import SemanticKind, semantic_kind
from onet_pipeline.roles.search.sentence_model import SentenceModel, find_model

__all__ = [
    "SEARCH_CODE_VERSION",
    "Alias",
    "Progress",
    "SearchIndex",
    "SemanticKind",
    "SentenceModel",
    "build_index",
    "find_model",
    "index_version",
    "read_aliases",
    "semantic_kind",
    "stored_version",
]
