"""Which column of a table holds the roles.

Belongs here: choosing by configured name, by header words, by content. Does not: finding the header (``header``).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from onet_pipeline.roles import role_words
from onet_pipeline.roles.cells import is_blank, is_number, is_total
from onet_pipeline.roles.titles import normalise

#: By content alone: share of distinct values with a job word below which nothing is a role column. In the first 2,000
#: rows of seven real uploads the role columns have .52 to .97, other columns that read as titles at most .13.
_LEAST_JOB_SHARE = 0.3
#: A column must lead the next by this to be chosen by content.
_LEAST_LEAD = 0.15


class Evidence(IntEnum):
    """Why a column is the role column, surest last."""

    ONLY_COLUMN = 1
    CONTENT = 2
    HEADER = 3
    CONFIGURED = 4


@dataclass(frozen=True, slots=True)
class Choice:
    """The chosen column; or None, with the labels of the columns that are equally good."""

    index: int | None
    evidence: Evidence = Evidence.ONLY_COLUMN
    rivals: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Profile:
    """What a sample of a column looks like; shares are of its non-blank or distinct values, 0 to 1."""

    values: tuple[str, ...]
    rows: int
    wordy: float
    salutations: float
    job_words: float
    mean_words: float

    @property
    def filled(self) -> float:
        return len(self.values) / self.rows if self.rows else 0.0

    @property
    def may_hold_titles(self) -> bool:
        return self.wordy >= 0.5 and self.salutations < 0.5

    @property
    def reads_as_titles(self) -> bool:
        return self.may_hold_titles and len(set(self.values)) > 1 and self.mean_words <= 8 and self.filled >= 0.2


def column_named(columns: Sequence[str], name: str) -> int | None:
    """Return the index of the column with this name; case, space, ``_`` and accents do not count."""
    wanted = _folded(name)
    return next((index for index, column in enumerate(columns) if wanted and _folded(column) == wanted), None)


def column_meant(columns: Sequence[str], name: str) -> int | None:
    """Return the index of the column with this name, or with the number in ``column 2`` where none is called that."""
    named = column_named(columns, name)
    number = re.fullmatch(r"column(\d{1,5})", _folded(name))
    if named is None and number and 1 <= int(number[1]) <= len(columns):
        return int(number[1]) - 1
    return named


def choose(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Choice:
    """Choose the role column by its header, else by what its cells say.

    ``rows`` is a sample of cleaned data rows as wide as ``columns``.
    """
    profiles = [_profile([row[index] for row in rows]) for index in range(len(columns))]
    named = _by_header(columns, profiles)
    if named.index is not None or named.rivals:
        return named
    filled = [index for index, profile in enumerate(profiles) if profile.values]
    if len(filled) == 1 and profiles[filled[0]].may_hold_titles:
        return Choice(filled[0], Evidence.ONLY_COLUMN)
    return _by_content(profiles)


def _by_header(columns: Sequence[str], profiles: Sequence[_Profile]) -> Choice:
    ranks = [
        role_words.header_rank(column) if profile.may_hold_titles else 0
        for column, profile in zip(columns, profiles, strict=True)
    ]
    best = max(ranks, default=0)
    found = [index for index, rank in enumerate(ranks) if rank == best > 0]
    # Of two columns alike, one mostly blank is an exception to the other.
    fullest = max((profiles[index].filled for index in found), default=0.0)
    found = [index for index in found if profiles[index].filled > fullest / 2]
    if len({profiles[index].values for index in found}) == 1:
        return Choice(found[0], Evidence.HEADER)
    return Choice(None, Evidence.HEADER, tuple(found))


def _by_content(profiles: Sequence[_Profile]) -> Choice:
    shares = {index: profile.job_words for index, profile in enumerate(profiles) if profile.reads_as_titles}
    ranked = sorted(shares, key=lambda index: -shares[index])
    if not ranked or shares[ranked[0]] < _LEAST_JOB_SHARE:
        return Choice(None)
    rivals = tuple(index for index in ranked if shares[index] > shares[ranked[0]] - _LEAST_LEAD)
    return Choice(ranked[0], Evidence.CONTENT) if len(rivals) == 1 else Choice(None, Evidence.CONTENT, rivals)


def _profile(cells: Sequence[str]) -> _Profile:
    values = tuple(cell for cell in cells if not is_blank(cell) and not is_total(cell))
    distinct = dict.fromkeys(values)
    wordy = [
        value for value in values if not is_number(value) and sum(map(str.isalpha, value)) >= 2 and "@" not in value
    ]
    return _Profile(
        values=values,
        rows=len(cells),
        wordy=len(wordy) / max(1, len(values)),
        salutations=sum(map(role_words.is_salutation, values)) / max(1, len(values)),
        job_words=sum(map(role_words.holds_job_word, distinct)) / max(1, len(distinct)),
        mean_words=sum(len(value.split()) for value in distinct) / max(1, len(distinct)),
    )


def _folded(name: str) -> str:
    return normalise(name).replace(" ", "")
