"""The groups of the asset graph, in one table.

Belongs here: their names and what each holds; the ownership and tags that go with all assets. Does not: the assets.
"""

from typing import Final

ONET: Final = "onet"
SEARCH: Final = "search"
UPLOADS: Final = "uploads"
REVIEW: Final = "review"

GROUPS: Final = {
    ONET: "What O*NET publishes: the release as fetched, and its tables as loaded",
    SEARCH: "What finds candidates for a role",
    UPLOADS: "What is done for each upload: its distinct roles, and the occupation of each",
    REVIEW: "What people look at and decide: report and workbook of each upload, decisions, accuracy",
}

OWNERS: Final = ("team:data-engineering",)
ONET_TAGS: Final = {"source": "onet", "license": "cc-by-4.0"}
UPLOAD_TAGS: Final = {"source": "uploads"}
