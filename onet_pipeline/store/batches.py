"""Message Batches: what was submitted for which upload, and their answers as they are collected.

Belongs here: rows of ``batch_submissions`` and ``batch_requests``, and an upload's state of waiting. Does not: the API
(``roles.claude_batches``), or what is done when (``steps.batches``).
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from onet_pipeline.roles.mapper import DecisionKey
from onet_pipeline.roles.records import Candidate, Question, Usage
from onet_pipeline.store import runs
from onet_pipeline.store.batch_records import (
    CLOSED,
    AskedQuestion,
    PlannedSubmission,
    SubmissionRecord,
    SubmissionState,
)
from onet_pipeline.store.database import Database
from onet_pipeline.store.mappings import write
from onet_pipeline.store.models import RequestRow, SubmissionRow
from onet_pipeline.store.records import JudgedRole, MappingRun
from onet_pipeline.store.rows import Row, chunks

_COLUMNS = [getattr(SubmissionRow, each.name) for each in fields(SubmissionRecord)]


class BatchStore:
    """Submissions by upload."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def plan(self, run: MappingRun, submissions: Sequence[PlannedSubmission]) -> bool:
        """Store what is about to be sent, and let its upload wait; False where another submission of it is open.

        So two runs of one upload never send the same questions.
        """
        moment = datetime.now(UTC)
        with self._database.writing(in_turn=True) as session:
            if session.scalars(sa.select(SubmissionRow.name).where(_open(run.upload_key)).limit(1)).first():
                return False
            for each in submissions:
                session.execute(sa.insert(SubmissionRow).values(_submission_row(run, each, moment)))
                for some in chunks(_request_rows(each)):
                    session.execute(sa.insert(RequestRow), some)
            runs.note_candidates(session, run)
            runs.set_waiting(session, run.upload_key, "Its questions are being submitted as a Message Batch.")
        return True

    def open(self, upload_key: str | None = None) -> tuple[SubmissionRecord, ...]:
        """Return the submissions of which something is to come, of one upload or all, least recently polled first."""
        query = (
            sa.select(*_COLUMNS)
            .where(_open(upload_key))
            .order_by(sa.func.coalesce(SubmissionRow.polled_at, SubmissionRow.planned_at), SubmissionRow.name)
        )
        with self._database.reading() as session:
            return tuple(SubmissionRecord(*row) for row in session.execute(query))

    def submitted(self, name: str, batch_id: str) -> None:
        """Keep the id of the batch that a submission became."""
        now = datetime.now(UTC)
        with self._database.writing() as session:
            _set(session, name, state=SubmissionState.SUBMITTED, batch_id=batch_id, submitted_at=now)
            upload = session.execute(sa.select(SubmissionRow.upload_key).where(SubmissionRow.name == name)).scalar_one()
            runs.set_waiting(session, upload, f"Message Batch {batch_id} is under way since {now:%Y-%m-%d %H:%M} UTC.")

    def polled(self, name: str, state: SubmissionState | None = None, *, expires_at: datetime | None = None) -> None:
        """Note that the API was asked about a submission, and what it said."""
        now = datetime.now(UTC)
        told: Row = {"polled_at": now}
        told |= {"state": state} if state else {}
        told |= {"ended_at": now} if state is SubmissionState.ENDED else {}
        told |= {"expires_at": expires_at} if expires_at else {}
        with self._database.writing() as session:
            _set(session, name, **told)

    def attempt(self, names: Sequence[str]) -> None:
        """Note that a run is asked for that collects these submissions."""
        values = {"attempts": SubmissionRow.attempts + 1, "attempted_at": datetime.now(UTC)}
        with self._database.writing() as session:
            session.execute(sa.update(SubmissionRow).where(SubmissionRow.name.in_(names)).values(values))

    def requests(self, name: str) -> dict[int, tuple[AskedQuestion, ...]]:
        """Return the requests whose answers are not saved yet, by place."""
        with self._database.reading() as session:
            shown = session.execute(sa.select(SubmissionRow.occupations).where(SubmissionRow.name == name)).scalar_one()
            rows = session.execute(sa.select(RequestRow.place, RequestRow.questions).where(_of(name)))
            return {place: tuple(_asked(each, shown) for each in questions) for place, questions in rows}

    def save(
        self,
        name: str,
        place: int,
        run: MappingRun,
        judged: Sequence[JudgedRole],
        *,
        departed: Sequence[JudgedRole] = (),
        left: Sequence[str] = (),
        usage: Usage | None = None,
    ) -> bool:
        """Commit the answers of one request, once: mappings, decisions, their cost, what is left over.

        ``departed`` roles are no longer in the upload: the decision was paid for and is kept. False where the request
        is saved already, by whomever.
        """
        with self._database.writing() as session:
            gone = sa.delete(RequestRow).where(_of(name), RequestRow.place == place).returning(RequestRow.place)
            if session.execute(gone).one_or_none() is None:
                return False
            write(session, run, judged, usage or Usage(), departed=departed)
            _leave_over(session, name, left)
        return True

    def close(self, name: str, state: SubmissionState, reason: str | None = None) -> None:
        """Expect nothing more of a submission; requests without answers are left over.

        With the last one closed its upload waits no longer: it is SEEN, to be mapped from what is there now.
        """
        with self._database.writing() as session:
            rows = session.execute(sa.select(RequestRow.questions).where(_of(name))).scalars()
            _leave_over(session, name, [each["fingerprint"] for questions in rows for each in questions])
            session.execute(sa.delete(RequestRow).where(_of(name)))
            _set(session, name, state=state, reason=reason)
            upload = session.execute(sa.select(SubmissionRow.upload_key).where(SubmissionRow.name == name)).scalar_one()
            if not session.scalars(sa.select(SubmissionRow.name).where(_open(upload)).limit(1)).first():
                runs.stop_waiting(session, upload)

    def forget(self, name: str, reason: str) -> None:
        """Close a submission that was never sent or never arrived: its questions may be submitted again."""
        with self._database.writing() as session:
            session.execute(sa.delete(RequestRow).where(_of(name)))
        self.close(name, SubmissionState.ABANDONED, reason)

    def wait(self, upload_key: str, reason: str) -> None:
        """Let an upload wait for what is open, whatever has become of its file."""
        with self._database.writing() as session:
            runs.set_waiting(session, upload_key, reason)

    def batch_ids(self) -> frozenset[str]:
        """Return the ids of all batches whose submission is known."""
        query = sa.select(SubmissionRow.batch_id).where(SubmissionRow.batch_id.is_not(None))
        with self._database.reading() as session:
            return frozenset(name for name in session.execute(query).scalars() if name)

    def left_over(self, upload_key: str) -> frozenset[str]:
        """Return the fingerprints of questions that closed batches of an upload brought no answer to."""
        return self._left((SubmissionRow.upload_key == upload_key) & SubmissionRow.state.in_(CLOSED))

    def left_of(self, mapping_run_id: uuid.UUID) -> frozenset[str]:
        """Return the fingerprints of questions that the batches of one run brought no answer to."""
        return self._left(SubmissionRow.mapping_run_id == mapping_run_id)

    def _left(self, condition: sa.ColumnElement[bool]) -> frozenset[str]:
        with self._database.reading() as session:
            lists = session.execute(sa.select(SubmissionRow.left_over).where(condition)).scalars()
            return frozenset(fingerprint for each in lists for fingerprint in each)


def _open(upload_key: str | None) -> sa.ColumnElement[bool]:
    still = SubmissionRow.state.not_in(CLOSED)
    return still if upload_key is None else still & (SubmissionRow.upload_key == upload_key)


def _of(name: str) -> sa.ColumnElement[bool]:
    return RequestRow.submission == name


def _set(session: Session, name: str, **values: object) -> None:
    session.execute(sa.update(SubmissionRow).where(SubmissionRow.name == name).values(values))


def _leave_over(session: Session, name: str, fingerprints: Sequence[str]) -> None:
    if fingerprints:
        query = sa.select(SubmissionRow.left_over).where(SubmissionRow.name == name).with_for_update()
        _set(session, name, left_over=[*session.execute(query).scalar_one(), *fingerprints])


def _submission_row(run: MappingRun, planned: PlannedSubmission, moment: datetime) -> Row:
    shown = {
        candidate.code: [candidate.title, candidate.description]
        for request in planned.requests
        for asked in request
        for candidate in asked.question.candidates
    }
    return {
        "name": planned.name,
        "upload_key": run.upload_key,
        "mapping_run_id": run.id,
        "request_count": len(planned.requests),
        "occupations": shown,
        "state": SubmissionState.PLANNED,
        "planned_at": moment,
        "left_over": [],
    }


def _request_rows(planned: PlannedSubmission) -> list[Row]:
    """What every request shows of an occupation is kept once, with the submission."""
    return [
        {"submission": planned.name, "place": place, "questions": [_plain(asked) for asked in request]}
        for place, request in enumerate(planned.requests)
    ]


def _plain(asked: AskedQuestion) -> Row:
    question = asked.question
    return {
        "id": question.id,
        "role": question.role,
        "context": question.context,
        "candidates": [[c.code, float(c.score), c.matched_title, c.origin] for c in question.candidates],
        "fingerprint": asked.key.fingerprint,
        "question_key": asked.key.question,
        "spellings": asked.spellings,
    }


def _asked(plain: Row, shown: Mapping[str, Sequence[str]]) -> AskedQuestion:
    candidates = tuple(
        Candidate(code, shown[code][0], score, matched_title, shown[code][1], origin)
        for code, score, matched_title, origin in plain["candidates"]
    )
    context = tuple((name, value) for name, value in plain["context"])
    question = Question(plain["id"], plain["role"], candidates, context)
    # What was submitted before questions had keys has none.
    key = DecisionKey(plain["fingerprint"], plain.get("question_key"))
    return AskedQuestion(question, key, tuple(plain["spellings"]))
