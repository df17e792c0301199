"""Full-text search over occupations in the database, for people who look something up.

Belongs here: the query for each engine. Does not: the search that mapping uses (``roles.search``).

https://www.postgresql.org/docs/current/textsearch-controls.html
"""

import re
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from onet_pipeline.store.models import OCCUPATION_WORDS, TITLE_WORDS, AlternateTitleRow, OccupationRow
from onet_pipeline.store.records import OccupationHit

_WORD = re.compile(r"[^\W_]+")
_MOST_WORDS = 32


@dataclass(frozen=True, slots=True)
class _Match:
    code: str
    title: str
    score: float


def find_occupations(session: Session, text: str, limit: int) -> tuple[OccupationHit, ...]:
    """Return occupations that share any word with ``text``, best first; titles count more than descriptions."""
    words = list(dict.fromkeys(word.lower() for word in _WORD.findall(text)))[:_MOST_WORDS]
    if not words or limit < 1:
        return ()
    is_postgresql = session.get_bind().dialect.name == "postgresql"
    matches = _postgresql(session, words) if is_postgresql else _sqlite(session, words)
    best: dict[str, _Match] = {}
    for match in matches:
        if match.code not in best or match.score > best[match.code].score:
            best[match.code] = match
    ranked = sorted(best.values(), key=lambda match: (-match.score, match.code))[:limit]
    return _hits(session, ranked)


def _hits(session: Session, ranked: list[_Match]) -> tuple[OccupationHit, ...]:
    query = sa.select(OccupationRow.code, OccupationRow.title, OccupationRow.description)
    rows = session.execute(query.where(OccupationRow.code.in_([match.code for match in ranked])))
    found = {code: (title, description or "") for code, title, description in rows}
    return tuple(OccupationHit(match.code, *found[match.code], match.title, match.score) for match in ranked)


def _postgresql(session: Session, words: list[str]) -> list[_Match]:
    """Match by the two GIN indexes; ts_rank divides by the length (1), so that the shorter title wins."""
    query = sa.text(
        f"""
        WITH asked AS (SELECT to_tsquery('english', :words) AS words)
        SELECT onet_code, title, ts_rank({TITLE_WORDS}, words, 1) AS score
        FROM onet_alternate_titles, asked WHERE {TITLE_WORDS} @@ words
        UNION ALL
        SELECT code, title, ts_rank({TITLE_WORDS}, words, 1) + ts_rank({OCCUPATION_WORDS}, words, 1) / 10
        FROM onet_occupations, asked WHERE {OCCUPATION_WORDS} @@ words
        """  # noqa: S608 - both parts are constants of ours, the words are bound
    )
    return [_Match(*row) for row in session.execute(query, {"words": " | ".join(words)})]


def _sqlite(session: Session, words: list[str]) -> list[_Match]:
    """Match words anywhere, then score a title by the words it shares (Dice), a description by a tenth of that."""
    asked = {_stem(word) for word in words}
    titles = sa.select(AlternateTitleRow.onet_code, AlternateTitleRow.title).where(
        _holds(AlternateTitleRow.title, asked)
    )
    matches = [_Match(code, title, _shared(asked, title)) for code, title in session.execute(titles)]
    described = sa.select(OccupationRow.code, OccupationRow.title, OccupationRow.description).where(
        _holds(OccupationRow.title, asked) | _holds(OccupationRow.description, asked)
    )
    for code, title, description in session.execute(described):
        matches.append(_Match(code, title, _shared(asked, title) + _shared(asked, f"{title} {description or ''}") / 10))
    return [match for match in matches if match.score > 0]


def _holds(
    column: sa.orm.InstrumentedAttribute[str] | sa.orm.InstrumentedAttribute[str | None], words: set[str]
) -> sa.ColumnElement[bool]:
    return sa.or_(*(column.contains(word, autoescape=True) for word in sorted(words)))


def _shared(asked: set[str], text: str) -> float:
    words = {_stem(word.lower()) for word in _WORD.findall(text)}
    return 2 * len(asked & words) / (len(asked) + len(words)) if words else 0.0


def _stem(word: str) -> str:
    """Take off a plural; enough for looking up."""
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
