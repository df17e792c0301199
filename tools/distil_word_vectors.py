"""Make ``onet_pipeline/roles/search/data/vectors.npz``: a sentence encoder boiled down to word vectors.

Belongs here: what is run by hand when the vectors are to be made anew. Does not: anything that the package needs.

    python -m venv /tmp/distil && /tmp/distil/bin/pip install . torch sentence-transformers
    /tmp/distil/bin/python tools/distil_word_vectors.py db_30_1_text.zip --teacher <name or folder of the model>

The teacher (Apache-2.0) encodes some 190,000 short texts: O*NET's titles, descriptions and tasks, single words, and
titles spliced from two. Word vectors are then trained so that the sum of a text's words points where the teacher's
embedding points and, with less weight, so that a linear layer finds the occupation of O*NET's own texts. A word's
vector is one of its own plus the mean of its character n-grams'; in training a fifth of the words lack their own, so
that n-grams can stand in for words never seen. On one core a quarter of an hour for the teacher, then five minutes.

https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2
"""

import argparse
import random
import re
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from onet_pipeline.onet.release import load_release
from onet_pipeline.roles.search.corpus import Corpus
from onet_pipeline.roles.search.vectors import gram_buckets
from onet_pipeline.roles.titles import normalise

SIZE, BUCKETS = 192, 1 << 14
EPOCHS, BATCH, RATE, LAYER_RATE = 8, 1024, 0.01, 0.002
OWN_VECTOR_DROPPED = 0.2
OCCUPATION_WEIGHT, SHARPNESS = 0.1, 12.0
SPLICES, FRAGMENTS = 60_000, 20_000
TARGET = Path(__file__).parents[1] / "onet_pipeline/roles/search/data/vectors.npz"

Array = NDArray[Any]


class Ragged:
    """Lists of numbers of different lengths, gathered many at a time."""

    def __init__(self, lists: list[list[int]]) -> None:
        """Lay them out in one array."""
        self.lengths = np.array([len(numbers) for numbers in lists], np.int64)
        self.starts = np.cumsum(self.lengths) - self.lengths
        self.flat = np.array([number for numbers in lists for number in numbers], np.int64)

    def of(self, chosen: Array) -> tuple[Array, Array]:
        """Return the numbers of the chosen lists, one after the other, and where each list begins."""
        lengths = self.lengths[chosen]
        begins = np.cumsum(lengths) - lengths
        return self.flat[np.repeat(self.starts[chosen] - begins, lengths) + np.arange(lengths.sum())], begins


def labelled_texts(corpus: Corpus) -> tuple[list[str], list[int]]:
    """Return the titles, descriptions and tasks of a corpus, normalised, and the number of the occupation of each."""
    rows = [(row.text, row.occupation) for row in corpus.rows]
    rows += [(normalise(occupation.description), at) for at, occupation in enumerate(corpus.occupations)]
    rows += [(normalise(task.description), corpus.number[task.code]) for task in corpus.release.tasks]
    return [text for text, _ in rows], [occupation for _, occupation in rows]


def further_texts(corpus: Corpus, known_words: list[str]) -> list[str]:
    """Return single words, beginnings of a title with endings of another, and fragments of sentences."""
    chance = random.Random(7)
    titles = sorted({row.text for row in corpus.rows})
    sentences = [normalise(task.description).split() for task in corpus.release.tasks]
    sentences += [normalise(occupation.description).split() for occupation in corpus.occupations]
    words = {word for text in titles for word in text.split()} | {word for text in sentences for word in text}
    words |= {word for word in known_words if re.fullmatch(r"[a-z]{3,}", word)}
    splices: set[str] = set()
    while len(splices) < SPLICES:
        first, second = chance.choice(titles).split(), chance.choice(titles).split()
        begin, end = chance.randint(1, min(3, len(first))), chance.randint(1, min(3, len(second)))
        splices.add(" ".join(first[:begin] + second[-end:]))
    fragments: set[str] = set()
    while len(fragments) < FRAGMENTS:
        sentence, length = chance.choice(sentences), chance.randint(2, 5)
        if len(sentence) > length:
            start = chance.randrange(len(sentence) - length)
            fragments.add(" ".join(sentence[start : start + length]))
    lettered = {word for word in words if re.search(r"[a-z]", word)}
    return sorted(lettered | (splices - set(titles)) | fragments)


def taught(texts: list[str], teacher: Any, kept: Path) -> Array:
    """Return the teacher's embeddings of the texts; those made before are taken from the folder ``kept``."""
    kept.mkdir(parents=True, exist_ok=True)
    names, rows = kept / "texts.txt", kept / "embeddings.npy"
    known = {text: at for at, text in enumerate(names.read_text().split("\n"))} if names.exists() else {}
    missing = [text for text in dict.fromkeys(texts) if text not in known]
    print(f"{len(texts):,} texts, {len(missing):,} for the teacher", flush=True)
    new = teacher.encode(missing, batch_size=256, normalize_embeddings=True) if missing else None
    parts = [part for part in (np.load(rows) if rows.exists() else None, new) if part is not None]
    embeddings = np.concatenate(parts)
    known |= {text: len(known) + at for at, text in enumerate(missing)}
    names.write_text("\n".join(known))
    np.save(rows, embeddings.astype(np.float32))
    return embeddings[[known[text] for text in texts]]


class Student(torch.nn.Module):
    """Word and n-gram vectors, with one layer towards the teacher's space and one towards the occupations."""

    def __init__(self, words: list[str], embeddings: Array, occupation_count: int) -> None:
        """Begin with the teacher's main directions."""
        super().__init__()
        self.grams_of = Ragged([gram_buckets(word, BUCKETS) or [0] for word in words])
        self.own = torch.nn.Embedding(len(words), SIZE, sparse=True)
        self.grams = torch.nn.EmbeddingBag(BUCKETS, SIZE, mode="mean", sparse=True)
        torch.nn.init.normal_(self.own.weight, std=0.03)
        torch.nn.init.normal_(self.grams.weight, std=0.1)
        self.to_teacher = torch.nn.Linear(SIZE, embeddings.shape[1], bias=False)
        directions = np.linalg.svd(embeddings[:: len(embeddings) // 8_000], full_matrices=False)[2][:SIZE]
        self.to_teacher.weight.data = torch.from_numpy(directions.T.copy())
        self.to_occupations = torch.nn.Linear(SIZE, occupation_count)

    def word_vectors(self, words: Array, dropped: float = 0.0) -> torch.Tensor:
        """Return the vectors of the words of these numbers."""
        kept = (torch.rand(len(words), 1) >= dropped).float()
        guess: torch.Tensor = self.grams(*map(torch.from_numpy, self.grams_of.of(words)))
        return self.own(torch.from_numpy(words)) * kept + guess

    def forward(self, words: Array, begins: Array) -> torch.Tensor:
        """Return vectors of length one for texts, given as the numbers of their words."""
        distinct, place = np.unique(words, return_inverse=True)
        vectors = self.word_vectors(distinct, OWN_VECTOR_DROPPED)
        sums = functional.embedding_bag(torch.from_numpy(place), vectors, torch.from_numpy(begins), mode="sum")
        return functional.normalize(sums, dim=1)


def train(student: Student, texts: Ragged, embeddings: Array, occupation: Array) -> None:
    """Fit the student by Adam with a rate that falls to nothing."""
    chance = np.random.default_rng(3)
    vectors = torch.optim.SparseAdam([student.own.weight, student.grams.weight], lr=RATE)
    layers = torch.optim.Adam([*student.to_teacher.parameters(), *student.to_occupations.parameters()], lr=LAYER_RATE)
    wanted, labels = torch.from_numpy(embeddings), torch.from_numpy(occupation)
    batches = -(-len(embeddings) // BATCH)
    for epoch in range(EPOCHS):
        losses = []
        for step, chosen in enumerate(np.array_split(chance.permutation(len(embeddings)), batches)):
            left = 1 - (epoch * batches + step) / (EPOCHS * batches)
            vectors.param_groups[0]["lr"], layers.param_groups[0]["lr"] = RATE * left, LAYER_RATE * left
            made = student(*texts.of(chosen))
            far = 1 - functional.cosine_similarity(student.to_teacher(made), wanted[chosen]).mean()
            known = labels[chosen] >= 0
            wrong = functional.cross_entropy(student.to_occupations(made[known] * SHARPNESS), labels[chosen][known])
            vectors.zero_grad()
            layers.zero_grad()
            (far + OCCUPATION_WEIGHT * wrong).backward()
            vectors.step()
            layers.step()
            losses.append((far.item(), wrong.item()))
        distance, entropy = np.mean(losses, axis=0)
        print(f"epoch {epoch + 1}: distance {distance:.4f}, cross-entropy {entropy:.3f}", flush=True)


def stored(student: Student, words: list[str]) -> dict[str, Array]:
    """Return the arrays that ``WordVectors`` reads: turned so that their cosines are those in the teacher's space."""
    layer = student.to_teacher.weight.detach().numpy().astype(np.float64)
    turn = np.linalg.cholesky(layer.T @ layer)
    with torch.no_grad():
        blocks = np.array_split(np.arange(len(words)), 16)
        own = np.concatenate([student.word_vectors(block).numpy() for block in blocks])
        grams = student.grams.weight.numpy()
    arrays: dict[str, Array] = {"words": np.frombuffer("\n".join(words).encode(), np.uint8)}
    for name, vectors in (("word", own @ turn), ("gram", grams @ turn)):
        scale = np.maximum(np.abs(vectors).max(axis=1, keepdims=True) / 127, 1e-6).astype(np.float16)
        arrays[f"{name}_vectors"] = np.clip(np.rint(vectors / scale), -127, 127).astype(np.int8)
        arrays[f"{name}_scale"] = scale
    return arrays


def main() -> None:
    """Read the arguments, teach, train, store."""
    parser = argparse.ArgumentParser(description="Distil a sentence encoder into word vectors.")
    parser.add_argument("release", type=Path, help="an O*NET release, zip or folder")
    parser.add_argument("--teacher", required=True, help="a sentence-transformers model, by name or path")
    parser.add_argument("--kept", type=Path, default=Path("distilled"), help="folder for the teacher's embeddings")
    parser.add_argument("--target", type=Path, default=TARGET)
    options = parser.parse_args()

    from sentence_transformers import SentenceTransformer

    torch.manual_seed(3)
    teacher = SentenceTransformer(options.teacher, device="cpu")
    corpus = Corpus(load_release(options.release))
    texts, occupation = labelled_texts(corpus)
    further = further_texts(corpus, sorted(teacher.tokenizer.get_vocab()))
    texts, occupation = texts + further, occupation + [-1] * len(further)
    embeddings = taught(texts, teacher, options.kept)
    words = sorted({word for text in texts for word in text.split()})
    number = {word: at for at, word in enumerate(words)}
    student = Student(words, embeddings, len(corpus.occupations))
    train(
        student, Ragged([[number[word] for word in text.split()] for text in texts]), embeddings, np.array(occupation)
    )
    np.savez(options.target, **stored(student, words))
    print(f"{options.target}: {options.target.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
