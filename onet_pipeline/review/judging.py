"""Which decisions of a reviewed file fit the mappings as they are now.

Belongs here: what a decision means, and the rules by which a row is applied, left, refused or in conflict. Does not:
reading the file (``returned``), writing rows (``store``).

docs/decisions/0010-reviews-row-by-row.md
"""

import re
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Mapped
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from onet_pipeline.review.returned import ReturnedRow
from onet_pipeline.review.sheet import CONFIRM, NONE_OF_THESE, REJECT, Reference, same_text
from onet_pipeline.roles.titles import normalise
from onet_pipeline.store.records import Mapping
from onet_pipeline.store.review_records import ReviewDecision, Verdict, decision_on, mapping_version

_CONFIRMS = frozenset({CONFIRM, "confirmed", "ok", "yes"})
_NONE = frozenset({NONE_OF_THESE, "none", "none fits"})
_REJECTS = frozenset({REJECT, "rejected", "wrong"})
_CODE = re.compile(r"(\d\d-\d{4})(\.\d\d)?(?![\d.])")


class Outcome(StrEnum):
    """What became of a row."""

    APPLIED = "applied"
    UNCHANGED = "unchanged"
    CONFLICT = "conflict"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class JudgedRow:
    """A row and what became of it, in words for the person who wrote it; ``decision`` is set where it is applied."""

    row: ReturnedRow
    outcome: Outcome
    told: str
    decision: ReviewDecision | None = None


@dataclass(frozen=True, slots=True)
class Setting:
    """What rows are judged against: the mappings they speak of, all decisions about these, the release, the file.

    ``reviewer`` stands for rows without a name, where the file has none either.
    """

    mappings: Mapped[uuid.UUID, Mapping]
    history: Sequence[ReviewDecision]
    occupations: Mapped[str, str]
    onet_version: str
    decided_at: datetime
    applied_at: datetime
    file_name: str
    file_sha256: str
    reviewer: str | None = None


@dataclass(frozen=True, slots=True)
class _Claim:
    """A decision understood: about which mapping, seen in which state."""

    mapping: Mapping
    version: str
    verdict: Verdict
    code: str | None
    reviewer: str

    @property
    def choice(self) -> tuple[bool, str | None]:
        """What is chosen; that it equals the mapper's code or not is no difference between two choices."""
        return self.verdict is Verdict.REJECT, self.code


class _RefusedError(Exception):
    """The row does not fit; ``str()`` says why."""


def mentioned(rows: Iterable[ReturnedRow]) -> list[uuid.UUID]:
    """Return the ids of the mappings that rows speak of."""
    references = (Reference.read(row.reference) for row in rows)
    return [reference.mapping_id for reference in references if reference]


def judge(rows: Sequence[ReturnedRow], setting: Setting) -> list[JudgedRow]:
    """Judge every row that decides or comments something, in order.

    A row is applied or not by itself; two rows that contradict each other are both refused.
    """
    rules = _Rules(setting, _signed(rows, setting.reviewer))
    claims: dict[uuid.UUID, set[tuple[bool, str | None]]] = defaultdict(set)
    understood: list[tuple[ReturnedRow, _Claim | str]] = []
    for row in rows:
        if not (row.decision or row.comment):
            continue
        try:
            claim = rules.claim(row)
            claims[claim.mapping.id].add(claim.choice)
            understood.append((row, claim))
        except _RefusedError as error:
            understood.append((row, str(error)))
    applied: set[uuid.UUID] = set()
    return [_judged(rules, row, claim, claims, applied) for row, claim in understood]


def _judged(
    rules: "_Rules",
    row: ReturnedRow,
    claim: "_Claim | str",
    claims: Mapped[uuid.UUID, set[tuple[bool, str | None]]],
    applied: set[uuid.UUID],
) -> JudgedRow:
    if isinstance(claim, str):
        return JudgedRow(row, Outcome.REFUSED, claim)
    if len(claims[claim.mapping.id]) > 1:
        return JudgedRow(row, Outcome.REFUSED, "Two rows of this file decide this role differently: leave one.")
    if claim.mapping.id in applied:
        return JudgedRow(row, Outcome.UNCHANGED, "Another row says the same.")
    judged = rules.ruling(row, claim)
    if judged.outcome is Outcome.APPLIED:
        applied.add(claim.mapping.id)
    return judged


def _signed(rows: Iterable[ReturnedRow], given: str | None) -> str | None:
    """Return who signs rows without a name: the one name of the file, else who brings it."""
    names = {normalise(row.reviewer): row.reviewer for row in rows if row.reviewer}
    return next(iter(names.values())) if len(names) == 1 else given if not names else None


class _Rules:
    def __init__(self, setting: Setting, signed: str | None) -> None:
        self._setting = setting
        self._signed = signed
        self._last = {each.mapping_id: each for each in setting.history}
        self._made = {_made(each) for each in setting.history}

    def claim(self, row: ReturnedRow) -> _Claim:
        """Understand a row, or refuse it."""
        reference = Reference.read(row.reference)
        mapping = self._setting.mappings.get(reference.mapping_id) if reference else None
        if reference is None or mapping is None:
            raise _RefusedError("No mapping has this reference: the role left its upload, or the cell was changed.")
        if not same_text(row.role, mapping.source_role):
            raise _RefusedError(
                "Role and hidden reference belong to two different rows: the sheet was sorted in part. Nothing of it "
                "can be trusted here; take a new workbook."
            )
        verdict, code = self._choice(row, mapping, reference.version)
        reviewer = row.reviewer or self._signed
        if not reviewer:
            raise _RefusedError("Nobody signed: write your name into the column Reviewer, in one row or in all.")
        return _Claim(mapping, reference.version, verdict, code, reviewer)

    def _choice(self, row: ReturnedRow, mapping: Mapping, version: str) -> tuple[Verdict, str | None]:
        said = " ".join(row.decision.split()).casefold()
        if not said:
            raise _RefusedError("A comment without a decision is not kept: choose a decision too.")
        if said in _NONE:
            return Verdict.NONE_FITS, None
        if said in _REJECTS:
            if mapping.onet_code is None:
                raise _RefusedError("There is no code to reject: choose an occupation, or leave the cell empty.")
            return Verdict.REJECT, None
        code = self._shown(row, mapping, version) if said in _CONFIRMS else _code_in(said)
        if code is None:
            return Verdict.NONE_FITS, None
        if code not in self._setting.occupations:
            raise _RefusedError(
                f"{code} is not in O*NET {self._setting.onet_version}, retired or mistyped: choose another code."
            )
        return Verdict.CONFIRM if code == mapping.onet_code else Verdict.CHANGE, code

    def _shown(self, row: ReturnedRow, mapping: Mapping, version: str) -> str | None:
        """Return the code that is confirmed: the mapping's, or what the row shows where that has changed since."""
        if version != mapping_version(mapping):
            return row.code or None
        if mapping.is_rejected:
            raise _RefusedError("There is no code to confirm, it was rejected: choose an occupation.")
        return mapping.settled_code

    def ruling(self, row: ReturnedRow, claim: _Claim) -> JudgedRow:
        """Say whether a claim is applied to its mapping as it is now."""
        mapping = claim.mapping
        if _stands(claim):
            return JudgedRow(row, Outcome.UNCHANGED, "This has been decided already.")
        if claim.version == mapping_version(mapping):
            return self._applied(row, claim)
        if (mapping.id, claim.version, normalise(claim.reviewer), *claim.choice) in self._made:
            return JudgedRow(row, Outcome.UNCHANGED, "This was applied before, and has been decided anew since.")
        last = self._last.get(mapping.id)
        if last is None or not (mapping.user_confirmed or mapping.is_rejected):
            told = f"The mapping changed since this workbook was written, it is {_named(mapping.settled_code)} now"
            return JudgedRow(row, Outcome.REFUSED, f"{told}: take a new workbook.")
        if normalise(last.reviewer) == normalise(claim.reviewer):
            return self._applied(row, claim)
        chosen = "rejected the code" if last.verdict is Verdict.REJECT else f"chose {_named(last.code_chosen)}"
        told = f"{last.reviewer} {chosen} on {last.decided_at:%Y-%m-%d}, after this workbook was written"
        return JudgedRow(row, Outcome.CONFLICT, f"{told}. Agree, then decide in a new workbook.")

    def _applied(self, row: ReturnedRow, claim: _Claim) -> JudgedRow:
        setting = self._setting
        decision = decision_on(
            claim.mapping,
            claim.verdict,
            claim.code,
            title=setting.occupations.get(claim.code or ""),
            reviewer=claim.reviewer,
            decided_at=setting.decided_at,
            applied_at=setting.applied_at,
        )
        decision = replace(
            decision,
            mapping_version=claim.version,
            comment=row.comment or None,
            file_name=setting.file_name,
            file_sha256=setting.file_sha256,
        )
        return JudgedRow(row, Outcome.APPLIED, _told(decision), decision)


def _made(decision: ReviewDecision) -> tuple[object, ...]:
    rejects = decision.verdict is Verdict.REJECT
    return decision.mapping_id, decision.mapping_version, normalise(decision.reviewer), rejects, decision.code_chosen


def _stands(claim: _Claim) -> bool:
    if claim.verdict is Verdict.REJECT:
        return claim.mapping.is_rejected
    return claim.mapping.user_confirmed and claim.mapping.confirmed_code == claim.code


def _code_in(said: str) -> str:
    found = _CODE.match(said)
    if not found:
        raise _RefusedError(
            f'"{said[:60]}" is no decision: choose from the list, or write a code from the sheet Occupations.'
        )
    return f"{found[1]}{found[2] or '.00'}"


def _named(code: str | None) -> str:
    return code or "no occupation"


def _told(decision: ReviewDecision) -> str:
    if decision.verdict is Verdict.REJECT:
        return f"{_named(decision.code_before)} rejected."
    if decision.code_before == decision.code_chosen:
        return f"{_named(decision.code_chosen)} confirmed."
    return f"{_named(decision.code_before)} changed to {_named(decision.code_chosen)}."
