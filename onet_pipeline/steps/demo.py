"""The whole way once, on a sample upload, for somebody who has just cloned the project.

Belongs here: the order of the steps, which release is taken, what is told of each. Does not: printing.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

from onet_pipeline.errors import DownloadFailed, ReleaseNotFound, SettingsError
from onet_pipeline.onet.download import Progress
from onet_pipeline.onet.source import sample_release_path
from onet_pipeline.steps.export import export_mappings
from onet_pipeline.steps.indexing import current_index
from onet_pipeline.steps.mapping import MappingOutcome, map_upload
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.steps.report import write_report
from onet_pipeline.steps.sync import sync_release
from onet_pipeline.steps.uploads import place_upload, read_roles, register_uploads
from onet_pipeline.store.records import Mapping

SAMPLE_UPLOAD = "city_payroll.csv"


@dataclass(frozen=True, slots=True)
class DemoStep:
    """One finished step: what was done, what came of it, and how long it took."""

    name: str
    detail: str
    seconds: float


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What the demo made: the mappings, the run's figures, the file they are in, and the report."""

    mappings: tuple[Mapping, ...]
    outcome: MappingOutcome
    output: Path
    report: Path


@dataclass
class Demo:
    """The demo; ``tell`` hears of each step as it ends, ``progress`` of the download."""

    pipeline: Pipeline
    tell: Callable[[DemoStep], None]
    progress: Progress | None = None
    _detail: str = field(default="", init=False)

    def run(self) -> DemoResult:
        """Migrate, sync, index, read the sample upload, map it, write result and report.

        Raises:
            OnetPipelineError: a step failed; what was done before stays.
        """
        with self._step("database"):
            self.pipeline.database.upgrade()
            self._detail = self.pipeline.database.description
        with self._step("release"):
            self._detail = self._sync()
        with self._step("search index"):
            current = current_index(self.pipeline)
            self._detail = f"{'built' if current.built else 'loaded'}, in {current.address}"
        with self._step("upload"):
            key = self._upload()
        with self._step("mapping"):
            outcome = map_upload(self.pipeline.asking_at_once(), key)
            self._detail = self._mapper()
        with self._step("report"):
            output = export_mappings(self.pipeline, key, self.pipeline.results / f"{key}.csv")
            written = write_report(self.pipeline, key)
            self._detail = f"in {written.page.parent}"
        return DemoResult(written.report.mappings, outcome, output, written.page)

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        started = time.monotonic()
        yield
        self.tell(DemoStep(name, self._detail, time.monotonic() - started))

    def _sync(self) -> str:
        """Sync the release asked for, else the current one, else what can be had without a network."""
        try:
            sync = sync_release(self.pipeline, progress=self.progress)
        except (DownloadFailed, ReleaseNotFound):
            if self.pipeline.settings.release:
                raise
            return self._offline()
        return f"O*NET {sync.version} from {sync.source}"

    def _offline(self) -> str:
        held = self.pipeline.occupations.latest_sync()
        if held:
            return f"O*NET {held.version}, synced before; the current release cannot be downloaded now"
        sync = sync_release(self.pipeline, str(sample_release_path()))
        return (
            f"the sample release shipped with the package ({sync.occupation_count} occupations): "
            "the current one cannot be downloaded. Set ONET_RELEASE to a zip file or address for the real one"
        )

    def _upload(self) -> str:
        sample = Path(str(files("onet_pipeline.onet"))) / "sample" / "uploads" / SAMPLE_UPLOAD
        place_upload(self.pipeline, sample)
        register_uploads(self.pipeline)
        upload = next((each for each in self.pipeline.uploads.all() if each.path == SAMPLE_UPLOAD), None)
        if upload is None:
            raise SettingsError(f"{SAMPLE_UPLOAD} is not seen in {self.pipeline.settings.uploads}: check ONET_UPLOADS.")
        sheet = read_roles(self.pipeline, upload.key)
        self._detail = f"{SAMPLE_UPLOAD}: {sheet.row_count} rows, {len(sheet.roles)} roles in “{sheet.column}”"
        return upload.key

    def _mapper(self) -> str:
        mapper = self.pipeline.mapper
        if mapper.model:
            return f"{mapper.name}, {mapper.model}"
        return "lexical mapper: no model was asked. Set ANTHROPIC_API_KEY to let Claude choose"
