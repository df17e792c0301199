"""Open the Dagster UI, with its daemon, on the data of `make demo`: what `make ui` runs.

Run processes have other working directories, so that every path of the settings is made absolute here.
"""

import os
import shutil
import sys
from pathlib import Path

from onet_pipeline.errors import OnetPipelineError
from onet_pipeline.settings import Settings, read_settings
from onet_pipeline.steps.review_folder import reviews_folder
from onet_pipeline.steps.uploads import uploads_folder

PROJECT = Path(__file__).parents[2]
# "dg dev", which is to replace "dagster dev", is a tool for developers that the product does not install.
QUIET = "ignore:Function `dev_command` is superseded"


def environment(settings: Settings) -> dict[str, str]:
    """Return the variables of the servers and their runs."""
    paths = {
        "ONET_HOME": str(settings.root),
        "ONET_UPLOADS": str(uploads_folder(settings)),
        "ONET_REVIEWS": str(reviews_folder(settings)),
    }
    for name in ("release", "index", "prices", "aliases", "database_url_file"):
        value = str(getattr(settings, name) or "")
        if value and (Path(value).exists() or (name == "index" and "://" not in value)):
            paths[f"ONET_{name.upper()}"] = str(Path(value).expanduser().absolute())
    warnings = ",".join(filter(None, (os.environ.get("PYTHONWARNINGS"), QUIET)))
    return {**os.environ, **paths, "DAGSTER_HOME": str(settings.root / "dagster"), "PYTHONWARNINGS": warnings}


def end_abandoned_runs(home: Path) -> None:
    """End the runs that an earlier `make ui` left "started" when it was killed; what they saved is taken over."""
    import dagster as dg

    with dg.DagsterInstance.from_config(str(home)) as instance:
        begun = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]
        for run in instance.get_runs(dg.RunsFilter(statuses=begun)):
            instance.report_run_failed(run, "The servers that ran this were ended before it was.")


def main() -> None:
    """Prepare the folders and become ``dagster dev``."""
    try:
        settings = read_settings()
        variables = environment(settings)
    except OnetPipelineError as error:
        sys.exit(str(error))
    instance, uploads, port = Path(variables["DAGSTER_HOME"]), uploads_folder(settings), os.environ.get("PORT", "3000")
    instance.mkdir(parents=True, exist_ok=True)
    shutil.copy(PROJECT / "deploy" / "local" / "dagster.yaml", instance)
    for folder in (uploads, reviews_folder(settings)):
        if "://" not in str(folder):
            folder.mkdir(parents=True, exist_ok=True)
    end_abandoned_runs(instance)
    sys.stdout.write(f"Dagster UI: http://127.0.0.1:{port}. Drop spreadsheets into {uploads}.\n")
    sys.stdout.flush()
    dagster = str(Path(sys.executable).with_name("dagster"))
    workspace = str(PROJECT / "workspace.yaml")
    os.execve(dagster, [dagster, "dev", "--workspace", workspace, "--host", "127.0.0.1", "--port", port], variables)  # noqa: S606


if __name__ == "__main__":
    main()
