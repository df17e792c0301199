"""The decision cache: answers kept under the fingerprint of everything that could change them.

Belongs here: finding and keeping decisions. Does not: what a fingerprint is made of (``roles.mapper``).
"""

from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from onet_pipeline.roles.records import Method
from onet_pipeline.store.database import Database
from onet_pipeline.store.models import DecisionRow
from onet_pipeline.store.records import Decision, JudgedRole, MappingRun
from onet_pipeline.store.rows import Row, chunks, upsert

_REUSABLE = (Method.CLAUDE, Method.LEXICAL)
"""A fallback is provisional, a review is of one upload, and a cached answer is here already."""

_COLUMNS = [
    DecisionRow.onet_code if each.name == "code" else getattr(DecisionRow, each.name) for each in fields(Decision)
]


class DecisionStore:
    """Decisions by fingerprint."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, fingerprints: Sequence[str]) -> dict[str, Decision]:
        """Return the decisions that exist, by fingerprint; any number may be asked for."""
        found: dict[str, Decision] = {}
        with self._database.reading() as session:
            for some in chunks(sorted(set(fingerprints))):
                rows = session.execute(sa.select(*_COLUMNS).where(DecisionRow.fingerprint.in_(some))).mappings()
                found.update((row["fingerprint"], _decision(row)) for row in rows)
        return found


def keep_decisions(session: Session, run: MappingRun, judged: Sequence[JudgedRole]) -> None:
    """Keep the answers that may be used again, in the caller's transaction; a decision asked anew is replaced."""
    rows = {
        each.fingerprint: _row(run, each) for each in judged if each.fingerprint and each.answer.method in _REUSABLE
    }
    upsert(session, DecisionRow, list(rows.values()), keys=["fingerprint"])


def _row(run: MappingRun, judged: JudgedRole) -> Row:
    answer = judged.answer
    return {
        "fingerprint": judged.fingerprint,
        "onet_code": answer.code,
        "tier": answer.tier,
        "reasoning": answer.reasoning,
        "runners_up": answer.runners_up,
        "missing_information": answer.missing_information,
        "second_look": answer.second_look,
        "mapper": run.mapper,
        "model": run.model,
        "prompt_version": run.prompt_version,
        "onet_version": run.onet_version,
        "upload_key": run.upload_key,
        "run_id": run.run_id,
        "decided_at": datetime.now(UTC),
    }


def _decision(row: sa.RowMapping) -> Decision:
    values = dict(row)
    return Decision(code=values.pop("onet_code"), **values | {"runners_up": tuple(values["runners_up"])})
