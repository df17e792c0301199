"""Pipelines that ask Claude through Message Batches, and the clock of their submissions.

Belongs here: settings for the loopback API, the final table, letting time pass. Does not: the server (``claude_api``).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from pydantic import SecretStr

from onet_pipeline.roles.records import Role
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.store.models import SubmissionRow
from onet_pipeline.store.records import RoleCounts, SeenUpload, Upload
from onet_pipeline_tests.support.claude_api import ClaudeServer

_NOT_THE_ANSWER = {"id", "run_id", "created_at", "updated_at"}


@contextmanager
def asking_claude(pipeline: Pipeline, server: ClaudeServer, **options: Any) -> Iterator[Pipeline]:
    """The same pipeline with Claude: two roles a call, one call at a time, one look."""
    told = {
        "mapper": "claude",
        "anthropic_api_key": SecretStr(server.key),
        "anthropic_base_url": server.url,
        "batch_size": 2,
        "concurrency": 1,
        "second_look": False,
    }
    other = Pipeline(pipeline.settings.model_copy(update={**told, **options}))
    yield other
    other.close()


def register(pipeline: Pipeline, key: str, roles: Sequence[str], content: str = "a" * 64) -> str:
    """Register an upload with these roles, of two rows each, as a scan and a reading would."""
    pipeline.uploads.register([SeenUpload(key, f"{key}.csv", 100, datetime(2026, 11, 1, tzinfo=UTC), content)])
    read = [Role(title, 2) for title in roles]
    counts = RoleCounts(2 * len(roles))
    pipeline.uploads.save_roles(key, read, counts=counts, roles_sha256=content, role_column="Job Title")
    return key


def upload_of(pipeline: Pipeline, key: str) -> Upload:
    upload = pipeline.uploads.get(key)
    assert upload
    return upload


def table(pipeline: Pipeline, key: str) -> dict[str, dict[str, Any]]:
    """The rows of ``role_mappings`` by role, without what says when and by which run they were written."""
    rows = pipeline.mappings.mappings(key)
    assert len({row.source_role for row in rows}) == len(rows), "a role was doubled"
    fields = [name for name in rows[0].__slots__ if name not in _NOT_THE_ANSWER] if rows else []
    return {row.source_role: {name: getattr(row, name) for name in fields} for row in rows}


def let_pass(pipeline: Pipeline, time: timedelta) -> None:
    """Move every submission into the past, as if so much time had gone by."""
    columns = (SubmissionRow.planned_at, SubmissionRow.attempted_at)
    with pipeline.database.writing() as session:
        for name, *moments in session.execute(sa.select(SubmissionRow.name, *columns)).all():
            earlier = {column.key: at and at - time for column, at in zip(columns, moments, strict=True)}
            session.execute(sa.update(SubmissionRow).where(SubmissionRow.name == name).values(earlier))
