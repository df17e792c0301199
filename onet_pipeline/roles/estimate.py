"""What a run would take, before anything is sent.

Belongs here: tokens from lengths, a whole from a sample. Does not: prices (``pricing``), or what was really counted
(the API says).
"""

from collections.abc import Sequence
from typing import TypeVar

from onet_pipeline.roles.layouts import Request
from onet_pipeline.roles.records import Usage

CHARACTERS_PER_TOKEN = 4  # English prose; codes take more tokens, see benchmarks/prompt_tokens.py
ANSWER_TOKENS = 120  # 40 words of reasoning, a code, two runners-up, and the names of the fields
SAMPLE = 40

T = TypeVar("T")


def about_tokens(characters: float) -> int:
    """Return how many tokens a text of that length has, about."""
    return round(characters / CHARACTERS_PER_TOKEN)


def sample(items: Sequence[T]) -> Sequence[T]:
    """Return at most ``SAMPLE`` items, evenly spaced."""
    return items[:: -(-len(items) // SAMPLE) or 1]


def expected_usage(requests: Sequence[Request], calls: int, roles: int) -> Usage:
    """Return what ``calls`` like these requests would take, for so many roles; what is cached is written once."""
    if not requests:
        return Usage()
    cached = about_tokens(requests[0].cached)
    return Usage(
        calls=calls,
        input_tokens=about_tokens(sum(request.characters for request in requests) / len(requests) * calls),
        output_tokens=ANSWER_TOKENS * roles,
        cache_write_tokens=cached,
        cache_read_tokens=cached * (calls - 1),
    )
