"""A Claude API on loopback: strict as the real one, and as faulty as a test asks.

Belongs here: the server, what it records, and the replies a test can script. Does not: what makes a request invalid
(``claude_rules``), Message Batches (``claude_batch_api``).

    with ClaudeServer() as server:
        server.at(2, status(529))            # the second request
        mapper = ClaudeMapper(api_key=server.key, base_url=server.url)

https://platform.claude.com/docs/en/api/messages
"""

import hashlib
import html
import json
import re
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from onet_pipeline_tests.support import claude_batch_api
from onet_pipeline_tests.support.claude_rules import (
    RequestError,
    check_headers,
    check_message_request,
    prefix_texts,
    token_count,
)
from onet_pipeline_tests.support.loopback import Loopback

_ROLE = re.compile(r'<role id="(\d+)" codes="([^"]*)">(.*?)</role>', re.DOTALL)
_CODE = re.compile(r"^(\d\d-\d{4}\.\d\d)\b", re.MULTILINE)
_CACHEABLE_TOKENS = 512


@dataclass(frozen=True)
class AskedRole:
    """A role as the model sees it."""

    id: int
    title: str
    codes: tuple[str, ...]


@dataclass(frozen=True)
class Call:
    """One request to ``/v1/messages``; ``number`` counts from 1 and counts the SDK's retries too."""

    number: int
    body: dict[str, Any]
    headers: dict[str, str]
    roles: tuple[AskedRole, ...]

    @property
    def titles(self) -> tuple[str, ...]:
        return tuple(role.title for role in self.roles)


@dataclass(frozen=True)
class Reply:
    """What goes back: a status with a JSON or raw body, after ``delay`` seconds, or a reset connection."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    reset: bool = False


Answerer = Callable[[AskedRole], dict[str, Any]]
Script = Callable[["ClaudeServer", Call], Reply]


def first_candidate(role: AskedRole) -> dict[str, Any]:
    """Answer with the first code offered to the role; without one, null and LOW."""
    return {
        "id": role.id,
        "reasoning": f"{role.title} names it.",
        "code": role.codes[0] if role.codes else None,
        "confidence": "HIGH" if role.codes else "LOW",
        "runners_up": list(role.codes[1:3]),
        "missing_information": "" if role.codes else "what the person does",
    }


def answer_normally(server: "ClaudeServer", call: Call) -> Reply:
    return server.message(call, json.dumps({"answers": [server.answerer(role) for role in call.roles]}))


def status(code: int, kind: str = "", *, headers: dict[str, str] | None = None, **details: Any) -> Script:
    """An error of the API; transient ones say ``retry-after-ms: 1`` so that the SDK does not sit out its delays."""
    named = {401: "authentication_error", 402: "billing_error", 403: "permission_error", 404: "not_found_error"}
    named |= {400: "invalid_request_error", 409: "conflict_error", 413: "request_too_large", 429: "rate_limit_error"}
    named |= {408: "timeout_error", 504: "timeout_error", 529: "overloaded_error"}
    error: dict[str, Any] = {"type": kind or named.get(code, "api_error"), "message": f"scripted {code}"}
    if details:
        error["details"] = details
    body = {"type": "error", "error": error, "request_id": "req_scripted"}
    return lambda _server, _call: Reply(code, body, {"retry-after-ms": "1", **(headers or {})})


def reset(_server: "ClaudeServer", _call: Call) -> Reply:
    return Reply(reset=True)


def hang(seconds: float) -> Script:
    return lambda server, call: replace(answer_normally(server, call), delay=seconds)


def raw(body: bytes, content_type: str = "application/json") -> Script:
    """A 200 that is not a message: a proxy's page, half a document."""
    return lambda _server, _call: Reply(200, body, {"content-type": content_type})


def stopped(reason: str, text: str = "") -> Script:
    """A message that ends for ``reason`` after ``text``: ``max_tokens``, ``refusal``, …"""
    return lambda server, call: server.message(call, text, stop_reason=reason)


def text(make: Callable[[str], str]) -> Script:
    """The usual answer, its text altered."""
    return lambda server, call: _altered(server, call, make)


def answers(make: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> Script:
    """The usual answer, its list of answers altered."""
    return text(lambda usual: json.dumps({"answers": make(json.loads(usual)["answers"])}))


def _altered(server: "ClaudeServer", call: Call, make: Callable[[str], str]) -> Reply:
    usual = answer_normally(server, call)
    return server.message(call, make(usual.body["content"][-1]["text"]))


def thinking_first(server: "ClaudeServer", call: Call) -> Reply:
    usual = answer_normally(server, call)
    thought = {"type": "thinking", "thinking": 'maybe {"answers": []}', "signature": "c2ln"}
    return replace(usual, body={**usual.body, "content": [thought, *usual.body["content"]]})


class ClaudeServer(Loopback):
    """The API at ``url``, open to ``key``; ``calls`` holds every message request that was well-formed, in order."""

    def __init__(
        self, *, key: str = "sk-test-loopback", answerer: Answerer = first_candidate, delay: float = 0.0
    ) -> None:
        self.key, self.answerer, self.delay = key, answerer, delay
        self.calls: list[Call] = []
        self.refused: list[str] = []
        self.paid_roles: Counter[str] = Counter()
        self.most_at_once = 0
        self.batches = claude_batch_api.Batches(self._message_body)
        self.rate_headers: dict[str, str] = {}
        self._scripts: dict[int, Script] = {}
        self._role_scripts: list[tuple[str, Script, bool]] = []
        self._always: Script = answer_normally
        self._cached: set[str] = set()
        self._under_way = 0
        self._lock = threading.Lock()
        server = _Server(("127.0.0.1", 0), _Handler)
        server.claude = self
        super().__init__(server)

    @property
    def url(self) -> str:
        """The address to give as ``ANTHROPIC_BASE_URL``."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to find this server."""
        return {"ANTHROPIC_API_KEY": self.key, "ANTHROPIC_BASE_URL": self.url}

    def at(self, number: int, *scripts: Script) -> None:
        """Reply to message request ``number`` (from 1) by the first script, to the next by the second, and so on."""
        self._scripts |= {number + place: script for place, script in enumerate(scripts)}

    def always(self, script: Script) -> None:
        """Reply to every request that nothing else is scripted for."""
        self._always = script

    def for_role(self, title: str, script: Script, *, alone: bool = False) -> None:
        """Reply so to every request that holds the role; with ``alone``, only where it is the only role."""
        self._role_scripts.append((title, script, alone))

    def message(self, call: Call, content: str, *, stop_reason: str = "end_turn") -> Reply:
        return Reply(200, self._message_body(call.body, content, stop_reason))

    def reply_to(self, body: Any, headers: dict[str, str]) -> Reply:
        with self._lock:
            call = Call(len(self.calls) + 1, body, headers, asked_roles(body))
            self.calls.append(call)
            self._under_way += 1
            self.most_at_once = max(self.most_at_once, self._under_way)
        try:
            reply = self._script(call)(self, call)
            time.sleep(reply.delay or self.delay)
        finally:
            with self._lock:
                self._under_way -= 1
        if reply.status == 200 and not reply.reset and isinstance(reply.body, dict):
            self.paid_roles.update(call.titles)
        return replace(reply, headers={**self.rate_headers, **reply.headers})

    def _script(self, call: Call) -> Script:
        for title, script, alone in self._role_scripts:
            if title in call.titles and (not alone or len(call.roles) == 1):
                return script
        return self._scripts.pop(call.number, self._always)

    def _message_body(
        self, request: dict[str, Any], content: str | None, stop_reason: str = "end_turn"
    ) -> dict[str, Any]:
        if content is None:
            content = json.dumps({"answers": [self.answerer(role) for role in asked_roles(request)]})
        return {
            "id": f"msg_{hashlib.sha256(json.dumps(request).encode()).hexdigest()[:20]}",
            "type": "message",
            "role": "assistant",
            "model": request["model"],
            "content": [{"type": "text", "text": content}] if content else [],
            "stop_reason": stop_reason,
            "stop_sequence": None,
            "usage": {**self._input_usage(request), "output_tokens": len(content) // 4 + 1},
        }

    def _input_usage(self, body: dict[str, Any]) -> dict[str, int]:
        total, system = token_count(body), body.get("system")
        marked = isinstance(system, list) and any(block.get("cache_control") for block in system)
        texts = prefix_texts(body)
        prefix = sum(map(len, texts)) // 4
        if not marked or prefix < _CACHEABLE_TOKENS:
            return {"input_tokens": total, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}
        entry = hashlib.sha256(json.dumps([body["model"], texts]).encode()).hexdigest()
        with self._lock:
            known = entry in self._cached
            self._cached.add(entry)
        return {
            "input_tokens": total - prefix,
            "cache_creation_input_tokens": 0 if known else prefix,
            "cache_read_input_tokens": prefix if known else 0,
        }


def asked_roles(body: dict[str, Any]) -> tuple[AskedRole, ...]:
    """The roles of a request as our prompt lays them out; one without codes of its own may take any that is listed."""
    content = body["messages"][-1]["content"]
    prompt = content if isinstance(content, str) else "".join(block["text"] for block in content)
    found = []
    for number, codes, inside in _ROLE.findall(prompt):
        title = inside.partition("<")[0]
        offered = tuple(codes.split()) or tuple(_CODE.findall("\n".join(prefix_texts(body))))
        found.append(AskedRole(int(number), html.unescape(title), offered))
    return tuple(found)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    claude: ClaudeServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that hung up is part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers.get("content-length") or 0))
        self._answer(lambda: self._post(sent))

    def do_GET(self) -> None:
        self._answer(self._get)

    def _post(self, sent: bytes) -> Reply:
        try:
            body = json.loads(sent or b"{}")
        except ValueError:
            raise RequestError(400, "invalid_request_error", "body: not valid JSON") from None
        path = self.path.partition("?")[0]
        if path == "/v1/messages":
            check_message_request(body)
            return self.server.claude.reply_to(body, self._seen_headers())
        if path == "/v1/messages/count_tokens":
            check_message_request({**body, "max_tokens": 1})
            return Reply(200, {"input_tokens": token_count(body)})
        if path == "/v1/messages/batches":
            return Reply(200, self.server.claude.batches.create(body, self.server.claude.url))
        if found := re.fullmatch(r"/v1/messages/batches/([^/]+)/cancel", path):
            return Reply(200, self.server.claude.batches.cancel(found[1]))
        raise RequestError(404, "not_found_error", "Not found")

    def _get(self) -> Reply:
        path, _, query = self.path.partition("?")
        if path == "/v1/messages/batches":
            return Reply(200, self.server.claude.batches.page(query))
        if found := re.fullmatch(r"/v1/messages/batches/([^/]+)(/results)?", path):
            if found[2]:
                return Reply(200, self.server.claude.batches.results(found[1]), {"content-type": "application/x-jsonl"})
            return Reply(200, self.server.claude.batches.retrieve(found[1]))
        raise RequestError(404, "not_found_error", "Not found")

    def _answer(self, handle: Callable[[], Reply]) -> None:
        try:
            check_headers({name.lower(): value for name, value in self.headers.items()}, self.server.claude.key)
            reply = handle()
        except RequestError as error:
            self.server.claude.refused.append(error.message)
            body = {
                "type": "error",
                "error": {"type": error.kind, "message": error.message},
                "request_id": "req_refused",
            }
            reply = Reply(error.status, body)
        if reply.reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()
            return
        self._send(reply)

    def _send(self, reply: Reply) -> None:
        sent = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        headers = {"content-type": "application/json", "request-id": "req_loopback", **reply.headers}
        self.send_response(reply.status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def _seen_headers(self) -> dict[str, str]:
        secret = {"authorization", "x-api-key"}
        return {name.lower(): value for name, value in self.headers.items() if name.lower() not in secret}

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the name is the base class's)
        """Keep the test output quiet."""
