"""Make ``onet_pipeline/roles/search/data/classifier.npz``: a classifier of titles, learnt from those that are known.

Belongs here: what is run by hand when the titles of the package change, or a release does by much. Does not: anything
that the package needs.

    python -m venv /tmp/train && /tmp/train/bin/pip install . torch
    /tmp/train/bin/python tools/train_title_classifier.py db_30_1_text.zip

It learns from the titles of a release and of the package, from descriptions and from tasks: stems and pairs of
neighbours (those of two texts at least) have a vector each, the mean of a title's vectors is put through one layer to
all occupations. About a minute on two cores.

https://arxiv.org/abs/1607.01759
"""

import argparse
from collections import Counter
from itertools import chain
from pathlib import Path

import numpy as np
import torch
from distil_word_vectors import Array, labelled_texts
from torch.nn import functional

from onet_pipeline.onet.release import load_release
from onet_pipeline.roles.search.aliases import shipped_titles
from onet_pipeline.roles.search.corpus import Corpus
from onet_pipeline.roles.search.title_classifier import features

SIZE, EPOCHS, BATCH, RATE, LAYER_RATE, DROPPED = 64, 3, 256, 0.01, 0.005, 0.2
TARGET = Path(__file__).parents[1] / "onet_pipeline/roles/search/data/classifier.npz"


class Model(torch.nn.Module):
    """The mean of the vectors of a text's features, and one layer to the occupations."""

    def __init__(self, feature_count: int, occupation_count: int) -> None:
        """Begin with small vectors and an empty layer."""
        super().__init__()
        self.vectors = torch.nn.EmbeddingBag(feature_count, SIZE, mode="mean", sparse=True)
        torch.nn.init.normal_(self.vectors.weight, std=0.1)
        self.layer = torch.nn.Linear(SIZE, occupation_count)
        torch.nn.init.zeros_(self.layer.weight)

    def forward(self, texts: list[Array]) -> torch.Tensor:
        """Return the logits of all occupations for texts, given as numbers of features."""
        begins = np.cumsum([0, *map(len, texts[:-1])])
        mean = self.vectors(torch.from_numpy(np.concatenate(texts)), torch.from_numpy(begins))
        logits: torch.Tensor = self.layer(mean)
        return logits


def train(model: Model, texts: list[Array], occupation: Array) -> None:
    """Fit the model by Adam, leaving out a part of each text's features."""
    chance = np.random.default_rng(0)
    vectors = torch.optim.SparseAdam(model.vectors.parameters(), lr=RATE)
    layer = torch.optim.Adam(model.layer.parameters(), lr=LAYER_RATE)
    labels = torch.from_numpy(occupation)
    for epoch in range(EPOCHS):
        losses = []
        for chosen in np.array_split(chance.permutation(len(texts)), -(-len(texts) // BATCH)):
            batch = [texts[at][chance.random(len(texts[at])) >= DROPPED] for at in chosen]
            held = [at for at, text in enumerate(batch) if len(text)]
            loss = functional.cross_entropy(model([batch[at] for at in held]), labels[chosen[held]])
            vectors.zero_grad()
            layer.zero_grad()
            loss.backward()
            vectors.step()
            layer.step()
            losses.append(loss.item())
        print(f"epoch {epoch + 1}: cross-entropy {np.mean(losses):.3f}", flush=True)


def stored(model: Model, names: list[str], codes: list[str]) -> dict[str, Array]:
    """Return the arrays that ``shipped_classifier`` reads, vectors in whole steps and none longer than one."""
    vectors = model.vectors.weight.detach().numpy()
    longest = np.linalg.norm(vectors, axis=1).max()
    step = np.abs(vectors).max() / longest / 127
    return {
        "features": np.frombuffer("\n".join(names).encode(), np.uint8),
        "vectors": np.rint(vectors / longest / step).astype(np.int8),
        "step": np.float32(step),
        "codes": np.frombuffer("\n".join(codes).encode(), np.uint8),
        "weights": (model.layer.weight.detach().numpy() * longest).astype(np.float16),
        "offset": model.layer.bias.detach().numpy().astype(np.float16),
    }


def main() -> None:
    """Read the arguments, train, store."""
    parser = argparse.ArgumentParser(description="Train the classifier of titles.")
    parser.add_argument("release", type=Path, help="an O*NET release, zip or folder")
    parser.add_argument("--target", type=Path, default=TARGET)
    options = parser.parse_args()

    torch.manual_seed(0)
    corpus = Corpus(load_release(options.release), shipped_titles())
    texts, occupation = labelled_texts(corpus)
    cut = [features(text) for text in texts]
    held = Counter(chain.from_iterable(cut))
    names = sorted(name for name, count in held.items() if count > 1)
    number = {name: at for at, name in enumerate(names)}
    print(f"{len(texts):,} texts, {len(names):,} features", flush=True)
    model = Model(len(names), len(corpus.occupations))
    numbered = [np.array([number[name] for name in names_of if name in number], np.int64) for names_of in cut]
    train(model, numbered, np.array(occupation))
    np.savez_compressed(options.target, **stored(model, names, [found.code for found in corpus.occupations]))
    print(f"{options.target}: {options.target.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
