"""The loopback API is only worth something if it refuses what the real one would."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from onet_pipeline.roles.layouts import CandidateLayout, message_params
from onet_pipeline_tests.support.claude_api import ClaudeServer
from onet_pipeline_tests.support.questions import questions

Change = Callable[[dict[str, Any]], Any]
EPHEMERAL = {"type": "ephemeral"}


@pytest.fixture(scope="module")
def server() -> Iterator[ClaudeServer]:
    with ClaudeServer() as running:
        yield running


@pytest.fixture
def body() -> dict[str, Any]:
    params: dict[str, Any] = message_params(questions(2), CandidateLayout(), "claude-haiku-5-5", None, 1)
    return params


def post(server: ClaudeServer, body: Any, **headers: str) -> httpx.Response:
    usual = {"authorization": f"Bearer {server.key}", "anthropic-version": "2026-10-21"}
    sent = {name: value for name, value in {**usual, **headers}.items() if value}
    return httpx.post(f"{server.url}/v1/messages", json=body, headers=sent)


def schema(body: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = body["output_config"]["format"]["schema"]
    return found


def answer_schema(body: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = schema(body)["properties"]["answers"]["items"]
    return found


def marked(count: int, *lives: str) -> list[dict[str, Any]]:
    ttls = [*lives, *["5m"] * (count - len(lives))]
    return [{"type": "text", "text": "x", "cache_control": {**EPHEMERAL, "ttl": ttl}} for ttl in ttls]


def test_a_request_of_ours_is_taken(server: ClaudeServer, body: dict[str, Any]) -> None:
    assert post(server, body).status_code == 200


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda body: body.update(temperature=0), "sampling"),
        (lambda body: body.update(top_p=1), "sampling"),
        (lambda body: body.update(output_format={}), "Extra inputs"),
        (lambda body: body.pop("max_tokens"), "max_tokens"),
        (lambda body: body.update(max_tokens=0), "max_tokens"),
        (lambda body: body.update(max_tokens=1_000_000), "maximum allowed"),
        (lambda body: body.update(messages=[]), "at least one message"),
        (lambda body: body["messages"].insert(0, {"role": "assistant", "content": "Hi"}), "first message"),
        (lambda body: body["messages"].append({"role": "assistant", "content": "{"}), "prefill"),
        (lambda body: body["messages"][0].update(role="system"), "role"),
        (lambda body: body["messages"][0].update(content=" "), "non-empty"),
        (lambda body: body["messages"][0].update(content="word " * 200_000), "too long"),
        (lambda body: body.update(system=marked(5)), "maximum of 4 blocks"),
        (lambda body: body.update(system=marked(2, "5m", "1h")), "must not come after"),
        (lambda body: body.update(system=marked(1, "1d")), "ttl"),
        (lambda body: body["output_config"].update(effort="some"), "effort"),
        (lambda body: body["output_config"]["format"].update(name="answers"), "json_schema"),
        (lambda body: schema(body).update(additionalProperties=True), "additionalProperties"),
        (lambda body: schema(body).pop("additionalProperties"), "additionalProperties"),
        (lambda body: answer_schema(body)["properties"].update(x={"type": "string", "maxLength": 9}), "maxLength"),
        (lambda body: answer_schema(body)["properties"].update(x={"type": "integer", "minimum": 1}), "minimum"),
        (lambda body: answer_schema(body)["properties"].update(x={}), "a type is required"),
        (lambda body: answer_schema(body)["properties"].update(x={"enum": []}), "enum"),
        (lambda body: answer_schema(body)["required"].append("y"), "does not exist"),
        (
            lambda body: answer_schema(body)["properties"].update({f"x{n}": {"type": "string"} for n in range(25)}),
            "optional parameters",
        ),
        (
            lambda body: answer_schema(body)["properties"].update(
                {f"x{n}": {"anyOf": [{"type": "string"}, {"type": "null"}]} for n in range(17)}
            ),
            "union types",
        ),
    ],
)
def test_a_request_that_the_api_would_refuse_is_refused(
    server: ClaudeServer, body: dict[str, Any], change: Change, said: str
) -> None:
    change(body)
    reply = post(server, body)
    assert (reply.status_code, reply.json()["error"]["type"]) == (400, "invalid_request_error")
    assert said in reply.json()["error"]["message"]


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"authorization": ""}, 401),
        ({"authorization": "Bearer wrong"}, 401),
        ({"anthropic-version": ""}, 400),
        ({"anthropic-version": "2020-01-01"}, 400),
    ],
)
def test_headers_are_looked_at(server: ClaudeServer, body: dict[str, Any], headers: dict[str, str], code: int) -> None:
    assert post(server, body, **headers).status_code == code


def test_the_older_key_header_is_taken_too(server: ClaudeServer, body: dict[str, Any]) -> None:
    assert post(server, body, authorization="", **{"x-api-key": server.key}).status_code == 200


def test_an_unknown_model_is_not_found(server: ClaudeServer, body: dict[str, Any]) -> None:
    body["model"] = "claude-unheard-of"
    assert post(server, body).status_code == 404


def test_tokens_can_be_counted(server: ClaudeServer, body: dict[str, Any]) -> None:
    del body["max_tokens"]
    headers = {"authorization": f"Bearer {server.key}", "anthropic-version": "2026-10-21"}
    reply = httpx.post(f"{server.url}/v1/messages/count_tokens", json=body, headers=headers)
    assert reply.json()["input_tokens"] > 500
