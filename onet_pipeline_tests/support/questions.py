"""Questions as a mapper gets them.

Belongs here: roles with candidates, built by number. Does not: real O*NET content (``releases``).
"""

from onet_pipeline.roles.records import Candidate, Question


def candidate(code: str, title: str = "", score: float = 1.0, description: str = "Does the work.") -> Candidate:
    title = title or f"Occupation {code}"
    return Candidate(code=code, title=title, score=score, matched_title=title, description=description)


def question(number: int, role: str = "", codes: tuple[str, ...] = ()) -> Question:
    """A role whose three candidates no other role shares: best ``1x-1000.00``, then ``.01``, then ``.02``."""
    codes = codes or tuple(f"{10 + number // 900}-{1000 + number % 900}.0{place}" for place in range(3))
    ranked = tuple(candidate(code, score=1 / place) for place, code in enumerate(codes, start=1))
    return Question(id=number, role=role or f"role {number}", candidates=ranked)


def questions(count: int) -> list[Question]:
    return [question(number) for number in range(1, count + 1)]
