"""The second look: which answers are asked again once, and what two answers make together.

Belongs here: the written rule. Does not: asking.

The rule, with the first answer A and the second B (other order, wider list):

- A and B agree on a code: that code, with the higher of the two tiers.
- Both say that none fits: null, LOW.
- They disagree: the answer with the higher tier stands, at a tie B, which saw more. The tier becomes MEDIUM if that
  answer was HIGH and the other was not, else LOW; the other code becomes the first runner-up.
- B failed: A stands as it is.
"""

from dataclasses import replace

from onet_pipeline.roles.answers import MOST_RUNNERS_UP, REASONING_LIMIT
from onet_pipeline.roles.prompt import plain
from onet_pipeline.roles.records import Answer, ConfidenceTier, Method, Question, SecondLook

FAR_DOWN = 10  # a code that search ranks below this place, or not at all, contradicts it strongly

_TIERS = [ConfidenceTier.LOW, ConfidenceTier.MEDIUM, ConfidenceTier.HIGH]


def is_doubtful(question: Question, answer: Answer) -> bool:
    """Whether an answer deserves a second look: not HIGH, or far from what search found. A fallback never does."""
    if answer.method is Method.FALLBACK:
        return False
    near = {candidate.code for candidate in question.candidates[:FAR_DOWN]}
    return answer.tier is not ConfidenceTier.HIGH or answer.code not in near


def together(first: Answer, second: Answer) -> Answer:
    """Apply the rule to two answers to one question."""
    if second.method is Method.FALLBACK:
        return first
    if first.code == second.code:
        stronger = max(first, second, key=_strength)
        return replace(stronger, second_look=SecondLook.AGREED)
    stands, other = (first, second) if _strength(first) > _strength(second) else (second, first)
    clear = stands.tier is ConfidenceTier.HIGH and other.tier is not ConfidenceTier.HIGH
    dissent = f" The {'second' if stands is first else 'first'} look said {other.code or 'no code'} ({other.tier})."
    return replace(
        stands,
        tier=ConfidenceTier.MEDIUM if clear else ConfidenceTier.LOW,
        reasoning=plain(stands.reasoning, REASONING_LIMIT - len(dissent)) + dissent,
        runners_up=_runners_up(stands, other),
        second_look=SecondLook.DISAGREED,
    )


def _strength(answer: Answer) -> int:
    return _TIERS.index(answer.tier)


def _runners_up(stands: Answer, other: Answer) -> tuple[str, ...]:
    codes = [other.code, *stands.runners_up] if other.code else list(stands.runners_up)
    return tuple(dict.fromkeys(code for code in codes if code != stands.code))[:MOST_RUNNERS_UP]
