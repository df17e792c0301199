"""Rows that decisions write: one of the history each, and the confirmation beside the mapping.

Belongs here: writing and reading ``review_decisions`` in somebody's transaction. Does not: opening transactions
(``reviews``, ``mappings``), or which decisions fit (``review``).
"""

import uuid
from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from onet_pipeline.roles.records import NOT_THE_MAPPERS
from onet_pipeline.store.columns import role_key, uuid7
from onet_pipeline.store.models import MappingRow, ReviewDecisionRow
from onet_pipeline.store.review_records import Agreement, ReviewDecision, Verdict
from onet_pipeline.store.rows import Row, chunks

_NAMES = [each.name for each in fields(ReviewDecision)]
_COLUMNS = [getattr(ReviewDecisionRow, name) for name in _NAMES]
_IN_ORDER = (ReviewDecisionRow.applied_at, ReviewDecisionRow.id)


def write(session: Session, decisions: Sequence[ReviewDecision]) -> None:
    """Write decisions to the history and to the mappings they are about."""
    for some in chunks(decisions):
        history = [_history(each) for each in some]
        session.connection().execute(sa.insert(ReviewDecisionRow), history)
        session.execute(sa.update(MappingRow), [_confirmation(each) for each in some])


def of_mappings(session: Session, ids: Sequence[uuid.UUID]) -> list[ReviewDecision]:
    """Return every decision about some mappings, oldest first."""
    found: list[ReviewDecision] = []
    for some in chunks(ids):
        query = sa.select(*_COLUMNS).where(ReviewDecisionRow.mapping_id.in_(some)).order_by(*_IN_ORDER)
        found += [ReviewDecision(*row) for row in session.execute(query)]
    return found


def of_upload(session: Session, upload_key: str | None) -> list[ReviewDecision]:
    """Return every decision about one upload, or about all, oldest first."""
    query = sa.select(*_COLUMNS).order_by(*_IN_ORDER)
    if upload_key is not None:
        query = query.where(ReviewDecisionRow.upload_key == upload_key)
    return [ReviewDecision(*row) for row in session.execute(query)]


def confirmed_at(session: Session, moment: datetime) -> list[tuple[str, str]]:
    """Return the (role, code) pairs that stood confirmed at a moment, by role."""
    row = ReviewDecisionRow
    newest = _newest_first(row.upload_key, row.role_key)
    stood = sa.select(row.source_role, row.code_chosen, newest).where(row.applied_at <= moment).subquery()
    query = sa.select(stood.c.source_role, stood.c.code_chosen).where(
        stood.c.place == 1, stood.c.code_chosen.is_not(None)
    )
    return sorted({(role, code) for role, code in session.execute(query)})


def agreements(session: Session) -> list[Agreement]:
    """Count how often the latest judgement of each answer agrees with it, by release, mapper, model and tier.

    Bulk decisions, fallbacks and codes taken over from a reviewer say nothing about the mapper and are left out.
    """
    row = ReviewDecisionRow
    newest = _newest_first(row.mapping_id, row.mapper, row.model, row.onet_version, row.mapper_code)
    agrees = row.code_chosen.is_not_distinct_from(row.mapper_code) & (row.verdict != Verdict.REJECT)
    kind = (row.onet_version, row.mapper, row.model, row.tier)
    of_mapper = row.bulk.is_(False) & row.method.not_in(NOT_THE_MAPPERS)
    judged = sa.select(*kind, sa.case((agrees, 1), else_=0).label("agreed"), newest).where(of_mapper).subquery()
    columns = [judged.c[column.key] for column in kind]
    query = sa.select(*columns, sa.func.sum(judged.c.agreed), sa.func.count()).where(judged.c.place == 1)
    found = [Agreement(*values) for values in session.execute(query.group_by(*columns))]
    return sorted(found, key=lambda each: (each.onet_version, each.mapper, each.model or "", each.tier))


def _newest_first(*keys: sa.ColumnExpressionArgument[object]) -> sa.Label[int]:
    order = [column.desc() for column in _IN_ORDER]
    return sa.func.row_number().over(partition_by=keys, order_by=order).label("place")


def _history(decision: ReviewDecision) -> Row:
    values = {name: getattr(decision, name) for name in _NAMES}
    return {"id": uuid7(), "role_key": role_key(decision.source_role), **values}


def _confirmation(decision: ReviewDecision) -> Row:
    """Return the columns of the mapping that a decision sets; a rejection leaves the mapper's answer to be reviewed."""
    confirms = decision.verdict is not Verdict.REJECT
    return {
        "id": decision.mapping_id,
        "user_confirmed": confirms,
        "confirmed_by": decision.reviewer if confirms else None,
        "confirmed_at": decision.decided_at if confirms else None,
        "confirmed_code": decision.code_chosen if confirms else None,
        "confirmed_title": decision.title_chosen if confirms else None,
        "confirmed_comment": decision.comment,
        "rejected_code": None if confirms else decision.code_before,
    }
