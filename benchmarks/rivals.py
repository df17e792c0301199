"""Other ways to find candidates, to compare ours with: PostgreSQL's, rapidfuzz, plain BM25.

Belongs here: each as a function from titles to lists of codes, best first, at most twenty. Does not: scoring them.
"""

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

from onet_pipeline.onet.records import Release
from onet_pipeline.roles.search.bm25 import Bm25
from onet_pipeline.roles.search.corpus import Corpus
from onet_pipeline.roles.search.fusion import best_first
from onet_pipeline.roles.titles import normalise

LIMIT = 20
Search = Callable[[Sequence[str]], list[list[str]]]


@dataclass(frozen=True)
class Rival:
    """A way to search; a slow one is asked only the first ``at_most`` titles of each set."""

    name: str
    search: Search
    at_most: int | None = None


_TABLES = """
CREATE TEMP TABLE titles (code text, title text);
CREATE TEMP TABLE occupations (code text, words text);
"""
_INDEXES = """
CREATE INDEX ON titles USING gin (to_tsvector('english', title));
CREATE INDEX ON occupations USING gin (to_tsvector('english', words));
ANALYZE titles; ANALYZE occupations;
"""
_ALL_WORDS = """
SELECT code FROM occupations WHERE to_tsvector('english', words) @@ plainto_tsquery('english', %(title)s)
UNION SELECT code FROM titles WHERE to_tsvector('english', title) @@ plainto_tsquery('english', %(title)s)
LIMIT %(limit)s
"""
_ANY_WORD = """
SELECT code FROM titles, to_tsquery('english', %(any)s) AS query WHERE to_tsvector('english', title) @@ query
GROUP BY code ORDER BY max(ts_rank(to_tsvector('english', title), query)) DESC, code LIMIT %(limit)s
"""
_TRIGRAMS = """
SELECT code FROM titles WHERE title %% %(title)s
GROUP BY code ORDER BY max(similarity(title, %(title)s)) DESC, code LIMIT %(limit)s
"""


@contextmanager
def postgres_rivals(url: str, release: Release) -> Iterator[list[Rival]]:
    """Load the release into temporary tables of a database, indexed, and give its ways to search."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_TABLES)
        with connection.cursor().copy("COPY titles FROM STDIN") as rows:
            for alternate in release.alternate_titles:
                rows.write_row((alternate.code, alternate.title))
            for occupation in release.occupations:
                rows.write_row((occupation.code, occupation.title))
        with connection.cursor().copy("COPY occupations FROM STDIN") as rows:
            for occupation in release.occupations:
                rows.write_row((occupation.code, f"{occupation.title} {occupation.description}"))
        connection.execute(_INDEXES)
        yield [
            Rival("PostgreSQL full-text, all words", _query(connection, _ALL_WORDS)),
            Rival("PostgreSQL full-text, any word, `ts_rank`", _query(connection, _ANY_WORD), 200),
            *_trigrams(connection),
        ]


def _trigrams(connection: psycopg.Connection) -> Iterator[Rival]:
    try:
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except psycopg.Error as error:
        print(f"Trigram similarity left out: this server has no pg_trgm ({error.diag.message_primary}).")
        return
    connection.execute("CREATE INDEX ON titles USING gin (title gin_trgm_ops)")
    yield Rival("PostgreSQL trigram similarity", _query(connection, _TRIGRAMS), 100)


def _query(connection: psycopg.Connection, query: str) -> Search:
    def search(titles: Sequence[str]) -> list[list[str]]:
        return [[code for (code,) in connection.execute(query, _parameters(title))] for title in titles]

    return search


def _parameters(title: str) -> Mapping[str, str | int]:
    words = "".join(sign if sign.isalnum() else " " for sign in normalise(title)).split()
    return {"title": title, "any": " | ".join(words), "limit": LIMIT}


def rapidfuzz_rivals(release: Release) -> list[Rival]:
    """Give rapidfuzz's best-known measure over all titles, if it is installed."""
    try:
        process, fuzz = (importlib.import_module(f"rapidfuzz.{name}") for name in ("process", "fuzz"))
    except ModuleNotFoundError:
        print("rapidfuzz left out: pip install .[bench].")
        return []
    corpus = Corpus(release)
    titles = [row.text for row in corpus.rows]
    codes = [corpus.occupations[row.occupation].code for row in corpus.rows]

    def search(asked: Sequence[str]) -> list[list[str]]:
        found = (process.extract(normalise(title), titles, scorer=fuzz.WRatio, limit=10 * LIMIT) for title in asked)
        return [list(dict.fromkeys(codes[at] for _, _, at in matches))[:LIMIT] for matches in found]

    return [Rival("rapidfuzz `WRatio` over titles", search, 50)]


def plain_bm25(release: Release) -> Rival:
    """Give BM25 over whole words of one document per occupation: titles, description, tasks."""
    corpus = Corpus(release)
    ranker = Bm25.of(lambda word: (word,), corpus.all_words)
    codes = [occupation.code for occupation in corpus.occupations]

    def search(titles: Sequence[str]) -> list[list[str]]:
        scores = ranker.scores([normalise(title) for title in titles])
        best = best_first(scores, LIMIT)
        return [[codes[at] for at in row if scores[title, at] > 0] for title, row in enumerate(best)]

    return Rival("plain BM25 (in process)", search)
