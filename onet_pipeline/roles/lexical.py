"""The lexical mapper: the best-ranked candidate with a tier by a written rule, no model asked.

Belongs here: the rule and the sentence that explains it. Does not: ranking (``search``).

docs/retrieval.md holds the table by which the rule was set.
"""

from collections.abc import Generator, Mapping, Sequence
from enum import StrEnum, auto

from onet_pipeline.roles.mapper import DecisionKey, Mapper
from onet_pipeline.roles.records import Answer, AnsweredBatch, Candidate, ConfidenceTier, Method, Question
from onet_pipeline.roles.titles import normalise, without_level

_OWN = {"alias": "your alias", "confirmed": "the confirmed title"}
_KINDS = {**_OWN, "shipped": "the shipped title"}


class Holds(StrEnum):
    """How a role equals a title of the first candidate: of it alone or the user's own, of others too, or shipped."""

    ALONE = auto()
    SHARED = auto()
    SHIPPED = auto()


AHEAD: Mapping[Holds, float] = {Holds.SHARED: 0.20, Holds.SHIPPED: 0.30}
"""Gap to the next occupation from which such a title makes HIGH; cross-validated by ``benchmarks.tiers``."""
_AHEAD_WITHOUT_TITLE = 0.15
"""Gap from which a role that equals no title is MEDIUM: right for 77 of a hundred such titles, of the others for 40."""


class LexicalMapper:
    """Answers every question with its best candidate; costs nothing, and so is never cached."""

    name = "lexical"
    model = None
    version = "3"

    def decision_key(self, question: Question) -> DecisionKey | None:
        """Return None: to decide again costs nothing."""
        return None

    def answer(self, questions: Sequence[Question]) -> Generator[AnsweredBatch]:
        """Yield all answers in one batch."""
        yield AnsweredBatch(tuple(_answer(question) for question in questions))


_: type[Mapper] = LexicalMapper


def _answer(question: Question) -> Answer:
    best = question.candidates[0] if question.candidates else None
    return Answer(
        question_id=question.id,
        code=best.code if best else None,
        tier=tier(question.role, question.candidates),
        reasoning=_reasoning(question.role, question.candidates),
        method=Method.LEXICAL,
        runners_up=tuple(candidate.code for candidate in question.candidates[1:4]),
        missing_information=None if best else "The role holds no letter: what is the job called?",
    )


def tier(role: str, candidates: Sequence[Candidate]) -> ConfidenceTier:
    """Return how far to trust the first candidate.

    HIGH: the role equals a title of O*NET's that no other candidate has, or one of the user's own, or it equals a title
    and the candidate is well ahead of the others (``AHEAD``). MEDIUM: equal, or well ahead without. LOW: neither. Codes
    that share their six digits are one occupation here, and a level at the end ("II") is no part of a role.
    """
    if not candidates:
        return ConfidenceTier.LOW
    held, lead = holds(role, candidates), gap(candidates)
    if held is Holds.ALONE or (held is not None and lead >= AHEAD[held]):
        return ConfidenceTier.HIGH
    return ConfidenceTier.MEDIUM if held or lead >= _AHEAD_WITHOUT_TITLE else ConfidenceTier.LOW


def holds(role: str, candidates: Sequence[Candidate]) -> Holds | None:
    """Return in what way the role equals a title of the first candidate, None where it does not."""
    best = candidates[0]
    if not _equal(role, best):
        return None
    if best.origin == "shipped":
        return Holds.SHIPPED
    return Holds.SHARED if best.origin not in _OWN and _sharing(role, candidates) else Holds.ALONE


def gap(candidates: Sequence[Candidate]) -> float:
    """Return by how much the first candidate's score exceeds that of the next occupation of other six digits."""
    best = candidates[0]
    return best.score - next((other.score for other in candidates if other.code[:7] != best.code[:7]), 0.0)


def _sharing(role: str, candidates: Sequence[Candidate]) -> int:
    """Count the other occupations that hold a title equal to the role."""
    best = candidates[0]
    return len({other.code[:7] for other in candidates if _equal(role, other)} - {best.code[:7]})


def _equal(role: str, candidate: Candidate) -> bool:
    asked = normalise(role)
    return normalise(candidate.matched_title) in (asked, without_level(asked))


def _reasoning(role: str, candidates: Sequence[Candidate]) -> str:
    if not candidates:
        return "The role holds no letter, so nothing can be searched for it."
    best = candidates[0]
    if not _equal(role, best):
        return f'No title equals the role; nearest in this occupation is "{best.matched_title}".'
    kind = _KINDS.get(best.origin) or ("the title" if best.matched_title == best.title else "the alternate title")
    level = "" if normalise(role) == normalise(best.matched_title) else ", but for its level,"
    sentence = f'The role{level} equals {kind} "{best.matched_title}" of this occupation.'
    sharing = _sharing(role, candidates)
    if not sharing:
        return sentence
    others = "1 other occupation shares" if sharing == 1 else f"{sharing} other occupations share"
    return f"{sentence} {others} that title."
