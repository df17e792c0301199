"""The decision cache: answers kept under the fingerprint of everything that could change them.

Belongs here: finding and keeping decisions. Does not: what a fingerprint is made of (``roles.mapper``), or which
decision stands (``roles.standing``).
"""

import sys
from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from onet_pipeline.roles.mapper import DecisionKey
from onet_pipeline.roles.records import Method
from onet_pipeline.roles.standing import marks
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

    def latest(self, question_keys: Sequence[str]) -> dict[str, Decision]:
        """Return the latest decision on each question, whatever its candidates were; any number may be asked for.

        Decisions of which that is not known are not found.
        """
        later = aliased(DecisionRow)
        is_last = ~sa.exists().where(
            later.question_key == DecisionRow.question_key, later.decided_at > DecisionRow.decided_at
        )
        query = sa.select(DecisionRow.question_key, *_COLUMNS).where(is_last).order_by(DecisionRow.fingerprint)
        found: dict[str, Decision] = {}
        with self._database.reading() as session:
            for some in chunks(sorted(set(question_keys))):
                rows = session.execute(query.where(DecisionRow.question_key.in_(some))).mappings()
                found.update((row["question_key"], _decision(row)) for row in rows)
        return found


def keep_decisions(session: Session, run: MappingRun, judged: Sequence[JudgedRole]) -> None:
    """Keep the answers that may be used again, in the caller's transaction; a decision asked anew is replaced."""
    rows = {
        each.key.fingerprint: _row(run, each, each.key)
        for each in judged
        if each.key and each.answer.method in _REUSABLE
    }
    upsert(session, DecisionRow, list(rows.values()), keys=["fingerprint"])


def _row(run: MappingRun, judged: JudgedRole, key: DecisionKey) -> Row:
    answer = judged.answer
    return {
        "fingerprint": key.fingerprint,
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
        "question_key": key.question,
        "shown": marks(judged.candidates),
    }


def _decision(row: sa.RowMapping) -> Decision:
    values = {each.name: row["onet_code" if each.name == "code" else each.name] for each in fields(Decision)}
    # A release has a thousand marks and a run may hold two million: each is kept once.
    shown = None if values["shown"] is None else tuple(map(sys.intern, values["shown"]))
    return Decision(**values | {"runners_up": tuple(values["runners_up"]), "shown": shown})
