"""The lexical mapper: the best-ranked candidate with a tier by a written rule, no model asked.

Belongs here: the rule and the sentence that explains it. Does not: ranking (``search``).

docs/retrieval.md holds the table by which the rule was set.
"""

from collections.abc import Generator, Sequence

from onet_pipeline.roles.mapper import DecisionKey, Mapper
from onet_pipeline.roles.records import Answer, AnsweredBatch, Candidate, ConfidenceTier, Method, Question
from onet_pipeline.roles.titles import normalise

AHEAD = 0.15
"""Gap to the next occupation from which the first is well ahead; cross-validated by ``benchmarks.tiers``: HIGH is then
right for .915 of titles over four gold sets that count alike, and .915 on each half of them it was not chosen on."""
_OWN = {"alias": "your alias", "confirmed": "the confirmed title"}


class LexicalMapper:
    """Answers every question with its best candidate; costs nothing, and so is never cached."""

    name = "lexical"
    model = None
    version = "2"

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

    HIGH: the role equals a title of it that no other candidate has, or it is well ahead of the others (``AHEAD``) too,
    or the title is the user's own. MEDIUM: one of the two, equal or well ahead. LOW: neither. Codes that share their
    six digits are one occupation here.
    """
    if not candidates:
        return ConfidenceTier.LOW
    equal, ahead = _equal(role, candidates[0]), gap(candidates) >= AHEAD
    if equal and (ahead or candidates[0].origin != "onet" or not _sharing(role, candidates)):
        return ConfidenceTier.HIGH
    return ConfidenceTier.MEDIUM if equal or ahead else ConfidenceTier.LOW


def gap(candidates: Sequence[Candidate]) -> float:
    """Return by how much the first candidate's score exceeds that of the next occupation of other six digits."""
    best = candidates[0]
    return best.score - next((other.score for other in candidates if other.code[:7] != best.code[:7]), 0.0)


def _sharing(role: str, candidates: Sequence[Candidate]) -> int:
    """Count the other occupations that hold a title equal to the role."""
    best = candidates[0]
    return len({other.code[:7] for other in candidates if _equal(role, other)} - {best.code[:7]})


def _equal(role: str, candidate: Candidate) -> bool:
    return normalise(role) == normalise(candidate.matched_title)


def _reasoning(role: str, candidates: Sequence[Candidate]) -> str:
    if not candidates:
        return "The role holds no letter, so nothing can be searched for it."
    best = candidates[0]
    if not _equal(role, best):
        return f'No title equals the role; nearest in this occupation is "{best.matched_title}".'
    kind = _OWN.get(best.origin) or ("the title" if best.matched_title == best.title else "the alternate title")
    sentence = f'The role equals {kind} "{best.matched_title}" of this occupation.'
    sharing = _sharing(role, candidates)
    if not sharing:
        return sentence
    others = "1 other occupation shares" if sharing == 1 else f"{sharing} other occupations share"
    return f"{sentence} {others} that title."
