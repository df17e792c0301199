"""Running the Claude mapper against the loopback API.

Belongs here: a mapper for a server, its answers by question. Does not: the server (``claude_api``).
"""

from collections.abc import Iterable
from typing import Any

from onet_pipeline.roles.claude import ClaudeMapper
from onet_pipeline.roles.records import Answer, AnsweredBatch, Usage
from onet_pipeline_tests.support.claude_api import ClaudeServer


def mapper_for(server: ClaudeServer, **options: Any) -> ClaudeMapper:
    """A mapper that takes one look, unless told otherwise."""
    return ClaudeMapper(**{"api_key": server.key, "base_url": server.url, "second_look": False, **options})


def by_id(batches: Iterable[AnsweredBatch]) -> dict[int, Answer]:
    answers = [answer for batch in batches for answer in batch.answers]
    assert len({answer.question_id for answer in answers}) == len(answers), "a role was answered twice"
    return {answer.question_id: answer for answer in answers}


def total(batches: Iterable[AnsweredBatch]) -> Usage:
    return sum((batch.usage for batch in batches), Usage())
