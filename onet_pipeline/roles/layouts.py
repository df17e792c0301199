"""Two ways to lay out a call: with the candidates of its roles, or with the whole catalogue.

Belongs here: what one request says and which codes it allows. Does not: the wording (``prompt``), sending
(``claude``). ``benchmarks/prompt_tokens.py`` measures both.

https://platform.claude.com/docs/en/build-with-claude/prompt-caching
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from onet_pipeline.onet.records import Occupation
from onet_pipeline.roles.prompt import INSTRUCTIONS, answer_schema, occupation_text, role_text, shuffled_codes
from onet_pipeline.roles.records import Candidate, Question

# Hints lead and do not bind. Search has an accepted code among its first 8 for 86 % of unseen H-2B titles (20: 92 %).
HINTS = 8

# An answer takes about 120 tokens; thinking, where a model does it, comes out of the same allowance.
_TOKENS_A_ROLE, _TOKENS_TO_THINK, _MOST_TOKENS = 1_000, 4_000, 32_000


@dataclass(frozen=True, slots=True)
class Request:
    """The parts of a request that carry the question; ``params`` adds nothing but their place in the API."""

    system: tuple[dict[str, Any], ...]
    prompt: str
    schema: dict[str, Any]

    @property
    def params(self) -> dict[str, Any]:
        """The parameters of the Messages API that hold these parts."""
        return {
            "system": list(self.system),
            "messages": [{"role": "user", "content": self.prompt}],
            "output_config": {"format": {"type": "json_schema", "schema": self.schema}},
        }

    @property
    def cached(self) -> int:
        """Length of what the cache holds: everything before the prompt, if the system marks it, else nothing."""
        return self._prefix if any("cache_control" in block for block in self.system) else 0

    @property
    def characters(self) -> int:
        """Length of everything else that the model reads."""
        return self._prefix + len(self.prompt) - self.cached

    @property
    def _prefix(self) -> int:
        return sum(len(block["text"]) for block in self.system) + len(str(self.schema))


class Layout(Protocol):
    """How roles become a request. Ids in it are places in the call, from 1."""

    @property
    def name(self) -> str:
        """``candidates`` or ``catalogue``."""
        ...

    @property
    def version(self) -> str:
        """What the layout shows beside the question and could change an answer."""
        ...

    @property
    def warms_up(self) -> bool:
        """Whether one call alone should come first, so that the others read its cache."""
        ...

    @property
    def shows_candidates(self) -> bool:
        """Whether a role's candidates are all it may take, so that a decision can outlive some of them."""
        ...

    def request(self, questions: Sequence[Question], look: int = 1) -> Request:
        """Lay out one call; ``look`` 2 shows the candidates in another order, and more of them where they are hints."""
        ...

    def allows(self, question: Question) -> bool:
        """Whether the question can be put at all."""
        ...

    def codes(self, question: Question) -> frozenset[str]:
        """Return the codes that may answer the question."""
        ...


@dataclass(frozen=True, slots=True)
class CandidateLayout:
    """Every candidate of the call once, with its description; each role names the codes it may take."""

    name: str = "candidates"
    version: str = ""
    warms_up: bool = False
    shows_candidates: bool = True

    def request(self, questions: Sequence[Question], look: int = 1) -> Request:
        """Lay out one call. The schema allows the call's codes, so it differs by call and nothing is cached."""
        shown: dict[str, Candidate] = {c.code: c for question in questions for c in question.candidates}
        lines = [occupation_text(code, shown[code].title, shown[code].description) for code in sorted(shown)]
        roles = [
            role_text(number, question, shuffled_codes(question, look))
            for number, question in enumerate(questions, start=1)
        ]
        rule = "A role may take only its own codes; their order means nothing."
        prompt = "\n".join(["<occupations>", *lines, "</occupations>", rule, "<roles>", *roles, "</roles>"])
        system = ({"type": "text", "text": INSTRUCTIONS},)
        return Request(system, prompt, answer_schema(len(questions), sorted(shown)))

    def allows(self, question: Question) -> bool:
        """A role without candidates has nothing to choose from."""
        return bool(question.candidates)

    def codes(self, question: Question) -> frozenset[str]:
        """Return the codes of the question's own candidates."""
        return frozenset(candidate.code for candidate in question.candidates)


@dataclass(frozen=True, slots=True)
class CatalogueLayout:
    """Codes and titles of all occupations in a cached block; a role's best candidates are hints."""

    occupations: tuple[Occupation, ...]
    batch_size: int = 12
    name: str = "catalogue"
    version: str = field(init=False)
    warms_up: bool = True
    shows_candidates: bool = False
    _block: str = field(init=False, repr=False)
    _codes: frozenset[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        lines = sorted(occupation_text(occupation.code, occupation.title) for occupation in self.occupations)
        block = "\n".join(
            [
                "All occupations. A role may take any code below; its own are hints, and their order means nothing.",
                "<occupations>",
                *lines,
                "</occupations>",
            ]
        )
        object.__setattr__(self, "_block", block)
        object.__setattr__(self, "_codes", frozenset(occupation.code for occupation in self.occupations))
        object.__setattr__(self, "version", hashlib.sha256(block.encode()).hexdigest()[:12])

    def request(self, questions: Sequence[Question], look: int = 1) -> Request:
        """Lay out one call. Schema and system are the same in every call: a difference would miss the cache."""
        roles = [
            role_text(number, question, shuffled_codes(question, look, HINTS * look))
            for number, question in enumerate(questions, start=1)
        ]
        cached = {"type": "text", "text": self._block, "cache_control": {"type": "ephemeral"}}
        system = ({"type": "text", "text": INSTRUCTIONS}, cached)
        prompt = "\n".join(["<roles>", *roles, "</roles>"])
        return Request(system, prompt, answer_schema(max(self.batch_size, len(questions)), None))

    def allows(self, question: Question) -> bool:
        """Any role can be put: the catalogue holds something to choose from."""
        return bool(self._codes)

    def codes(self, question: Question) -> frozenset[str]:
        """Return every code of the release."""
        return self._codes


def message_params(questions: Sequence[Question], layout: Layout, model: str, effort: str | None, look: int) -> Any:
    """Return the parameters of one message request, as ``messages.create`` and Message Batches take them."""
    params = layout.request(questions, look).params
    if effort:
        params["output_config"]["effort"] = effort
    tokens = min(_TOKENS_TO_THINK + _TOKENS_A_ROLE * len(questions), _MOST_TOKENS)
    return {"model": model, "max_tokens": tokens, **params}
