"""Scoring against titles whose codes are known: was the right occupation shown, and was it picked.

Belongs here: reading gold files, the measures and their intervals, plain results. Does not: rendering (``display``), or
where an index comes from (``steps``).

https://en.wikipedia.org/wiki/Binomial_proportion_confidence_interval#Wilson_score_interval
"""

import csv
import io
import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

from upath import UPath

from onet_pipeline.errors import UploadEmpty, UploadUnreadable
from onet_pipeline.onet.records import Release
from onet_pipeline.roles.mapper import CandidateSearch, Mapper
from onet_pipeline.roles.records import Answer, Candidate, ConfidenceTier, Question, Usage
from onet_pipeline.roles.search.aliases import Alias
from onet_pipeline.roles.titles import normalise

DEPTHS = (1, 5, 10, 20, 50)
"""Numbers of candidates at which recall is reported."""
_CODE_LENGTH = {2: 2, 3: 4, 5: 6, 6: 7, 8: 10}
_CODE = re.compile(r"\d\d-\d{4}(\.\d\d)?")
_Z = 1.959964
"""95 % of a normal distribution lies within this many standard deviations."""


class Slice(StrEnum):
    """Which titles a figure is over."""

    ALL = "all"
    ONET_TITLE = "O*NET title"
    UNSEEN = "unseen"


@dataclass(frozen=True, slots=True)
class GoldTitle:
    """A title and the codes accepted for it, of 6 digits (``15-1252``) or 8 (``15-1252.00``)."""

    title: str
    codes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Share:
    """``hits`` of ``n``, with the 95 % Wilson interval; ``value`` is None where nothing was counted."""

    hits: int
    n: int

    @property
    def value(self) -> float | None:
        """The share itself."""
        return self.hits / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % Wilson score interval; (0, 1) where nothing was counted."""
        if not self.n:
            return 0.0, 1.0
        share, weight = self.hits / self.n, _Z * _Z / self.n
        middle = (share + weight / 2) / (1 + weight)
        half = _Z * math.sqrt(share * (1 - share) / self.n + weight / (4 * self.n)) / (1 + weight)
        return max(0.0, middle - half), min(1.0, middle + half)

    def to_json(self) -> dict[str, object]:
        """Return value, hits, n and interval."""
        low, high = self.interval
        return {"value": self.value, "hits": self.hits, "n": self.n, "low": low, "high": high}


@dataclass(frozen=True, slots=True)
class TierScore:
    """How one confidence tier did: its share of all titles, and how many of its answers were right (6 digits)."""

    tier: str
    coverage: Share
    accuracy: Share


@dataclass(frozen=True, slots=True)
class SliceScore:
    """The figures of one slice.

    ``recall`` is over candidates shown, by depth; ``picked`` is over the mapper's answers, by digits compared;
    8 digits count only titles whose gold has 8.
    """

    slice: str
    n: int
    without_candidates: int
    recall: Mapping[int, Share]
    picked: Mapping[int, Share]
    tiers: tuple[TierScore, ...]

    def to_json(self) -> dict[str, object]:
        """Return plain data for ``json.dumps``."""
        return {
            "slice": self.slice,
            "n": self.n,
            "without_candidates": self.without_candidates,
            "recall": {str(depth): share.to_json() for depth, share in self.recall.items()},
            "picked": {str(digits): share.to_json() for digits, share in self.picked.items()},
            "tiers": {
                score.tier: {"coverage": score.coverage.to_json(), "accuracy": score.accuracy.to_json()}
                for score in self.tiers
            },
        }


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The scores of one gold file, with what was scored and what the mapper's answers cost."""

    gold: str
    release: str
    index_version: str
    mapper: str
    mapper_version: str
    usage: Usage
    slices: tuple[SliceScore, ...]

    def to_json(self) -> dict[str, object]:
        """Return plain data for ``json.dumps``."""
        plain = asdict(self)
        return {**plain, "slices": [score.to_json() for score in self.slices]}

    def rows(self) -> list[tuple[str, ...]]:
        """Return a header and one row per slice and figure, ready to be shown as a table."""
        table: list[tuple[str, ...]] = [("slice", "measure", "value", "95 % interval", "n")]
        for score in self.slices:
            if not score.n:
                continue
            table += [_row(score.slice, f"shown: recall@{depth}", share) for depth, share in score.recall.items()]
            table += [_row(score.slice, f"picked: {digits} digits", s) for digits, s in score.picked.items() if s.n]
            for tier in score.tiers:
                table.append(_row(score.slice, f"{tier.tier}: coverage", tier.coverage))
                table.append(_row(score.slice, f"{tier.tier}: accuracy", tier.accuracy))
            table.append(_row(score.slice, "without candidates", Share(score.without_candidates, score.n)))
        return table


def read_gold(path: UPath) -> tuple[GoldTitle, ...]:
    """Read a tab-separated file with the columns ``title`` and ``soc_code``, accepted codes joined by ``|``.

    Raises:
        UploadUnreadable: the file cannot be read, lacks a column, or holds something that is not a code.
        UploadEmpty: the file holds no title.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UploadUnreadable(f"The gold file {path} cannot be read as UTF-8 text: {error}.") from error
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter="\t", quoting=csv.QUOTE_NONE)
    header = reader.fieldnames or ()
    if not {"title", "soc_code"} <= set(header):
        raise UploadUnreadable(
            f"The gold file {path} needs the tab-separated columns title and soc_code; it has: {', '.join(header)}."
        )
    gold = tuple(_gold_title(row, f"{path}, line {reader.line_num}") for row in reader)
    if not gold:
        raise UploadEmpty(f"The gold file {path} holds no title.")
    return gold


def _gold_title(row: Mapping[str, str | None], where: str) -> GoldTitle:
    codes = frozenset(code.strip() for code in (row["soc_code"] or "").split("|"))
    for code in codes:
        if not _CODE.fullmatch(code):
            raise UploadUnreadable(f'{where}: "{code}" is not a code such as 15-1252 or 15-1252.00.')
    return GoldTitle(row["title"] or "", codes)


def without_scored(aliases: Iterable[Alias], gold: Iterable[GoldTitle]) -> tuple[Alias, ...]:
    """Leave out the aliases whose title is scored: a title must not be found because its answer was given."""
    scored = {normalise(title.title) for title in gold}
    return tuple(alias for alias in aliases if normalise(alias.title) not in scored)


def known_titles(release: Release) -> frozenset[str]:
    """Return every title of a release, normalised: titles of occupations, alternate titles, short titles."""
    titles = {normalise(occupation.title) for occupation in release.occupations}
    titles |= {normalise(alternate.title) for alternate in release.alternate_titles}
    return frozenset(titles | {normalise(a.short_title) for a in release.alternate_titles if a.short_title})


def evaluate(
    gold: Sequence[GoldTitle],
    search: CandidateSearch,
    mapper: Mapper,
    known: Collection[str],
    *,
    name: str,
    release: str,
    limit: int = 20,
) -> Evaluation:
    """Score search and mapper on gold titles, in slices; the mapper is shown ``limit`` candidates.

    ``known`` holds the normalised titles of the release; ``name`` and ``release`` say what was scored.
    """
    found = search.search([title.title for title in gold], max(*DEPTHS, limit))
    answers, usage = _answers(mapper, questions_of(gold, found, limit))
    cases = [_Case(*case) for case in zip(gold, found, answers, strict=True)]
    seen = [case for case in cases if normalise(case.gold.title) in known]
    unseen = [case for case in cases if normalise(case.gold.title) not in known]
    slices = {Slice.ALL: cases, Slice.ONET_TITLE: seen, Slice.UNSEEN: unseen}
    return Evaluation(
        gold=name,
        release=release,
        index_version=search.version,
        mapper=mapper.name,
        mapper_version=mapper.version,
        usage=usage,
        slices=tuple(_score(kind, part) for kind, part in slices.items()),
    )


@dataclass(frozen=True, slots=True)
class _Case:
    gold: GoldTitle
    candidates: tuple[Candidate, ...]
    answer: Answer

    def shown(self, depth: int) -> bool:
        return any(_right(candidate.code, self.gold.codes, 6) for candidate in self.candidates[:depth])

    def picked(self, digits: int) -> bool:
        return self.answer.code is not None and _right(self.answer.code, self.gold.codes, digits)


def questions_of(gold: Sequence[GoldTitle], found: Sequence[tuple[Candidate, ...]], limit: int) -> list[Question]:
    """Return the questions that scoring puts to a mapper, with at most ``limit`` candidates each."""
    pairs = enumerate(zip(gold, found, strict=True))
    return [Question(at, title.title, candidates[:limit]) for at, (title, candidates) in pairs]


def _answers(mapper: Mapper, questions: Sequence[Question]) -> tuple[list[Answer], Usage]:
    batches = list(mapper.answer(questions))
    answers = {answer.question_id: answer for batch in batches for answer in batch.answers}
    return [answers[question.id] for question in questions], sum((batch.usage for batch in batches), Usage())


def _right(code: str, accepted: Iterable[str], digits: int) -> bool:
    length = _CODE_LENGTH[digits]
    return any(code[:length] == other[:length] for other in accepted)


def _score(kind: Slice, cases: Sequence[_Case]) -> SliceScore:
    return SliceScore(
        slice=kind.value,
        n=len(cases),
        without_candidates=sum(not case.candidates for case in cases),
        recall={depth: _share(case.shown(depth) for case in cases) for depth in DEPTHS},
        picked={digits: _picked(cases, digits) for digits in _CODE_LENGTH},
        tiers=tuple(_tier(tier, cases) for tier in ConfidenceTier),
    )


def _picked(cases: Sequence[_Case], digits: int) -> Share:
    length = _CODE_LENGTH[digits]
    return _share(case.picked(digits) for case in cases if all(len(code) >= length for code in case.gold.codes))


def _tier(tier: ConfidenceTier, cases: Sequence[_Case]) -> TierScore:
    mine = [case for case in cases if case.answer.tier is tier]
    return TierScore(tier.value, Share(len(mine), len(cases)), _share(case.picked(6) for case in mine))


def _share(outcomes: Iterable[bool]) -> Share:
    seen = list(outcomes)
    return Share(sum(seen), len(seen))


def _row(kind: str, measure: str, share: Share) -> tuple[str, ...]:
    low, high = share.interval
    value = "–" if share.value is None else f"{share.value:.3f}"
    return kind, measure, value, f"{low:.3f} – {high:.3f}" if share.n else "–", str(share.n)
