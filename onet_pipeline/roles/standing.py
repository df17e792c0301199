"""When a decision stands although other candidates are shown than it was made on.

Belongs here: the rule, and what of the candidates is kept for it. Does not: the key of a decision (``mapper``), finding
earlier ones (``store.decisions``).

docs/decisions/0014-decisions-that-stand.md
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache

from onet_pipeline.roles.records import Candidate, ConfidenceTier

LEADING = 10
"""Candidates that must all have been shown before. From 29.3 to 30.1 that passes over 4 right occupations of 7,168
labelled titles; fifteen would pass over 3, and ask 20 % of titles in place of 6 % (``benchmarks.release_bump``)."""


def marks(candidates: Iterable[Candidate]) -> tuple[str, ...]:
    """Return each candidate as its code and a short hash of its words, in the given order."""
    return tuple(f"{each.code}:{_hash(each.title, each.description)}" for each in candidates)


def stands(
    code: str | None, tier: ConfidenceTier, shown_then: Collection[str] | None, candidates: Sequence[Candidate]
) -> bool:
    """Say whether an earlier decision of the same question is still good for ``candidates``, best first.

    It named an occupation, HIGH or MEDIUM; that one is still shown, and all the leading ones were shown then, in the
    same words. ``shown_then`` are the marks of the candidates it was made on; None, they are not known: it falls.
    """
    if tier is ConfidenceTier.LOW or shown_then is None:
        return False
    leading = marks(candidates[:LEADING])
    chosen = marks(each for each in candidates if each.code == code)
    return bool(chosen) and {*leading, *chosen} <= set(shown_then)


@lru_cache(maxsize=4096)
def _hash(title: str, description: str) -> str:
    """Eight digits: one changed description in four billion would go unseen."""
    return hashlib.sha256(json.dumps([title, description]).encode()).hexdigest()[:8]
