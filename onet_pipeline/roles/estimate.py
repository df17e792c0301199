"""What requests would take, before any is sent.

Belongs here: tokens from lengths. Does not: prices (``pricing``), or what was really counted (the API says).
"""

from collections.abc import Iterable, Iterator

from onet_pipeline.roles.layouts import Request
from onet_pipeline.roles.records import Usage

CHARACTERS_PER_TOKEN = 4  # English prose; codes take more tokens, see benchmarks/prompt_tokens.py
ANSWER_TOKENS = 120  # 40 words of reasoning, a code, two runners-up, and the names of the fields


def about_tokens(characters: int) -> int:
    """Return how many tokens a text of that length has, about."""
    return characters // CHARACTERS_PER_TOKEN


def expected_usage(requests: Iterable[tuple[int, Request]]) -> Iterator[Usage]:
    """Yield for each (number of roles, request) what its call would take; what is cached is written by the first."""
    for place, (roles, request) in enumerate(requests):
        cached = about_tokens(request.cached)
        yield Usage(
            calls=1,
            input_tokens=about_tokens(request.characters),
            output_tokens=ANSWER_TOKENS * roles,
            cache_write_tokens=0 if place else cached,
            cache_read_tokens=cached if place else 0,
        )
