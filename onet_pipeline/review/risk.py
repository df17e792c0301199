"""In which order a reviewer should look.

Belongs here: the order, and what an answer comes to. Does not: how it is shown (``report``, ``workbook``).
"""

from collections.abc import Iterable

from onet_pipeline.review.rollup import Taxonomy
from onet_pipeline.roles.records import ConfidenceTier, Method
from onet_pipeline.store.records import Mapping

_BY_RISK = (ConfidenceTier.LOW, ConfidenceTier.MEDIUM, ConfidenceTier.HIGH)


def riskiest_first(mappings: Iterable[Mapping]) -> tuple[Mapping, ...]:
    """Sort mappings: unconfirmed before confirmed, by tier, what failed or found nothing first, then by rows."""
    return tuple(sorted(mappings, key=_risk))


def _risk(mapping: Mapping) -> tuple[object, ...]:
    sound = mapping.method is not Method.FALLBACK and mapping.settled_code is not None
    return (
        mapping.user_confirmed,
        _BY_RISK.index(mapping.confidence),
        sound,
        -mapping.row_count,
        mapping.source_role,
    )


def settled_title(mapping: Mapping, taxonomy: Taxonomy) -> str | None:
    """Return the title of the code to use: as it was kept with the mapping, else as the release has it."""
    code = mapping.settled_code
    return (mapping.settled_title or title_of(mapping, code, taxonomy)) if code else None


def title_of(mapping: Mapping, code: str, taxonomy: Taxonomy) -> str | None:
    """Return the title of a code as it was shown for this mapping, else as the release has it, else None."""
    shown = next((each.title for each in mapping.candidates if each.code == code), None)
    return shown if shown is not None else taxonomy.title(code)
