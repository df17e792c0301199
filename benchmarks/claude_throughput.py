"""How close 1,000 roles come to what the allowed concurrency permits.

    python -m benchmarks.claude_throughput [--seconds 2] [--concurrency 8] [--roles 1000]

A loopback server takes the given seconds for every call; the ideal is full rounds of calls side by side.
"""

import argparse
import math
import time

from onet_pipeline.roles.claude import ClaudeMapper
from onet_pipeline_tests.support.claude_api import ClaudeServer
from onet_pipeline_tests.support.questions import questions

BATCH = 12


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--concurrency", type=int, default=8)
    parser.add_argument("--roles", type=int, default=1_000)
    options = parser.parse_args()

    with ClaudeServer(delay=options.seconds) as server:
        mapper = ClaudeMapper(
            api_key=server.key, base_url=server.url, concurrency=options.concurrency, second_look=False
        )
        list(mapper.answer(questions(1)))
        began = time.monotonic()
        answered = sum(len(batch.answers) for batch in mapper.answer(questions(options.roles)))
        took = time.monotonic() - began
    calls = math.ceil(options.roles / BATCH)
    ideal = math.ceil(calls / options.concurrency) * options.seconds
    print(f"{answered} roles, {calls} calls, {options.concurrency} at once: {took:.1f} s")
    print(f"{took / ideal:.2f} of the {ideal:.1f} s that full rounds of calls take")


if __name__ == "__main__":
    main()
