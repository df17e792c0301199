"""Write ``docs/claude-call.md``: what one call to Claude looks like, taken from a call that was really made.

    python -m benchmarks.claude_call

The request is sent by the mapper to the loopback server of the tests, which checks it as the API would; the reply is
written here, since this needs no key.
"""

import json
from pathlib import Path
from pprint import pformat
from typing import Any

from onet_pipeline.onet.release import load_release
from onet_pipeline.onet.source import sample_release_path
from onet_pipeline.roles.claude import ClaudeMapper
from onet_pipeline.roles.records import AnsweredBatch, Candidate, Question
from onet_pipeline_tests.support.claude_api import AskedRole, Call, ClaudeServer

PAGE = Path(__file__).parents[1] / "docs" / "claude-call.md"

ROLES: dict[str, tuple[str, ...]] = {
    "Sr. SWE II": ("15-1252.00", "15-1211.00", "15-1244.00", "11-3021.00"),
    "OFC ASST - DENTAL": ("31-9091.00", "43-9061.00", "43-4171.00", "43-6014.00"),
    "Analyst": ("13-1111.00", "13-2031.00", "15-1211.00", "13-2051.00"),
}
REPLIES: dict[str, dict[str, Any]] = {
    "Sr. SWE II": {
        "reasoning": "SWE is software engineer; the rank changes nothing. A systems analyst specifies, this builds.",
        "code": "15-1252.00",
        "confidence": "HIGH",
        "runners_up": [],
        "missing_information": "",
    },
    "OFC ASST - DENTAL": {
        "reasoning": "Office work in a dental practice. 31-9091.00 shares the word dental, but assists at the chair.",
        "code": "43-9061.00",
        "confidence": "MEDIUM",
        "runners_up": ["43-4171.00", "43-6014.00"],
        "missing_information": "",
    },
    "Analyst": {
        "reasoning": "No field is named. In a finance department budgets are likelier than systems.",
        "code": "13-2031.00",
        "confidence": "LOW",
        "runners_up": ["13-2051.00", "13-1111.00"],
        "missing_information": "what is analysed",
    },
}

TEXT = """\
# One call to Claude

Written by `python -m benchmarks.claude_call`, from a call that the mapper made to the loopback server of the tests.
The request is what the API would get. The reply was scripted, and its token numbers are the server's estimate of four
characters a token; with a key, both come from Claude. Occupations are those of the small release in the package.

{roles} roles, {candidates} candidates, each of them described once. A real call holds 12 roles with 20 candidates.

## The request

`POST /v1/messages`, with `model` `{model}` and `max_tokens` {max_tokens} (thinking comes out of it too).

### `system`

```text
{system}```

### `messages[0].content`

```text
{prompt}
```

### `output_config.format.schema`

The codes of the call are an `enum`; which of them a role may take is checked when the answer is back.

```text
{schema}
```

## The reply

```json
{reply}
```

## What is kept

| role | code | tier | reasoning | runners-up | missing |
|---|---|---|---|---|---|
{answers}

An answer that is missing, or names a code its role may not take, is asked again once; then the best-ranked candidate
stands in for it, LOW, with the reason. The two that are not HIGH would now get
their second look (switched off here).

## What it cost

| | |
|---|---|
| tokens in | {tokens_in:,} |
| tokens out | {tokens_out:,} |
| dollars, at $0.10 and $0.50 a million | {cost:.6f} |
| so a thousand roles, called like this | ${thousand:.2f} |

Most of so small a call is the instructions. In full calls a role takes about 420 tokens in (Chicago payroll, four
characters a token; `python -m benchmarks.prompt_tokens` measures it) and about 100 out: some $0.09 a thousand roles,
second looks apart.

O*NET codes and titles: O*NET 30.1 Database, U.S. Department of Labor, Employment and Training Administration
(USDOL/ETA), CC BY 4.0.
"""


def questions() -> list[Question]:
    """The roles with candidates out of the release in the package."""
    occupations = {each.code: each for each in load_release(sample_release_path()).occupations}
    return [
        Question(
            number, role, tuple(_candidate(occupations[code], place) for place, code in enumerate(codes, 1)), context
        )
        for number, (role, codes) in enumerate(ROLES.items(), start=1)
        for context in [(("Department", "FINANCE"),) if role == "Analyst" else ()]
    ]


def page() -> str:
    """Make the call and lay it out."""
    with ClaudeServer(answerer=_reply) as server:
        mapper = ClaudeMapper(api_key=server.key, base_url=server.url, second_look=False)
        asked = questions()
        (batch,) = mapper.answer(asked)
        (call,) = server.calls
    return _laid_out(asked, call, batch)


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE} written.")


def _laid_out(asked: list[Question], call: Call, batch: AnsweredBatch) -> str:
    body, usage = call.body, batch.usage
    cost = usage.cost_usd or 0.0
    roles = {question.id: question.role for question in asked}
    rows = [
        f"| {roles[a.question_id]} | {a.code} | {a.tier} | {a.reasoning} | {', '.join(a.runners_up)} "
        f"| {a.missing_information or ''} |"
        for a in sorted(batch.answers, key=lambda answer: answer.question_id)
    ]
    return TEXT.format(
        roles=len(asked),
        candidates=len({candidate.code for question in asked for candidate in question.candidates}),
        model=body["model"],
        max_tokens=body["max_tokens"],
        system=body["system"][0]["text"],
        prompt=body["messages"][0]["content"],
        schema=pformat(body["output_config"]["format"]["schema"], width=118, sort_dicts=False),
        reply=_listed([_reply(role) for role in call.roles]),
        answers="\n".join(rows),
        tokens_in=usage.input_tokens,
        tokens_out=usage.output_tokens,
        cost=cost,
        thousand=cost / len(asked) * 1_000,
    )


def _listed(answers: list[dict[str, Any]]) -> str:
    """Return the reply with one answer a line."""
    return '{"answers": [\n' + ",\n".join(json.dumps(answer) for answer in answers) + "\n]}"


def _reply(role: AskedRole) -> dict[str, Any]:
    return {"id": role.id, **REPLIES[role.title]}


def _candidate(occupation: Any, place: int) -> Candidate:
    return Candidate(occupation.code, occupation.title, 1 / place, occupation.title, occupation.description)


if __name__ == "__main__":
    main()
