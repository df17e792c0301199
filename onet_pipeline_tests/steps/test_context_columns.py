"""Context columns, from the YAML beside a file to what Claude is shown and to the key of the decision."""

from collections.abc import Iterator

import pytest

from onet_pipeline.steps.mapping import map_upload
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.steps.uploads import read_roles, register_uploads
from onet_pipeline_tests.support.claude_api import ClaudeServer
from onet_pipeline_tests.support.message_batches import asking_claude
from onet_pipeline_tests.support.orchestration import drop

HEADER = "Job Title,Department\n"


@pytest.fixture
def server() -> Iterator[ClaudeServer]:
    with ClaudeServer() as running:
        yield running


@pytest.fixture
def claude(on_sqlite: Pipeline, server: ClaudeServer) -> Iterator[Pipeline]:
    with asking_claude(on_sqlite, server) as pipeline:
        yield pipeline


def mapped(pipeline: Pipeline, name: str, department: str, *, told: bool = True) -> str:
    """Drop a file of one role with its department, map it, and return the fingerprint of its decision."""
    drop(pipeline, name, content=f"{HEADER}Officer,{department}\n".encode())
    if told:
        drop(pipeline, f"{name}.yaml", content=b"context_columns: [Department]\n")
    register_uploads(pipeline)
    (key,) = (upload.key for upload in pipeline.uploads.all() if upload.path == name)
    read_roles(pipeline, key)
    map_upload(pipeline, key)
    (row,) = pipeline.mappings.mappings(key)
    assert row.fingerprint
    return row.fingerprint


def prompt(server: ClaudeServer, number: int) -> str:
    return str(server.calls[number].body["messages"][0]["content"])


def test_a_context_column_that_is_named_is_shown_to_claude_and_no_other_is(
    claude: Pipeline, server: ClaudeServer
) -> None:
    mapped(claude, "named.csv", "Police & Fire")
    mapped(claude, "unnamed.csv", "Finance", told=False)
    assert "Police &amp; Fire" in prompt(server, 0)
    assert "Department" in prompt(server, 0)
    assert "Finance" not in prompt(server, 1)


def test_another_context_is_another_question_and_the_same_context_is_not_asked_twice(
    claude: Pipeline, server: ClaudeServer
) -> None:
    patrol = mapped(claude, "a.csv", "Police")
    assert mapped(claude, "b.csv", "Loans") != patrol
    assert mapped(claude, "c.csv", "Police") == patrol
    assert mapped(claude, "d.csv", "Police", told=False) != patrol
    assert len(server.calls) == 3
