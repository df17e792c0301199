"""The groups of the asset graph, in one table.

Belongs here: their names, and what every asset of a group says of itself. Does not: the assets.

https://docs.dagster.io/guides/build/assets/metadata-and-tags
"""

from collections.abc import Mapping
from typing import Final, TypedDict

ONET: Final = "onet"
"""What O*NET publishes: the release as fetched, and its tables as loaded."""
SEARCH: Final = "search"
"""What finds candidates for a role."""
UPLOADS: Final = "uploads"
"""What is done for each upload: its distinct roles, and the occupation of each."""
REVIEW: Final = "review"
"""What people look at and decide: report and workbook of each upload, decisions, accuracy."""

_FROM_ONET: Final = {"source": "onet", "license": "cc-by-4.0"}
_FROM_UPLOADS: Final = {"source": "uploads"}
GROUPS: Final = {ONET: _FROM_ONET, SEARCH: _FROM_ONET, UPLOADS: _FROM_UPLOADS, REVIEW: _FROM_UPLOADS}
"""The tags of each."""


class Membership(TypedDict):
    """What Dagster is told of each asset of a group."""

    group_name: str
    owners: list[str]
    tags: Mapping[str, str]


def in_group(name: str) -> Membership:
    """Return what the decorator of an asset takes: ``@dg.asset(**in_group(ONET), …)``."""
    return {"group_name": name, "owners": ["team:data-engineering"], "tags": GROUPS[name]}
