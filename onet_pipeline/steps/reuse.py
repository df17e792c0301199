"""Roles that reviewers settled in other uploads: their answer is taken over.

Belongs here: which confirmation decides a role elsewhere. Does not: saving it (``mapping``), or titles for search
(``own_titles``).

docs/decisions/0011-what-confirmations-change.md
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath

from onet_pipeline.roles.records import Answer, ConfidenceTier, Method, Question
from onet_pipeline.roles.titles import normalise
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.store.review_records import ConfirmedRole

_Key = tuple[str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True, slots=True)
class Settled:
    """A role that a reviewer settled in another upload."""

    role: ConfirmedRole

    @property
    def origin(self) -> str:
        """Where the decision is from; it names no person."""
        return f"{self.role.upload_key}, confirmed {self.role.confirmed_at:%Y-%m-%d}"

    def answer(self, question: Question) -> Answer:
        """Return the reviewer's decision as the answer of a question; that nothing fits is LOW, as always."""
        role = self.role
        return Answer(
            question_id=question.id,
            code=role.code,
            tier=ConfidenceTier.HIGH if role.code else ConfidenceTier.LOW,
            reasoning=f"A reviewer settled this role in {role.upload_path} on {role.confirmed_at:%Y-%m-%d}.",
            method=Method.REVIEWED,
        )


class SettledElsewhere:
    """The roles that were settled in other uploads, found by title and context."""

    def __init__(self, confirmed: Iterable[ConfirmedRole], known_codes: Iterable[str]) -> None:
        self._found: dict[_Key, list[ConfirmedRole]] = defaultdict(list)
        known = {*known_codes, None}
        for role in confirmed:
            if role.code in known:
                self._found[normalise(role.source_role), tuple(sorted(role.context))].append(role)

    def of(self, question: Question) -> Settled | None:
        """Return the latest decision on a role, None where there is none or where reviewers disagree."""
        if not (title := normalise(question.role)):
            return None
        found = self._found.get((title, tuple(sorted(question.context))), [])
        if len({role.code for role in found}) != 1:
            return None
        return Settled(max(found, key=lambda role: (role.confirmed_at, role.upload_key)))


def settled_elsewhere(pipeline: Pipeline, upload_key: str) -> SettledElsewhere:
    """Return what reviewers settled in the other uploads of the folder, or in all, as the settings say.

    Codes that the current release lacks settle nothing.
    """
    reach, upload = pipeline.settings.reuse_confirmed, pipeline.uploads.get(upload_key)
    if reach == "off" or upload is None:
        return SettledElsewhere((), ())
    others = [role for role in pipeline.reviews.confirmed_roles() if role.upload_key != upload_key]
    if reach == "folder":
        others = [role for role in others if _folder(role.upload_path) == _folder(upload.path)]
    return SettledElsewhere(others, pipeline.occupations.titles() if others else ())


def _folder(path: str) -> PurePath:
    return PurePath(path).parent
