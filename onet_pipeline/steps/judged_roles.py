"""What a run saves of a role: the answer, the title of its code, and the score that was measured for its tier.

Belongs here: putting these together, for answers that come at once and those of a Message Batch. Does not: saving
(``store``), or when a measured score replaces a fixed one (``review.accuracy``).
"""

from onet_pipeline.review.accuracy import measured_scores
from onet_pipeline.roles.mapper import DecisionKey
from onet_pipeline.roles.records import NOT_THE_MAPPERS, Answer, Question, Role
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.store.records import JudgedRole, MappingRun


class JudgedRoles:
    """Makes the judged roles of one run, by the titles and judgements that there are when it begins."""

    def __init__(self, pipeline: Pipeline, run: MappingRun) -> None:
        """Read what is the same for all roles."""
        # An answer may lie outside its candidates: a second look searches wider, a catalogue holds everything.
        self._titles = pipeline.occupations.titles()
        self._scores = measured_scores(pipeline.reviews.agreements(), run.mapper, run.model)

    def of(
        self, role: Role, question: Question, answer: Answer, key: DecisionKey | None, cached_from: str | None = None
    ) -> JudgedRole:
        """Return a role with its answer; ``key`` is None where the decision is not worth keeping."""
        return JudgedRole(
            role=role,
            answer=answer,
            candidates=question.candidates,
            key=key,
            cached_from=cached_from,
            onet_title=self._titles.get(answer.code) if answer.code else None,
            score=None if answer.method in NOT_THE_MAPPERS else self._scores.get(answer.tier),
        )
