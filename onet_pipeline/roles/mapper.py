"""The mapper protocol: what answers questions, and the rule for when it fails.

Belongs here: the two protocols (search, mapper), the key of a decision, the fallback. Does not: how a mapper decides
(``lexical``, ``claude``), or when a decision outlives its candidates (``standing``).
"""

import hashlib
import json
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from onet_pipeline.roles.records import Answer, AnsweredBatch, Candidate, ConfidenceTier, Method, Question
from onet_pipeline.roles.titles import normalise


@dataclass(frozen=True, slots=True)
class DecisionKey:
    """What a decision is found by: ``fingerprint`` of all that can change it, ``question`` of all but the candidates.

    ``question`` is None where only the very same candidates leave the decision as it was.
    """

    fingerprint: str
    question: str | None = None


class CandidateSearch(Protocol):
    """Finds the occupations that a title may mean."""

    @property
    def version(self) -> str:
        """Hash of everything that can change an answer: release content, aliases, the code of the search."""
        ...

    def search(self, titles: Sequence[str], limit: int = 20) -> list[tuple[Candidate, ...]]:
        """Return for each title at most ``limit`` distinct occupations, best first."""
        ...


class Mapper(Protocol):
    """Chooses one occupation per question, or none."""

    @property
    def name(self) -> str:
        """``claude`` or ``lexical``."""
        ...

    @property
    def model(self) -> str | None:
        """The model asked, None where there is none."""
        ...

    @property
    def version(self) -> str:
        """Version of the prompt or rule: changing it makes earlier decisions stale."""
        ...

    def decision_key(self, question: Question) -> DecisionKey | None:
        """Return the key under which the decision may be reused, None where it costs nothing to decide again."""
        ...

    def answer(self, questions: Sequence[Question]) -> Generator[AnsweredBatch]:
        """Yield batches as they land, in any order; over all of them every question is answered exactly once.

        Raises:
            MapperRefused: key, model or bill; what was yielded before stands.
            MapperUnavailable: too many batches in a row failed.
        """
        ...


def decision_key(question: Question, *settings: str) -> DecisionKey:
    """Hash what can change the decision: role, context, what is shown of the candidates, and the mapper's settings.

    Candidates are taken in order of code, so that a new ranking of the same twenty asks nothing again.
    """
    role, context = normalise(question.role), sorted(question.context)
    shown = sorted((c.code, c.title, c.description) for c in question.candidates)
    return DecisionKey(_digest([role, context, shown, settings]), _digest([role, context, settings]))


def fallback(question: Question, reason: str) -> Answer:
    """Answer for a mapper that failed: the best-ranked candidate, LOW, marked with the reason."""
    best = question.candidates[0] if question.candidates else None
    return Answer(
        question_id=question.id,
        code=best.code if best else None,
        tier=ConfidenceTier.LOW,
        reasoning=f"Best-ranked candidate, not judged: {reason}" if best else f"No candidate, not judged: {reason}",
        method=Method.FALLBACK,
        fallback_reason=reason,
    )


def _digest(material: Any) -> str:
    return hashlib.sha256(json.dumps(material, ensure_ascii=False).encode()).hexdigest()
