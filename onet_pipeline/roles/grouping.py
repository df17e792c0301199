"""Which roles share a call.

Belongs here: putting roles with the same candidates together, so that a candidate is described once for many.
Does not: laying out the call (``layouts``).
"""

from collections.abc import Sequence
from itertools import islice

from onet_pipeline.roles.records import Question

# How many roles ahead a call is filled from. On the Chicago roles a call of 12 names 97 different candidates with
# 30, 88 with 120, 83 with 400, 80 with 2,000; the time grows with it.
WINDOW = 400


def grouped(questions: Sequence[Question], size: int) -> list[list[Question]]:
    """Split questions into groups of at most ``size``, each filled with those that add the fewest new candidates.

    Questions are first put in order of their best candidate's code, since related occupations have codes close by.
    """
    waiting = {question.id: question for question in sorted(questions, key=_best_code)}
    codes = _as_bits(questions)
    groups = []
    while waiting:
        seed = next(iter(waiting))
        group, shown = [waiting.pop(seed)], codes[seed]
        near = list(islice(waiting, WINDOW))
        while near and len(group) < size:
            unseen = ~shown
            closest = min(near, key=lambda each: (codes[each] & unseen).bit_count())
            near.remove(closest)
            group.append(waiting.pop(closest))
            shown |= codes[closest]
        groups.append(group)
    return groups


def _as_bits(questions: Sequence[Question]) -> dict[int, int]:
    """Return each question's candidates as a set of bits: comparing two takes some ten nanoseconds."""
    places: dict[str, int] = {}
    bits = {}
    for question in questions:
        numbers = {places.setdefault(candidate.code, len(places)) for candidate in question.candidates}
        bits[question.id] = sum(1 << number for number in numbers)
    return bits


def _best_code(question: Question) -> tuple[str, int]:
    return (question.candidates[0].code if question.candidates else "", question.id)
