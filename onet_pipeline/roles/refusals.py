"""Which errors of the Claude API mean that no call can succeed, and what to do about each.

Belongs here: statuses, error types and codes, and the advice. Does not: faults that pass (the SDK retries them).

https://platform.claude.com/docs/en/api/errors
"""

from onet_pipeline.errors import MapperRefused

_STATUSES = frozenset({401, 402, 403, 404})
_KINDS = frozenset({"authentication_error", "billing_error", "permission_error"})
_CODES = frozenset({"contract_spend_limit_reached", "enforced_spend_limit_reached", "organization_on_hold"})


def refusal(status: int, kind: str | None, code: str | None, said: str, model: str) -> MapperRefused | None:
    """Return the refusal that an error of the API stands for, None where another call may succeed.

    ``kind`` is the error's type, ``code`` its detailed code: a spend limit comes as 429, an account on hold as 400.
    """
    if status not in _STATUSES and kind not in _KINDS and code not in _CODES:
        return None
    advice = {
        401: "The key is not accepted: check ANTHROPIC_API_KEY.",
        403: f"The key may not do this: check its workspace, and whether it may use the model {model}.",
        404: f"The model {model} is not known there: check ONET_MODEL (and ANTHROPIC_BASE_URL, if set).",
    }.get(status, "The account cannot be billed now: check credit and spend limits in the Claude Console.")
    return MapperRefused(f"Claude refused with status {status} ({said}). {advice} What was answered is kept.")
