"""What `make bench` runs: every benchmark that needs no data but what the project ships.

    python -m benchmarks

The release is ONET_RELEASE (a zip file or folder), else the sample. The others say in their first lines what they need:
`python -m benchmarks.retrieval --help`.
"""

import os
import subprocess
import sys

from onet_pipeline.onet.source import sample_release_path
from onet_pipeline.steps.evaluation import shipped_titles


def main() -> None:
    """Run each in a process of its own, so that none sees the memory or the imports of another."""
    release = os.environ.get("ONET_RELEASE") or str(sample_release_path())
    gold = str(shipped_titles())
    for name, *arguments in (
        ("retrieval", "--release", release, gold),
        ("tiers", "--release", release, gold),
        ("claude_throughput",),
        ("upload_tick",),
        ("partitions_page",),
    ):
        print(f"\n## benchmarks.{name}\n", flush=True)
        subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *arguments], check=True)


if __name__ == "__main__":
    main()
