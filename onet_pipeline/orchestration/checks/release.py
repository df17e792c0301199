"""Checks of the O*NET chain.

Belongs here: blocking checks between archive, tables and index, and warnings about coverage. Does not: what counts as
plausible (``steps.plausibility``), or the queue of reviewers (``checks.review``).
"""

import re
from collections.abc import Iterator
from typing import Final

import dagster as dg

from onet_pipeline.errors import ReleaseError
from onet_pipeline.onet.records import Release
from onet_pipeline.orchestration.assets.changes import mappings_shown, release_changes
from onet_pipeline.orchestration.assets.release import ALTERNATE_TITLES, ARCHIVE, OCCUPATIONS, TASKS, fetched_archive
from onet_pipeline.orchestration.assets.search import search_index
from onet_pipeline.orchestration.failures import told_plainly
from onet_pipeline.roles.search import stored_version
from onet_pipeline.steps.indexing import wanted_index_version
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.steps.plausibility import doubts, row_counts
from onet_pipeline.steps.sync import read_archive

_CODE: Final = re.compile(r"\d\d-\d{4}\.\d\d", re.ASCII)
_LISTED: Final = 20
# 93 of the 1,016 occupations of 30.1, the "All Other" and military ones, have no tasks; all have titles.
_LEAST_COVERAGE: Final = {ALTERNATE_TITLES: 0.98, TASKS: 0.85}


@dg.asset_check(
    asset=ARCHIVE,
    blocking=True,
    description="The release can be read, and has about as many rows as the one in use and as any release has had.",
)
def row_counts_are_plausible(
    context: dg.AssetCheckExecutionContext, pipeline: dg.ResourceParam[Pipeline]
) -> dg.AssetCheckResult:
    """Stop a release that cannot be read or would shrink the tables, before it replaces the one in use."""
    with told_plainly():
        archive = fetched_archive(context.instance)
        try:
            release = read_archive(pipeline, archive)
        except ReleaseError as refusal:
            return dg.AssetCheckResult(passed=False, description=str(refusal), metadata={"version": archive.version})
        before = pipeline.occupations.latest_sync()
    found = doubts(release, before)
    return dg.AssetCheckResult(
        passed=not found,
        severity=dg.AssetCheckSeverity.ERROR,
        description=_advice(found) if found else None,
        metadata={"version": release.version, "before": before.version if before else "none", **row_counts(release)},
    )


def _advice(found: tuple[str, ...]) -> str:
    return f"{' '.join(found)} If that is right, materialize the three tables by hand."


@dg.multi_asset_check(
    name="onet_tables_checks",
    specs=[
        dg.AssetCheckSpec(
            "codes_are_well_formed", asset=OCCUPATIONS, blocking=True, description="Every code looks like 15-1252.00."
        ),
        dg.AssetCheckSpec(
            "rows_are_as_synced",
            asset=OCCUPATIONS,
            blocking=True,
            description="The three tables hold as many rows as the sync log says.",
        ),
        *(
            dg.AssetCheckSpec(
                "no_orphans", asset=key, blocking=True, description="Every row belongs to an occupation of the release."
            )
            for key in (ALTERNATE_TITLES, TASKS)
        ),
        *(
            dg.AssetCheckSpec(
                "occupations_are_covered", asset=key, description=f"At least {least:.0%} of the occupations have rows."
            )
            for key, least in _LEAST_COVERAGE.items()
        ),
    ],
)
def onet_tables_checks(pipeline: dg.ResourceParam[Pipeline]) -> Iterator[dg.AssetCheckResult]:
    """Read the loaded release once, from one snapshot, and look at all of it."""
    with told_plainly():
        release = pipeline.occupations.load_release()
        synced = pipeline.occupations.latest_sync()
    logged = (synced.occupation_count, synced.alternate_title_count, synced.task_count) if synced else ()
    present = tuple(row_counts(release).values())
    malformed = [each.code for each in release.occupations if not _CODE.fullmatch(each.code)]
    yield _blocking("codes_are_well_formed", OCCUPATIONS, malformed)
    yield dg.AssetCheckResult(
        check_name="rows_are_as_synced",
        asset_key=OCCUPATIONS,
        passed=present == logged,
        metadata={"present": str(present), "logged": str(logged)},
    )
    yield from _belonging(release)


def _belonging(release: Release) -> Iterator[dg.AssetCheckResult]:
    codes = {each.code for each in release.occupations}
    of_rows = {
        ALTERNATE_TITLES: [row.code for row in release.alternate_titles],
        TASKS: [row.code for row in release.tasks],
    }
    for key, found in of_rows.items():
        covered = codes.intersection(found)
        bare = sorted(codes - covered)
        yield _blocking("no_orphans", key, sorted(set(found) - codes))
        yield dg.AssetCheckResult(
            check_name="occupations_are_covered",
            asset_key=key,
            passed=len(covered) >= _LEAST_COVERAGE[key] * len(codes),
            severity=dg.AssetCheckSeverity.WARN,
            metadata={"coverage": round(len(covered) / max(len(codes), 1), 4), "without": _listed(bare)},
        )


def _blocking(name: str, key: dg.AssetKey, faulty: list[str]) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        check_name=name,
        asset_key=key,
        passed=not faulty,
        severity=dg.AssetCheckSeverity.ERROR,
        metadata={"faulty": len(faulty), "first": _listed(faulty)},
    )


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more if names else "none"


@dg.asset_check(
    asset=search_index, blocking=True, description="The stored index is the one that the current release needs."
)
def index_is_of_the_current_release(pipeline: dg.ResourceParam[Pipeline]) -> dg.AssetCheckResult:
    """Compare the stored index with the release and search code in use."""
    with told_plainly():
        wanted = wanted_index_version(pipeline)
        stored = stored_version(pipeline.indexes / wanted)
    return dg.AssetCheckResult(passed=stored == wanted, metadata={"wanted": wanted, "stored": stored})


@dg.asset_check(asset=release_changes, description="Every mapping in use has a code that is in the current release.")
def no_mapping_has_lost_its_occupation(pipeline: dg.ResourceParam[Pipeline]) -> dg.AssetCheckResult:
    """List the mappings whose code has gone: unconfirmed ones are asked again, confirmed ones wait for a reviewer."""
    with told_plainly():
        found = pipeline.mappings.displaced()
    return dg.AssetCheckResult(
        passed=not found.gone,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"mappings": found.gone, "renamed": found.renamed, "first": mappings_shown(found.first_gone)},
    )
