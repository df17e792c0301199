"""The layout of the review sheet, which writing and reading share.

Belongs here: names of columns, words of decisions, the reference of a row, what a cell can hold. Does not: writing
(``workbook``) or reading (``returned``) it.

https://support.microsoft.com/office/1672b34d-7043-467e-8e27-269d656771c3
"""

import re
import uuid
from dataclasses import dataclass
from enum import StrEnum

from onet_pipeline.store.records import Mapping
from onet_pipeline.store.review_records import mapping_version

SHEET = "Review"
CONFIRM = "confirm"
NONE_OF_THESE = "none of these"
REJECT = "reject"
MOST_CHARACTERS = 32_000
"""Of a cell, in UTF-16 units; Excel takes 32,767 and calls a file with more damaged."""

# What XML 1.0 cannot hold; Excel calls a file with one of them damaged.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class Column(StrEnum):
    """The columns of the review sheet, in order; those after ``BEFORE`` are hidden."""

    ROLE = "Role"
    ROWS = "Rows"
    CONFIDENCE = "Confidence"
    CODE = "Code"
    OCCUPATION = "Occupation"
    DECISION = "Decision"
    COMMENT = "Comment"
    REVIEWER = "Reviewer"
    REASONING = "Reasoning"
    RUNNERS_UP = "Also possible"
    MISSING = "What would settle it"
    HOW = "How"
    BEFORE = "Decided before"
    REFERENCE = "Reference"
    CHOICES_ROW = "Row of choices"
    CHOICES = "Number of choices"


@dataclass(frozen=True, slots=True)
class Reference:
    """Which mapping a row is about, in which state it was written; it goes with the row wherever it is sorted."""

    mapping_id: uuid.UUID
    version: str

    def __str__(self) -> str:
        return f"{self.mapping_id}/{self.version}"

    @classmethod
    def of(cls, mapping: Mapping) -> "Reference":
        """Return the reference of a mapping as it is."""
        return cls(mapping.id, mapping_version(mapping))

    @classmethod
    def read(cls, text: str) -> "Reference | None":
        """Return the reference that a cell holds, None where it holds none."""
        identity, _, version = text.strip().partition("/")
        try:
            return cls(uuid.UUID(identity), version) if version else None
        except ValueError:
            return None


def cell_text(text: str) -> str:
    """Return a text as a cell can hold it: control characters replaced, and cut where it is too long."""
    legible = _UNWRITABLE.sub("\ufffd", text)
    units = legible.encode("utf-16-le")
    if len(units) <= 2 * MOST_CHARACTERS:
        return legible
    return units[: 2 * MOST_CHARACTERS].decode("utf-16-le", errors="ignore") + "…"


def same_text(one: str, other: str) -> bool:
    """Tell whether two cells say the same, whatever a spreadsheet program did to their white space."""
    return cell_text(one).split() == cell_text(other).split()
