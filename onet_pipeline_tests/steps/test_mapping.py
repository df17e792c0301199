from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr

from onet_pipeline.errors import MapperRefused, UploadUnreadable
from onet_pipeline.roles.records import ConfidenceTier, Method, Role
from onet_pipeline.steps.mapping import map_upload
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.store.records import RoleCounts, RunOutcome, SeenUpload, UploadStatus
from onet_pipeline_tests.support.claude_api import ClaudeServer, status

FAILS = status(500, headers={"retry-after-ms": "1"})
ROLES = ("Police Officer", "Staff Accountant", "Registered Nurse", "Truck Driver", "Attorney")


def register(pipeline: Pipeline, key: str, roles: Sequence[str] = ROLES, content: str = "a" * 64) -> str:
    seen = SeenUpload(key, f"{key}.csv", 100, datetime(2026, 11, 1, tzinfo=UTC), content)
    pipeline.uploads.register([seen])
    read = [Role(title, 2) for title in roles]
    pipeline.uploads.save_roles(
        key, read, counts=RoleCounts(2 * len(roles)), roles_sha256=content, role_column="Job Title"
    )
    return key


@pytest.fixture
def server() -> Iterator[ClaudeServer]:
    with ClaudeServer() as running:
        yield running


@pytest.fixture
def claude(synced: Pipeline, server: ClaudeServer) -> Iterator[Pipeline]:
    """The same pipeline with Claude: two roles a call and one call at a time, so that call numbers are certain."""
    settings = synced.settings.model_copy(
        update={
            "mapper": "claude",
            "anthropic_api_key": SecretStr(server.key),
            "anthropic_base_url": server.url,
            "batch_size": 2,
            "concurrency": 1,
            "second_look": False,
        }
    )
    pipeline = Pipeline(settings)
    yield pipeline
    pipeline.close()


def test_every_role_of_an_upload_gets_one_row_with_its_provenance(synced: Pipeline) -> None:
    key = register(synced, "city")
    outcome = map_upload(synced, key, run_id="run-1")
    rows = synced.mappings.mappings(key)
    assert sorted(row.source_role for row in rows) == sorted(ROLES)
    assert outcome.roles == len(ROLES)
    for row in rows:
        assert (row.method, row.mapper, row.run_id, row.onet_version) == (Method.LEXICAL, "lexical", "run-1", "0.1")
        assert row.onet_code in {shown.code for shown in row.candidates}
        assert row.row_count == 2
    upload = synced.uploads.get(key)
    assert upload
    assert upload.status is UploadStatus.MAPPED


def test_five_roles_at_batch_size_two_are_three_calls(synced: Pipeline, claude: Pipeline, server: ClaudeServer) -> None:
    outcome = map_upload(claude, register(synced, "city"))
    assert len(server.calls) == outcome.usage.calls == 3
    assert outcome.by_method == {Method.CLAUDE: 5}


def test_a_failing_server_leaves_one_marked_low_fallback_per_role(
    synced: Pipeline, claude: Pipeline, server: ClaudeServer
) -> None:
    server.always(FAILS)
    key = register(synced, "city")
    map_upload(claude, key)
    rows = synced.mappings.mappings(key)
    assert len(rows) == len(ROLES)
    for row in rows:
        assert (row.method, row.confidence) == (Method.FALLBACK, ConfidenceTier.LOW)
        assert row.onet_code == row.candidates[0].code
        assert row.fallback_reason
    upload = synced.uploads.get(key)
    assert upload
    assert upload.done_fingerprint is None
    assert synced.mappings.runs(key)[0].outcome is RunOutcome.PARTIAL


def test_fallbacks_are_asked_again_by_the_next_run_and_answers_are_not(
    synced: Pipeline, claude: Pipeline, server: ClaudeServer
) -> None:
    server.at(2, *[FAILS] * 3)
    key = register(synced, "city")
    map_upload(claude, key)
    second = map_upload(claude, key)
    assert second.asked == 2
    assert second.kept == 3
    assert len(server.calls[-1].roles) == 2
    assert {row.method for row in synced.mappings.mappings(key)} == {Method.CLAUDE}


def test_a_wrong_key_stops_the_run_and_says_so_in_its_record(
    synced: Pipeline, claude: Pipeline, server: ClaudeServer
) -> None:
    server.always(status(401))
    key = register(synced, "city")
    with pytest.raises(MapperRefused, match="ANTHROPIC_API_KEY"):
        map_upload(claude, key)
    (run,) = synced.mappings.runs(key)
    assert run.outcome is RunOutcome.FAILED
    assert run.reason
    assert "ANTHROPIC_API_KEY" in run.reason
    assert server.key not in run.reason


def test_the_same_roles_in_another_upload_cost_nothing(
    synced: Pipeline, claude: Pipeline, server: ClaudeServer
) -> None:
    map_upload(claude, register(synced, "city"))
    paid = len(server.calls)
    other = register(synced, "county", content="b" * 64)
    outcome = map_upload(claude, other)
    assert len(server.calls) == paid
    assert outcome.by_method == {Method.CACHED: len(ROLES)}
    assert all(row.cached_from and row.cached_from.startswith("city") for row in synced.mappings.mappings(other))


def test_fresh_asks_again_what_was_decided(synced: Pipeline, claude: Pipeline, server: ClaudeServer) -> None:
    key = register(synced, "city")
    map_upload(claude, key)
    assert map_upload(claude, key, fresh=True).asked == len(ROLES)
    assert len(server.calls) == 6


def test_spellings_that_normalise_alike_are_one_question(
    synced: Pipeline, claude: Pipeline, server: ClaudeServer
) -> None:
    key = register(synced, "city", roles=("Police Officer", "POLICE OFFICER", "police-officer"))
    outcome = map_upload(claude, key)
    assert (outcome.asked, len(server.calls)) == (1, 1)
    rows = synced.mappings.mappings(key)
    assert len(rows) == 3
    assert len({row.onet_code for row in rows}) == 1


def test_what_a_reviewer_confirmed_is_neither_asked_nor_changed(
    synced: Pipeline, claude: Pipeline, server: ClaudeServer
) -> None:
    key = register(synced, "city")
    map_upload(synced, key)
    confirmed = synced.mappings.confirm(key, "Attorney", "23-1011.00", by="reviewer")
    map_upload(claude, key, fresh=True)
    assert "Attorney" not in {title for call in server.calls for title in call.titles}
    (row,) = (row for row in synced.mappings.mappings(key) if row.source_role == "Attorney")
    assert replace(row, updated_at=confirmed.updated_at) == confirmed


def test_a_changed_upload_asks_only_for_its_new_roles(synced: Pipeline, claude: Pipeline, server: ClaudeServer) -> None:
    map_upload(claude, register(synced, "city"))
    register(synced, "city", roles=(*ROLES[1:], "Lifeguard"), content="c" * 64)
    outcome = map_upload(claude, "city")
    assert outcome.asked == 1
    assert server.calls[-1].titles == ("Lifeguard",)
    assert {row.source_role for row in synced.mappings.mappings("city")} == {*ROLES[1:], "Lifeguard"}


def test_a_role_without_a_letter_is_mapped_to_nothing_and_marked(
    synced: Pipeline, claude: Pipeline, server: ClaudeServer
) -> None:
    key = register(synced, "city", roles=("12345",))
    map_upload(claude, key)
    (row,) = synced.mappings.mappings(key)
    assert (row.onet_code, row.confidence, row.method) == (None, ConfidenceTier.LOW, Method.FALLBACK)
    assert not server.calls
    upload = synced.uploads.get(key)
    assert upload
    assert upload.status is UploadStatus.MAPPED


def test_an_unknown_upload_is_refused_by_name(synced: Pipeline) -> None:
    with pytest.raises(UploadUnreadable, match="nowhere"):
        map_upload(synced, "nowhere")


class ProcessEndedError(Exception):
    """Stands for a process that ends between two batches."""


def test_a_run_that_ends_between_batches_is_resumed_without_paying_twice(
    synced: Pipeline, claude: Pipeline, server: ClaudeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = register(synced, "city")
    save = claude.mappings.save_batch

    def save_then_die(*args: Any, **kwargs: Any) -> None:
        save(*args, **kwargs)
        raise ProcessEndedError

    with monkeypatch.context() as patch:
        patch.setattr(claude.mappings, "save_batch", save_then_die)
        with pytest.raises(ProcessEndedError):
            map_upload(claude, key)
    outcome = map_upload(claude, key)
    assert outcome.kept == 2
    assert outcome.asked == 3
    assert len(synced.mappings.mappings(key)) == len(ROLES)
