"""The plain records between an upload and its mappings.

Belongs here: frozen data that the mapper, the search and the store exchange. Does not: how any of it is computed.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class ConfidenceTier(StrEnum):
    """How sure a mapping is.

    HIGH, the title clearly names this occupation; MEDIUM, reasonable but a related occupation could be meant;
    LOW, best guess or none.
    """

    HIGH = "HIGH"
    MEDIUM = "MEDIUM"
    LOW = "LOW"

    @property
    def score(self) -> float:
        """The fixed score that stands for the tier until reviewers have measured it."""
        return {"HIGH": 0.95, "MEDIUM": 0.75, "LOW": 0.50}[self.value]


class Method(StrEnum):
    """How a role came by its code."""

    CLAUDE = "claude"
    LEXICAL = "lexical"
    CACHED = "cached"
    FALLBACK = "fallback"
    REVIEWED = "reviewed"


NOT_THE_MAPPERS = (Method.FALLBACK, Method.REVIEWED)
"""Methods that say nothing of how often the mapper is right: it failed, or a reviewer had decided elsewhere."""


class SecondLook(StrEnum):
    """What asking a second time, in another order, came to."""

    AGREED = "agreed"
    DISAGREED = "disagreed"


@dataclass(frozen=True, slots=True)
class Role:
    """One distinct value of an upload's role column, as first spelled, with the number of rows that hold it.

    ``context`` holds (column name, most common values) pairs of the columns that configuration names.
    """

    title: str
    row_count: int
    context: tuple[tuple[str, str], ...] = ()


class Candidate(NamedTuple):
    """An occupation that search proposes for a role; higher ``score`` is better, comparable within one role only.

    ``matched_title`` is the title of the occupation nearest to the role, ``origin`` where that title comes from:
    ``onet``, ``shipped`` (with this package), ``alias`` or ``confirmed``. Search makes twenty for each title: a named
    tuple is made in a quarter of a frozen dataclass's time.
    """

    code: str
    title: str
    score: float
    matched_title: str
    description: str = ""
    origin: str = "onet"


@dataclass(frozen=True, slots=True)
class Question:
    """A role put to a mapper, with its candidates best first. ``id`` is unique within one run."""

    id: int
    role: str
    candidates: tuple[Candidate, ...]
    context: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a mapper says of one question; ``code`` None means that no occupation fits.

    ``method`` FALLBACK answers are provisional and carry ``fallback_reason``. ``missing_information`` says what
    would settle a null or LOW answer. ``second_look`` is None where the role was asked once.
    """

    question_id: int
    code: str | None
    tier: ConfidenceTier
    reasoning: str
    method: Method
    runners_up: tuple[str, ...] = ()
    missing_information: str | None = None
    fallback_reason: str | None = None
    second_look: SecondLook | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """What asking cost: calls and tokens as the API counted them, dollars by the price table in force.

    ``cost_usd`` is None where the model has no known price: unknown is not free.
    """

    calls: int = 0
    retries: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    out_of_list_answers: int = 0
    cost_usd: float | None = 0.0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            calls=self.calls + other.calls,
            retries=self.retries + other.retries,
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cache_read_tokens=self.cache_read_tokens + other.cache_read_tokens,
            cache_write_tokens=self.cache_write_tokens + other.cache_write_tokens,
            out_of_list_answers=self.out_of_list_answers + other.out_of_list_answers,
            cost_usd=None if self.cost_usd is None or other.cost_usd is None else self.cost_usd + other.cost_usd,
        )


@dataclass(frozen=True, slots=True)
class AnsweredBatch:
    """Answers that arrived together and are saved together, with what they cost."""

    answers: tuple[Answer, ...]
    usage: Usage = Usage()
