"""The lexical mapper: the best-ranked candidate with a tier by a written rule, no model asked.

Belongs here: the rule and the sentence that explains it. Does not: ranking (``search``).

docs/retrieval.md holds the table by which the rule was set.
"""

from collections.abc import Generator, Sequence

from onet_pipeline.roles.mapper import Mapper
from onet_pipeline.roles.records import Answer, AnsweredBatch, Candidate, ConfidenceTier, Method, Question
from onet_pipeline.roles.titles import normalise

_SURE_GAP = 0.25
_FAIR_SCORE = 0.80
_OWN = {"alias": "your alias", "confirmed": "the confirmed title"}


class LexicalMapper:
    """Answers every question with its best candidate; costs nothing, and so is never cached."""

    name = "lexical"
    model = None
    version = "1"

    def fingerprint(self, question: Question) -> str | None:
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

    HIGH: the role equals a title of it, and the second is far behind (by ``_SURE_GAP`` of the score); or the title is
    the user's own. MEDIUM: the role equals a title of it, or most rankings agree on it (``_FAIR_SCORE``). LOW: else.
    """
    if not candidates:
        return ConfidenceTier.LOW
    best, equal = candidates[0], _equal(role, candidates[0])
    if equal and (best.origin != "onet" or _gap(candidates) >= _SURE_GAP):
        return ConfidenceTier.HIGH
    return ConfidenceTier.MEDIUM if equal or best.score >= _FAIR_SCORE else ConfidenceTier.LOW


def _gap(candidates: Sequence[Candidate]) -> float:
    return candidates[0].score - (candidates[1].score if len(candidates) > 1 else 0.0)


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
    sharing = sum(_equal(role, other) for other in candidates[1:])
    if not sharing:
        return sentence
    others = "1 other candidate shares" if sharing == 1 else f"{sharing} other candidates share"
    return f"{sentence} {others} that title."
