"""What the Messages API refuses, as far as this project could trip over it.

Belongs here: checks of a request that end in the status and error type the real API gives. Does not: answering
(``claude_api``) or Message Batches (``claude_batch_api``).

https://platform.claude.com/docs/en/api/messages
"""

from collections.abc import Iterator, Mapping
from typing import Any

MODELS = {"claude-haiku-5-5": 64_000, "claude-sonnet-5-5": 128_000, "claude-opus-5-5": 128_000}
VERSIONS = {"2023-06-01", "2026-10-21"}
CONTEXT_TOKENS = 200_000
UNION_LIMIT = 16
OPTIONAL_LIMIT = 24

_BODY = {
    *("model", "max_tokens", "messages", "system", "output_config", "thinking", "metadata", "stop_sequences"),
    *("service_tier", "stream", "tools", "tool_choice", "cache_control", "speed", "container", "inference_geo"),
}
_SAMPLING = ("temperature", "top_p", "top_k")
_KEYWORDS = {
    *("type", "properties", "required", "additionalProperties", "items", "enum", "const", "anyOf", "allOf"),
    *("$ref", "$defs", "description", "title", "format", "default", "minItems"),
}
_TYPES = {"object", "array", "string", "integer", "number", "boolean", "null"}
_FORMATS = {"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"}


class RequestError(Exception):
    """A request that the API answers with an error."""

    def __init__(self, status: int, kind: str, message: str) -> None:
        super().__init__(message)
        self.status, self.kind, self.message = status, kind, message


def invalid(message: str) -> RequestError:
    return RequestError(400, "invalid_request_error", message)


def check_headers(headers: Mapping[str, str], key: str) -> None:
    bearer, plain = headers.get("authorization"), headers.get("x-api-key")
    if bearer is None and plain is None:
        raise RequestError(401, "authentication_error", "authentication required")
    if f"Bearer {key}" != bearer and plain != key:
        raise RequestError(401, "authentication_error", "invalid bearer token" if bearer else "invalid x-api-key")
    if headers.get("anthropic-version") not in VERSIONS:
        raise invalid("anthropic-version: header is required and must be a known version")


def check_message_request(body: Any) -> None:
    if not isinstance(body, dict):
        raise invalid("body: Input should be an object")
    for field in _SAMPLING:
        if field in body:
            raise invalid(f"{field}: this model does not support sampling parameters")
    for field in body:
        if field not in _BODY:
            raise invalid(f"{field}: Extra inputs are not permitted")
    _check_model(body)
    _check_messages(body.get("messages"))
    _check_system(body.get("system", []))
    _check_cache_control(body)
    _check_output_config(body.get("output_config", {}))
    if token_count(body) > CONTEXT_TOKENS:
        raise invalid(f"prompt is too long: {token_count(body)} tokens > {CONTEXT_TOKENS} maximum")


def token_count(body: Mapping[str, Any]) -> int:
    """Input tokens of a request, four characters each: near enough for English, the same every time."""
    return sum(len(text) for text in [*prefix_texts(body), *_message_texts(body)]) // 4


def prefix_texts(body: Mapping[str, Any]) -> list[str]:
    """What comes before the messages and so decides whether a cache entry fits: schema and system."""
    form = (body.get("output_config") or {}).get("format")
    system = body.get("system") or []
    blocks = [system] if isinstance(system, str) else [block["text"] for block in system]
    return [repr(form) if form else "", *blocks]


def _message_texts(body: Mapping[str, Any]) -> Iterator[str]:
    for message in body["messages"]:
        content = message["content"]
        yield from [content] if isinstance(content, str) else (block["text"] for block in content)


def _check_model(body: Mapping[str, Any]) -> None:
    model, limit = body.get("model"), body.get("max_tokens")
    if not isinstance(model, str):
        raise invalid("model: Field required")
    if model not in MODELS:
        raise RequestError(404, "not_found_error", f"model: {model}")
    if not isinstance(limit, int) or isinstance(limit, bool) or limit < 1:
        raise invalid(
            "max_tokens: Field required" if limit is None else "max_tokens: must be greater than or equal to 1"
        )
    if limit > MODELS[model]:
        raise invalid(f"max_tokens: {limit} > {MODELS[model]}, which is the maximum allowed for {model}")


def _check_messages(messages: Any) -> None:
    if not isinstance(messages, list) or not messages:
        raise invalid("messages: at least one message is required")
    for place, message in enumerate(messages):
        if not isinstance(message, dict) or message.get("role") not in {"user", "assistant"}:
            raise invalid(f"messages.{place}.role: Input should be 'user' or 'assistant'")
        if set(message) - {"role", "content"}:
            raise invalid(f"messages.{place}: Extra inputs are not permitted")
        _check_content(message.get("content"), f"messages.{place}.content")
    if messages[0]["role"] != "user":
        raise invalid('messages: first message must use the "user" role')
    if messages[-1]["role"] != "user":
        raise invalid(
            "This model does not support assistant message prefill. The conversation must end with a user message."
        )


def _check_system(system: Any) -> None:
    if system != []:
        _check_content(system, "system")


def _check_content(content: Any, place: str) -> None:
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    if not isinstance(blocks, list) or not blocks:
        raise invalid(f"{place}: Field required")
    for number, block in enumerate(blocks):
        if not isinstance(block, dict) or block.get("type") != "text":
            raise invalid(f"{place}.{number}.type: Input should be 'text'")
        if set(block) - {"type", "text", "cache_control"}:
            raise invalid(f"{place}.{number}: Extra inputs are not permitted")
        if not isinstance(block.get("text"), str) or not block["text"].strip():
            raise invalid(f"{place}.{number}: text content blocks must be non-empty")


def _check_cache_control(body: Mapping[str, Any]) -> None:
    marks = list(_cache_marks(body))
    if len(marks) > 4:
        raise invalid(f"A maximum of 4 blocks with cache_control may be provided. Found {len(marks)}.")
    lives = []
    for mark in marks:
        if not isinstance(mark, dict) or mark.get("type") != "ephemeral" or set(mark) - {"type", "ttl"}:
            raise invalid("cache_control: Input should be {'type': 'ephemeral', 'ttl': '5m' or '1h'}")
        if mark.get("ttl", "5m") not in {"5m", "1h"}:
            raise invalid("cache_control.ttl: Input should be '5m' or '1h'")
        lives.append(mark.get("ttl", "5m"))
    if lives != sorted(lives):
        raise invalid("cache_control.ttl: a ttl='1h' block must not come after a ttl='5m' block")


def _cache_marks(body: Mapping[str, Any]) -> Iterator[Any]:
    contents = [body.get("system"), *(message["content"] for message in body["messages"])]
    for content in contents:
        if isinstance(content, list):
            yield from (block["cache_control"] for block in content if block.get("cache_control") is not None)
    if body.get("cache_control") is not None:
        yield body["cache_control"]


def _check_output_config(config: Any) -> None:
    if not isinstance(config, dict) or set(config) - {"effort", "format"}:
        raise invalid("output_config: Extra inputs are not permitted")
    if config.get("effort") not in {None, "low", "medium", "high", "xhigh", "max"}:
        raise invalid("output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'")
    form = config.get("format")
    if form is None:
        return
    if not isinstance(form, dict) or form.get("type") != "json_schema" or set(form) != {"type", "schema"}:
        raise invalid("output_config.format: Input should be {'type': 'json_schema', 'schema': …}")
    parts = list(_schema_parts(form["schema"], "output_config.format.schema"))
    unions = sum("anyOf" in part or isinstance(part.get("type"), list) for part in parts)
    optional = sum(len(set(part.get("properties", {})) - set(part.get("required", []))) for part in parts)
    if unions > UNION_LIMIT:
        raise invalid(f"Schemas contains too many parameters with union types ({unions}; limit: {UNION_LIMIT})")
    if optional > OPTIONAL_LIMIT:
        raise invalid(f"Schemas contains too many optional parameters ({optional}; limit: {OPTIONAL_LIMIT})")


def _schema_parts(schema: Any, place: str) -> Iterator[dict[str, Any]]:
    """Yield every part of a schema, each checked against what structured output supports."""
    if not isinstance(schema, dict):
        raise invalid(f"{place}: Input should be an object")
    _check_schema_part(schema, place)
    yield schema
    for name, part in [*schema.get("properties", {}).items(), *schema.get("$defs", {}).items()]:
        yield from _schema_parts(part, f"{place}.{name}")
    for number, part in enumerate([*schema.get("anyOf", []), *schema.get("allOf", [])]):
        yield from _schema_parts(part, f"{place}.{number}")
    if "items" in schema:
        yield from _schema_parts(schema["items"], f"{place}.items")


def _check_schema_part(schema: dict[str, Any], place: str) -> None:
    kind = schema.get("type")
    unsupported = sorted(set(schema) - _KEYWORDS)
    if unsupported:
        raise invalid(f"{place}: For '{kind}' type, properties {', '.join(unsupported)} are not supported")
    if not {"type", "enum", "const", "anyOf", "allOf", "$ref"} & set(schema):
        raise invalid(f"{place}: a type is required")
    if kind is not None and not {kind} <= _TYPES:
        raise invalid(f"{place}.type: '{kind}' is not supported")
    if kind == "object" and schema.get("additionalProperties") is not False:
        raise invalid(f"{place}: For 'object' type, 'additionalProperties' must be explicitly set to false")
    if set(schema.get("required", [])) - set(schema.get("properties", {})):
        raise invalid(f"{place}.required: names a property that does not exist")
    if schema.get("minItems", 0) not in {0, 1}:
        raise invalid(f"{place}.minItems: only 0 and 1 are supported")
    if schema.get("format", "date") not in _FORMATS:
        raise invalid(f"{place}.format: '{schema['format']}' is not supported")
    if "enum" in schema and not (isinstance(schema["enum"], list) and schema["enum"]):
        raise invalid(f"{place}.enum: at least one value is required")
