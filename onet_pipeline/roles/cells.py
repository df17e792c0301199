"""What one cell of an upload says: a value, nothing, a total, a remark.

Belongs here: rules about the text of a single cell. Does not: rows, columns, or where a table begins.
"""

import re
import unicodedata
from collections.abc import Sequence

from onet_pipeline.roles.titles import normalise

# "NA" is how R writes a missing value; somebody's two-letter title is the rarer case.
_BLANKS = frozenset(["nan", "nat", "null", "none", "nil", "na", "n a", "not applicable", "not available"])
_PLACEHOLDER = re.compile(r"[(<\[](?:blank|empty)[)>\]]|#(?:n/a|ref!|name\?|value!|null!|div/0!|num!)", re.IGNORECASE)
_AMOUNT = r"[\s:=\-–—.,'’$€£%()\d]*"
_TOTAL = re.compile(
    r"(?:(?:grand|overall|report|column|sub|sum)[\s-]*totals?|subtotals?|totals?"
    r"|gesamt(?:summe|ergebnis)?|zwischensumme|summe|total g[ée]n[ée]ral|sous-total|suma(?: total)?|totale|totaal|razem"
    r"|итого)(?:\s+(?:of|for|number of))?"
    r"(?:\s+(?:all|employees|rows|records|count|head\s?count|positions|staff|salar(?:y|ies)|pay))*"
    rf"{_AMOUNT}",
    re.IGNORECASE,
)
_GROUP_TOTAL = re.compile(r"(.+?)\s+(?:total|count|ergebnis)", re.IGNORECASE)
_REMARK = re.compile(
    r"(?:source|sources|notes?|remarks?|as of|prepared by|quelle|stand|footnotes?)\s*:.*|\*+\s*\w.*\s.*|©.*"
    r"|(?:generated|printed|exported|report run|last updated|report generated|report date)\b\s*(?:on|at|by|:).*"
    r"|page \d+(?:\s*(?:of|/)\s*\d+)?|end of (?:report|file|list)\b.*|confidential\b.*",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"[-+(]?\s*[$€£¥]?\s*[-+]?\d[\d\s.,'’]*(?:[eE][-+]?\d+)?\s*[%$€£¥)]?")
_DATE = re.compile(
    r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[T ].*)?|\d{1,2}:\d{2}(?::\d{2})?.*|\d{1,2}[- ][A-Za-z]{3,9}[- ]\d{2,4}"
)


def clean(cell: str) -> str:
    """Trim, collapse white space, and drop control and invisible format characters; spelling is left as it is."""
    text = " ".join(cell.split())
    if text.isprintable():
        return text
    # The zero-width joiners are letters' business in Persian and Indic spelling.
    kept = (sign for sign in text if sign in "\u200c\u200d" or unicodedata.category(sign) not in ("Cc", "Cf"))
    return " ".join("".join(kept).split())


def is_blank(text: str) -> bool:
    """Tell whether a cleaned cell holds nothing: empty, only punctuation, or a word for "missing"."""
    if len(text) > 20:
        return False
    return not any(sign.isalnum() for sign in text) or normalise(text) in _BLANKS or bool(_PLACEHOLDER.fullmatch(text))


def is_total(text: str) -> bool:
    """Tell whether a cleaned cell labels a sum: ``Grand Total``, ``Total: 123``; not ``Total Rewards Manager``."""
    return len(text) <= 80 and _TOTAL.fullmatch(text) is not None


def summed_group(text: str) -> str | None:
    """Return ``Clerk`` for ``Clerk Total``, as Excel labels subtotals; the caller knows whether that is a group."""
    match = _GROUP_TOTAL.fullmatch(text) if len(text) <= 300 else None
    return match[1] if match else None


def is_remark(text: str) -> bool:
    """Tell whether a cleaned cell, alone in its row, is a footer: ``Source: …``, ``Page 2 of 9``, ``* part-time``."""
    return len(text) <= 1000 and _REMARK.fullmatch(text) is not None


def is_number(text: str) -> bool:
    """Tell whether a cleaned cell is a number, an amount, a date or a time."""
    return len(text) <= 40 and (_NUMBER.fullmatch(text) is not None or _DATE.fullmatch(text) is not None)


def is_empty_row(row: Sequence[str]) -> bool:
    """Tell whether no cell of the row, cleaned or not, holds a visible character."""
    return not any(cell and clean(cell) for cell in row)
