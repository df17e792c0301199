"""How long the UI waits for its page of uploads, the partitions of ``role_mappings``.

    python -m benchmarks.partitions_page [--partitions 10000] [--materialized 200] [--rounds 5]

A real webserver on an SQLite instance of its own is asked what the page asks, over HTTP. The queries are those of
dagster-webserver 1.13, shortened by what partitions of another kind would add.
"""

import argparse
import shutil
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import dagster as dg

from onet_pipeline.orchestration.partitions import UPLOADS
from onet_pipeline_tests.support.dagster_servers import PROJECT, DagsterServers

ASSET = "role_mappings"
QUERIES = {
    "all partitions and their statuses": """
query PartitionHealthQuery($assetKey: AssetKeyInput!) {
  assetNodeOrError(assetKey: $assetKey) {
    ... on AssetNode {
      id
      partitionKeysByDimension { name type partitionKeys }
      assetPartitionStatuses {
        ... on DefaultPartitionStatuses { materializedPartitions materializingPartitions failedPartitions }
      }
    }
  }
}""",
    "the events of one partition": """
query AssetPartitionDetailQuery($assetKey: AssetKeyInput!, $partitionKey: String!) {
  assetOrError(assetKey: $assetKey) {
    ... on Asset {
      id
      definition { id opNames latestRunForPartition(partition: $partitionKey) { id status endTime } }
      assetEventHistory(
        partitions: [$partitionKey], limit: 1000,
        eventTypeSelectors: [MATERIALIZATION, OBSERVATION, FAILED_TO_MATERIALIZE]
      ) { results { ... on MaterializationEvent { runId timestamp metadataEntries { label } } } }
    }
  }
}""",
    "what one partition is behind of": """
query AssetPartitionStaleQuery($assetKey: AssetKeyInput!, $partitionKey: String!) {
  assetNodeOrError(assetKey: $assetKey) {
    ... on AssetNode {
      id
      staleStatus(partition: $partitionKey)
      staleCauses(partition: $partitionKey) { key { path } reason category dependency { path } }
    }
  }
}""",
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--partitions", type=int, default=10_000)
    parser.add_argument("--materialized", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        keys = _fill(home, options.partitions, options.materialized)
        with DagsterServers({"DAGSTER_HOME": folder}, home) as servers:
            servers.start_webserver()
            servers.wait_until_loaded()
            for what, query in QUERIES.items():
                asked = {"query": query, "variables": {"assetKey": {"path": [ASSET]}, "partitionKey": keys[0]}}
                first, *took = [_seconds(servers, asked) for _ in range(options.rounds + 1)]
                print(f"{what}: {median(took):.2f} s ({min(took):.2f} to {max(took):.2f}), at first {first:.2f} s")


def _fill(home: Path, partitions: int, materialized: int) -> list[str]:
    """Make an instance with so many uploads, some of them mapped, and return their keys."""
    shutil.copy(PROJECT / "deploy" / "local" / "dagster.yaml", home)
    keys = [f"folder-staff-{number}-csv-0123456789" for number in range(partitions)]
    with dg.DagsterInstance.from_config(str(home)) as instance:
        instance.add_dynamic_partitions(UPLOADS, keys)
        for key in keys[:materialized]:
            instance.report_runless_asset_event(dg.AssetMaterialization(ASSET, partition=key))
    return keys


def _seconds(servers: DagsterServers, asked: dict[str, Any]) -> float:
    began = time.perf_counter()
    answer = servers.ask(asked)
    took = time.perf_counter() - began
    assert all(answer.values()), "nothing is known of the asset"
    return took


if __name__ == "__main__":
    main()
