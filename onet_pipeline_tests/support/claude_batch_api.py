"""The Message Batches side of the loopback Claude API.

Belongs here: batches as the server holds them and the outcomes a test sets. Does not: HTTP (``claude_api``).

    server.batches.outcomes["r-3"] = "expired"   # or errored, canceled
    server.batches.end()                         # every batch is processed

https://platform.claude.com/docs/en/api/creating-message-batches
"""

import json
import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from onet_pipeline_tests.support.claude_rules import RequestError, check_message_request, invalid

MOST_REQUESTS = 100_000
_CUSTOM_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_OUTCOMES = ("succeeded", "errored", "canceled", "expired")

AnswerBody = Callable[[dict[str, Any], str | None], dict[str, Any]]


class Batches:
    """Every batch submitted; nothing is processed until the test calls ``end``."""

    def __init__(self, answer: AnswerBody) -> None:
        self.outcomes: dict[str, str] = {}
        self.replies: dict[str, str] = {}
        self.submitted: list[dict[str, Any]] = []
        self._answer = answer
        self._created: list[datetime] = []
        self._status: list[str] = []
        self._urls: list[str] = []

    def create(self, body: Any, url: str) -> dict[str, Any]:
        requests = body.get("requests") if isinstance(body, dict) else None
        if not isinstance(requests, list) or not 1 <= len(requests) <= MOST_REQUESTS:
            raise invalid("requests: List should have between 1 and 100000 items")
        for place, request in enumerate(requests):
            if not _CUSTOM_ID.fullmatch(str(request.get("custom_id", ""))):
                raise invalid(f"requests.{place}.custom_id: String should match pattern '^[a-zA-Z0-9_-]{{1,64}}$'")
            check_message_request(request.get("params"))
        names = Counter(request["custom_id"] for request in requests)
        if len(names) < len(requests):
            raise invalid("requests: custom_id must be unique within a batch")
        self.submitted.append(body)
        self._created.append(datetime.now(UTC))
        self._status.append("in_progress")
        self._urls.append(url)
        return self._describe(len(self.submitted) - 1)

    def end(self) -> None:
        """Process every batch."""
        self._status = ["ended"] * len(self._status)

    def retrieve(self, name: str) -> dict[str, Any]:
        return self._describe(self._number(name))

    def cancel(self, name: str) -> dict[str, Any]:
        number = self._number(name)
        self._status[number] = "canceling" if self._status[number] == "in_progress" else self._status[number]
        return self._describe(number)

    def page(self, query: str) -> dict[str, Any]:
        """Newest first, as the API lists them."""
        asked = parse_qs(query)
        numbers = list(reversed(range(len(self.submitted))))
        if after := asked.get("after_id"):
            numbers = [number for number in numbers if number < self._number(after[0])]
        limit = int(asked.get("limit", ["20"])[0])
        shown = [self._describe(number) for number in numbers[:limit]]
        ends = {"first_id": shown[0]["id"] if shown else None, "last_id": shown[-1]["id"] if shown else None}
        return {"data": shown, "has_more": len(numbers) > limit, **ends}

    def results(self, name: str) -> bytes:
        """One JSON line per request, last request first: the order means nothing."""
        number = self._number(name)
        if self._status[number] != "ended":
            raise RequestError(404, "not_found_error", "results are not available yet")
        lines = [self._result(request) for request in reversed(self.submitted[number]["requests"])]
        return "".join(json.dumps(line) + "\n" for line in lines).encode()

    def _result(self, request: dict[str, Any]) -> dict[str, Any]:
        name = request["custom_id"]
        outcome = self.outcomes.get(name, "succeeded")
        result: dict[str, Any] = {"type": outcome}
        if outcome == "succeeded":
            result["message"] = self._answer(request["params"], self.replies.get(name))
        if outcome == "errored":
            error = {"type": "invalid_request_error", "message": "scripted"}
            result["error"] = {"type": "error", "error": error, "request_id": "req_scripted"}
        return {"custom_id": name, "result": result}

    def _describe(self, number: int) -> dict[str, Any]:
        ended = self._status[number] == "ended"
        name, created = f"msgbatch_{number:04}", self._created[number]
        return {
            "id": name,
            "type": "message_batch",
            "processing_status": self._status[number],
            "request_counts": self._counts(number, ended=ended),
            "created_at": created.isoformat(),
            "expires_at": (created + timedelta(hours=24)).isoformat(),
            "ended_at": datetime.now(UTC).isoformat() if ended else None,
            "archived_at": None,
            "cancel_initiated_at": None,
            "results_url": f"{self._urls[number]}/v1/messages/batches/{name}/results" if ended else None,
        }

    def _counts(self, number: int, *, ended: bool) -> dict[str, int]:
        names = [request["custom_id"] for request in self.submitted[number]["requests"]]
        counts = Counter(self.outcomes.get(name, "succeeded") if ended else "processing" for name in names)
        return {kind: counts[kind] for kind in ("processing", *_OUTCOMES)}

    def _number(self, name: str) -> int:
        number = int(name.removeprefix("msgbatch_")) if re.fullmatch(r"msgbatch_\d+", name) else -1
        if not 0 <= number < len(self.submitted):
            raise RequestError(404, "not_found_error", f"message batch {name} not found")
        return number
