"""Judging what Claude sent back, answer by answer.

Belongs here: finding answers in the text, checking ids, codes, tiers and bounds. Does not: asking again
(``asking``) or any network.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from onet_pipeline.roles.prompt import plain
from onet_pipeline.roles.records import Answer, ConfidenceTier, Method, Question

REASONING_LIMIT = 500
MISSING_INFORMATION_LIMIT = 160
MOST_RUNNERS_UP = 2

_CODE = re.compile(r"\d\d-\d{4}(?:\.\d\d)?")
_NO_CODE = {"", "null", "none", "n/a"}

AllowedCodes = Callable[[Question], frozenset[str]]


@dataclass(frozen=True, slots=True)
class Checked:
    """Answers that passed and faults of the rest, both by question id; together they name every question once."""

    answers: Mapping[int, Answer]
    faults: Mapping[int, str]
    out_of_list: int


class _Fault(Exception):
    """Why one answer cannot be taken."""


class _OutOfList(_Fault):
    """The code is not among the allowed."""


def check(text: str, questions: Sequence[Question], allowed: AllowedCodes) -> Checked:
    """Match the answers in ``text`` to the questions of a call, whose ids in it are their places from 1.

    Order, foreign ids, repeated equal answers, prose around the JSON and a cut end are survived; two different
    answers to one role count as none.
    """
    found: dict[int, list[Mapping[str, Any]]] = {}
    for item in _items(text):
        found.setdefault(_number(item.get("id")), []).append(item)
    answers, faults, out_of_list = {}, {}, 0
    for number, question in enumerate(questions, start=1):
        try:
            answers[question.id] = _one_answer(found.get(number, []), question, allowed(question))
        except _Fault as fault:
            faults[question.id] = str(fault)
            out_of_list += isinstance(fault, _OutOfList)
    return Checked(answers, faults, out_of_list)


def _items(text: str) -> Iterator[Mapping[str, Any]]:
    """Yield every answer object in the text, wherever it stands; a document cut short still yields its whole ones."""
    decoder = json.JSONDecoder()
    place = text.find("{")
    while place >= 0:
        try:
            value, end = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            end = place + 1
        else:
            listed = _folded(value).get("answers", [value])
            yield from (
                _folded(item) for item in (listed if isinstance(listed, list) else []) if isinstance(item, dict)
            )
        place = text.find("{", end)


def _number(value: object) -> int:
    if isinstance(value, str) and value.strip().isdecimal():
        return int(value.strip()[:9])
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _one_answer(items: Sequence[Mapping[str, Any]], question: Question, allowed: frozenset[str]) -> Answer:
    if not items:
        raise _Fault("Claude gave no answer for this role")
    answers = [_answer(item, question, allowed) for item in items]
    if len({(answer.code, answer.tier) for answer in answers}) > 1:
        raise _Fault("Claude gave two different answers for this role")
    return answers[0]


def _folded(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the item with its names in lower case."""
    return {str(name).strip().casefold(): value for name, value in item.items()}


def _answer(item: Mapping[str, Any], question: Question, allowed: frozenset[str]) -> Answer:
    if "code" not in item:
        raise _Fault("Claude's answer has no code")
    code = _code(item["code"], allowed)
    tier = _tier(item.get("confidence")) if code else ConfidenceTier.LOW
    missing = _text(item.get("missing_information"), MISSING_INFORMATION_LIMIT)
    return Answer(
        question_id=question.id,
        code=code,
        tier=tier,
        reasoning=_text(item.get("reasoning"), REASONING_LIMIT),
        method=Method.CLAUDE,
        runners_up=_runners_up(item.get("runners_up"), code, allowed),
        missing_information=missing or None if tier is ConfidenceTier.LOW else None,
    )


def _code(value: object, allowed: frozenset[str]) -> str | None:
    if value is None or str(value).strip().casefold() in _NO_CODE:
        return None
    found = _CODE.search(str(value))
    code = found[0] if found else ""
    code = code if "." in code else f"{code}.00"
    if code not in allowed:
        raise _OutOfList(f"Claude's answer {plain(str(value), 40)!r} is not among the allowed codes")
    return code


def _tier(value: object) -> ConfidenceTier:
    try:
        return ConfidenceTier(str(value).strip().upper())
    except ValueError:
        raise _Fault(f"Claude's confidence {plain(str(value), 20)!r} is not HIGH, MEDIUM or LOW") from None


def _runners_up(value: object, code: str | None, allowed: frozenset[str]) -> tuple[str, ...]:
    """Keep what is usable: a runner-up that is not allowed is no reason to ask again."""
    named = [str(entry).strip() for entry in value] if isinstance(value, list) else []
    usable = [entry for entry in dict.fromkeys(named) if entry in allowed and entry != code]
    return tuple(usable[:MOST_RUNNERS_UP])


def _text(value: object, limit: int) -> str:
    return plain(value, limit) if isinstance(value, str) else ""
