"""Input tokens per role of the two layouts, against the naive one, on real uploads.

    python -m benchmarks.prompt_tokens --release db_30_1_text.zip UPLOAD… [--count 5]

Naive: 12 roles a call, under every role its 20 candidates with 200 characters of description. Cached tokens are
weighted as billed: written at 1.25, read at 0.1.

Tokens are estimated without the API: a run of up to six letters, a run of up to three digits, every other sign is
one. That is stricter on codes (``15-1252.00`` is six) than four characters a token, which is shown beside it.
``--count N`` asks the API's free token count for N calls of each layout instead (needs ANTHROPIC_API_KEY).

https://platform.claude.com/docs/en/build-with-claude/token-counting
"""

import argparse
import json
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from onet_pipeline.onet.release import load_release
from onet_pipeline.roles.grouping import grouped
from onet_pipeline.roles.layouts import CandidateLayout, CatalogueLayout, Request, message_params
from onet_pipeline.roles.prompt import INSTRUCTIONS, answer_schema, plain
from onet_pipeline.roles.records import Question
from onet_pipeline.roles.search import build_index
from onet_pipeline.roles.spreadsheets import read_upload_file

BATCH, SHOWN, NAIVE_DESCRIPTION = 12, 20, 200
CACHE_WRITE, CACHE_READ = 1.25, 0.1
_PIECE = re.compile(r"[A-Za-z]{1,6}|\d{1,3}|[^\sA-Za-z0-9]")

Count = Callable[[str], float]


def by_pieces(text: str) -> float:
    """Estimate tokens by runs of letters and digits."""
    return len(_PIECE.findall(text))


def by_length(text: str) -> float:
    """Estimate tokens by length."""
    return len(text) / 4


def naive(questions: Sequence[Question], look: int = 1) -> Request:
    """Lay out a call the naive way."""
    lines = []
    for number, question in enumerate(questions, start=1):
        lines.append(f"Role {number}: {question.role}")
        lines += [f"{c.code} {c.title}: {plain(c.description, NAIVE_DESCRIPTION)}" for c in question.candidates]
    system = ({"type": "text", "text": INSTRUCTIONS},)
    return Request(system, "\n".join(lines), answer_schema(len(questions), None))


def tokens(request: Request, count: Count, *, first: bool) -> float:
    """Billed input tokens of a call: a mark on the system caches everything up to it, the schema included."""
    before = count(json.dumps(request.schema)) + sum(count(block["text"]) for block in request.system)
    cached = any("cache_control" in block for block in request.system)
    weight = (CACHE_WRITE if first else CACHE_READ) if cached else 1.0
    return weight * before + count(request.prompt)


def per_role(batches: Sequence[Sequence[Question]], lay_out: Callable[..., Request], count: Count) -> float:
    """Return the mean over a run."""
    total = sum(tokens(lay_out(batch), count, first=number == 0) for number, batch in enumerate(batches))
    return total / sum(map(len, batches))


def by_the_api(batches: Sequence[Sequence[Question]], layout: Any, model: str) -> float:
    """Uncached input tokens per role, as the API counts them."""
    import anthropic

    client = anthropic.Anthropic()
    total = 0
    for batch in batches:
        params = message_params(batch, layout, model, None, 1)
        del params["max_tokens"]
        total += client.messages.count_tokens(**params).input_tokens
    return total / sum(map(len, batches))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("uploads", nargs="+", type=Path)
    parser.add_argument("--release", type=Path, required=True)
    parser.add_argument("--count", type=int, default=0)
    parser.add_argument("--model", default=os.environ.get("ONET_MODEL", "claude-haiku-5-5"))
    options = parser.parse_args()

    release = load_release(options.release)
    index = build_index(release)
    candidates, catalogue = CandidateLayout(), CatalogueLayout(release.occupations)
    for upload in options.uploads:
        roles = [role.title for role in read_upload_file(upload).roles]
        found = index.search(roles, SHOWN)
        questions = [Question(n, role, shown) for n, (role, shown) in enumerate(zip(roles, found, strict=True), 1)]
        in_order = [questions[start : start + BATCH] for start in range(0, len(questions), BATCH)]
        batches = grouped(questions, BATCH)
        print(f"{upload.name}: {len(roles)} roles, {len(batches)} calls; input tokens per role")
        for name, count in [("pieces", by_pieces), ("length / 4", by_length)]:
            plainly = per_role(in_order, naive, count)
            for label, parts, lay_out in [
                ("naive", in_order, naive),
                ("candidates, ungrouped", in_order, candidates.request),
                ("candidates", batches, candidates.request),
                ("catalogue", in_order, catalogue.request),
            ]:
                value = per_role(parts, lay_out, count)
                print(f"  {name:10}  {label:22} {value:7.0f}   {value / plainly:.2f} of naive")
        if options.count:
            for label, layout in [("candidates", candidates), ("catalogue", catalogue)]:
                value = by_the_api(batches[: options.count], layout, options.model)
                print(f"  API         {label:22} {value:7.0f}   before caching")


if __name__ == "__main__":
    main()
