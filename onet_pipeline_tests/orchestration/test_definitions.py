"""The graph as a whole: what is in it, that it loads anywhere, that it explains itself.

A change of ``graph.json`` is what changes in production. To write it anew after an intended change:

    UPDATE_SNAPSHOTS=1 .venv/bin/python -m pytest onet_pipeline_tests/orchestration/test_definitions.py
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import dagster as dg

from onet_pipeline.definitions import ASSETS, CHECKS, build_definitions, defs
from onet_pipeline.orchestration.groups import GROUPS

SNAPSHOT = Path(__file__).with_name("graph.json")
PROJECT = Path(__file__).parents[2]


def graph() -> dict[str, Any]:
    assets = defs.resolve_asset_graph()
    repository = defs.get_repository_def()
    return {
        "assets": {
            key.to_user_string(): {
                "below": sorted(parent.to_user_string() for parent in assets.get(key).parent_keys),
                "group": assets.get(key).group_name,
                "partitions": getattr(assets.get(key).partitions_def, "name", None),
                "code_version": assets.get(key).code_version,
                "kinds": sorted(assets.get(key).kinds),
                "owners": sorted(assets.get(key).owners),
                "automatic": assets.get(key).automation_condition is not None,
            }
            for key in sorted(assets.get_all_asset_keys())
        },
        "checks": {
            key.to_user_string(): "blocking" if assets.get(key).blocking else "warning"
            for key in sorted(assets.asset_check_keys)
        },
        "jobs": {
            job.name: sorted(node.name for node in job.nodes)
            for job in sorted(repository.get_all_jobs(), key=lambda job: job.name)
            if not job.name.startswith("__")
        },
        "schedules": {
            each.name: [each.job_name, str(each.cron_schedule), each.default_status.value]
            for each in sorted(repository.schedule_defs, key=lambda each: each.name)
        },
        "sensors": {
            each.name: [sorted(target.job_name for target in each.targets or ()), each.default_status.value]
            for each in sorted(repository.sensor_defs, key=lambda each: each.name)
        },
        "resources": sorted(repository.get_top_level_resources()),
    }


def test_the_graph_is_the_one_that_was_reviewed() -> None:
    found = json.dumps(graph(), indent=2) + "\n"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        SNAPSHOT.write_text(found, encoding="utf-8")
    assert json.loads(SNAPSHOT.read_text(encoding="utf-8")) == json.loads(found), "see the top of this file"


def test_every_group_is_in_the_table_and_used() -> None:
    assert {each["group"] for each in graph()["assets"].values()} == set(GROUPS)


def test_every_asset_check_job_sensor_and_schedule_describes_itself() -> None:
    repository, assets = defs.get_repository_def(), defs.resolve_asset_graph()
    described: list[Any] = [assets.get(key) for key in assets.get_all_asset_keys()]
    described += [assets.get(key) for key in assets.asset_check_keys]
    described += [job for job in repository.get_all_jobs() if not job.name.startswith("__")]
    described += [*repository.schedule_defs, *repository.sensor_defs]
    assert not [each for each in described if not each.description]


def test_every_field_of_configuration_has_a_description() -> None:
    nodes = [each.node_def for each in (*ASSETS, *CHECKS) if isinstance(each, dg.AssetsDefinition)]
    fields = {
        f"{node.name}.{name}": field.description
        for node in nodes
        if node.config_schema
        for name, field in getattr(node.config_schema.as_field().config_type, "fields", {}).items()
    }
    assert {"onet_release_archive.release", "role_mappings.fresh"} <= set(fields)
    assert all(fields.values()), fields


def test_a_resource_is_replaced_by_name() -> None:
    stand_in = object()
    replaced = build_definitions(pipeline=stand_in).resources
    assert replaced is not None
    assert replaced["pipeline"] is stand_in


def test_loading_reads_no_environment_and_imports_nothing_heavy(tmp_path: Path) -> None:
    heavy = {"anthropic", "matplotlib", "pandas", "pyarrow", "scipy"}
    load = "import sys, onet_pipeline.definitions as module; module.defs.get_repository_def()"
    poor = {
        "PATH": "/nonexistent",
        "ONET_MAPPER": "no such mapper",
        "ONET_DATABASE_URL": "postgresql://nobody@255.0.0.1/x",
    }
    done = subprocess.run(
        [sys.executable, "-c", f"{load}; assert not {heavy} & sys.modules.keys()"],
        cwd=tmp_path,
        env=poor,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert not list(tmp_path.iterdir())


def test_dg_checks_the_definitions_without_credentials() -> None:
    dg_command = Path(sys.executable).with_name("dg")
    done = subprocess.run(
        [dg_command, "check", "defs"],
        cwd=PROJECT,
        env={"PATH": str(dg_command.parent), "HOME": "/nonexistent", "DO_NOT_TRACK": "1"},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
