"""The plain records of review: what people decided about mappings, and the files they decided it in.

Belongs here: frozen data of ``review_decisions`` and ``review_files``. Does not: which decisions fit (``review``).
"""

import hashlib
import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from onet_pipeline.roles.records import ConfidenceTier, Method
from onet_pipeline.store.columns import storable
from onet_pipeline.store.records import Mapping


class Verdict(StrEnum):
    """What a reviewer said of a mapping.

    CONFIRM, the code is right; CHANGE, another one is; NONE_FITS, no occupation fits; REJECT, the code is wrong and the
    right one is not known.
    """

    CONFIRM = "confirm"
    CHANGE = "change"
    NONE_FITS = "none_fits"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class ReviewDecision:
    """One decision about one mapping, with what was judged.

    ``mapping_version`` is the state of the mapping that the reviewer saw. ``code_before`` is the settled code before,
    ``mapper_code`` the mapper's own. ``bulk`` decisions confirm many at once and judge none of them.
    """

    mapping_id: uuid.UUID
    mapping_version: str
    upload_key: str
    source_role: str
    verdict: Verdict
    code_before: str | None
    code_chosen: str | None
    mapper_code: str | None
    tier: ConfidenceTier
    method: Method
    mapper: str
    model: str | None
    prompt_version: str
    onet_version: str
    reviewer: str
    decided_at: datetime
    applied_at: datetime
    title_chosen: str | None = None
    comment: str | None = None
    bulk: bool = False
    file_name: str | None = None
    file_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class ReviewFile:
    """A reviewed file and what came of its rows; ``reason`` is set where it could not be read at all.

    ``upload_key`` is None where its rows are of no upload, or of several.
    """

    sha256: str
    name: str
    size: int
    modified_at: datetime | None
    applied_at: datetime
    upload_key: str | None = None
    applied: int = 0
    unchanged: int = 0
    conflicts: int = 0
    faults: int = 0
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ConfirmedRole:
    """A role of some upload with the occupation that a reviewer gave it; None says that none fits."""

    upload_key: str
    upload_path: str
    source_role: str
    context: tuple[tuple[str, str], ...]
    code: str | None
    confirmed_at: datetime


@dataclass(frozen=True, slots=True)
class Agreement:
    """How often reviewers chose the code of a mapper: ``agreed`` of ``judged`` mappings of one tier and release."""

    onet_version: str
    mapper: str
    model: str | None
    tier: ConfidenceTier
    agreed: int
    judged: int


def mapping_version(mapping: Mapping) -> str:
    """Hash what a reviewer judges: the role, its code, and what people said of it before.

    Tier and reasoning are left out: a run that comes to the same code changes nothing about the judgement.
    """
    said = [mapping.user_confirmed, mapping.confirmed_code, mapping.rejected_code]
    material = json.dumps([storable(mapping.source_role), mapping.onet_code, *said], ensure_ascii=False)
    return hashlib.sha256(material.encode()).hexdigest()[:16]


def decision_on(
    mapping: Mapping,
    verdict: Verdict,
    code: str | None,
    *,
    reviewer: str,
    decided_at: datetime,
    applied_at: datetime,
    title: str | None = None,
) -> ReviewDecision:
    """Return the decision with what it judges filled in from the mapping as it is."""
    return ReviewDecision(
        mapping_id=mapping.id,
        mapping_version=mapping_version(mapping),
        upload_key=mapping.upload_key,
        source_role=mapping.source_role,
        verdict=verdict,
        code_before=mapping.settled_code,
        code_chosen=code,
        title_chosen=title,
        mapper_code=mapping.onet_code,
        tier=mapping.confidence,
        method=mapping.method,
        mapper=mapping.mapper,
        model=mapping.model,
        prompt_version=mapping.prompt_version,
        onet_version=mapping.onet_version,
        reviewer=reviewer,
        decided_at=decided_at,
        applied_at=applied_at,
    )
