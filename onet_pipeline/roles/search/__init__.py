"""Candidate search: for a title as somebody typed it, the occupations that it may mean, best first.

Belongs here: how titles become terms, the rankers, their fusion, the stored index. Does not: choosing one candidate
(``lexical``, ``claude``), nor where and when an index is built (``steps``).

docs/retrieval.md says what each ingredient adds.
"""

from onet_pipeline.roles.search.aliases import Alias, read_aliases
from onet_pipeline.roles.search.index import (
    SEARCH_CODE_VERSION,
    SearchIndex,
    build_index,
    index_version,
    stored_version,
)

__all__ = [
    "SEARCH_CODE_VERSION",
    "Alias",
    "SearchIndex",
    "build_index",
    "index_version",
    "read_aliases",
    "stored_version",
]
