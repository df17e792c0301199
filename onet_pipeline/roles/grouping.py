"""Which roles share a call.

Belongs here: putting roles with the same candidates together, so that a candidate is described once for many.
Does not: laying out the call (``layouts``).
"""

from collections.abc import Sequence
from itertools import islice

from onet_pipeline.roles.records import Question

# How many roles ahead a call is filled from: 12 to 240 changed the tokens of a call by under 3 % beyond 120.
WINDOW = 120


def grouped(questions: Sequence[Question], size: int) -> list[list[Question]]:
    """Split questions into groups of at most ``size``, each filled with those that add the fewest new candidates.

    Questions are first put in order of their best candidate's code, since related occupations have codes close by.
    """
    waiting = {question.id: question for question in sorted(questions, key=_best_code)}
    codes = {question.id: frozenset(c.code for c in question.candidates) for question in questions}
    groups = []
    while waiting:
        seed = next(iter(waiting))
        group, shown = [waiting.pop(seed)], set(codes[seed])
        near = list(islice(waiting, WINDOW))
        while near and len(group) < size:
            closest = min(near, key=lambda each: len(codes[each] - shown))
            near.remove(closest)
            group.append(waiting.pop(closest))
            shown |= codes[closest]
        groups.append(group)
    return groups


def _best_code(question: Question) -> tuple[str, int]:
    return (question.candidates[0].code if question.candidates else "", question.id)
