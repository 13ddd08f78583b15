#!/usr/bin/env python3
"""STS-B test: do the encoder's similarities order sentence pairs as people did?

    ./dev bench stsb [--models FOLDER] [--data FOLDER] [--program build/release/penchant]

Spearman correlation (x 100) of the cosine of two sentences' vectors with people's score of the pair:
English, and the two Chinese translations of the same pairs (DeepL's, and CNSD's with corrections and whole
scores). Vectors by `penchant embed --purpose query` in every precision, and by the independent encoder in
tools/reference_encoder.py with tokens from the `tokenizers` package; the difference to that is what
Penchant's arithmetic costs. all-minilm-l6-v2 knows no Chinese: its rows there only show that difference.
"""
import argparse
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
from reference_encoder import Reference  # before numpy, whose threads it settles
from compare_encoder import MODELS, csv_column, penchant, prompt, tab_column, tokenise

import numpy as np


def pairs_of(data):
    """{name: (left, right, scores)}"""
    def columns(read, path):
        left, right, scores = (read(data / path, i) for i in range(3))
        return left, right, np.array([float(score) for score in scores])

    return {"en": columns(csv_column, "stsb-en/stsb-en-test.csv"),
            "zh (DeepL)": columns(csv_column, "stsb-zh/stsb-mt-zh-test.csv"),
            "zh (CNSD)": columns(tab_column, "stsb-zh/cnsd-sts-test.txt")}


def ranks(values):
    """From 0; equal values share the mean of their ranks."""
    _, group, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return (ends - (counts + 1) / 2)[group]


def spearman(a, b):
    return 100 * np.corrcoef(ranks(a), ranks(b))[0, 1]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--models", type=Path, default=Path(os.environ.get("PENCHANT_MODELS", ".")))
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("PENCHANT_TEST_DATA") or "."))
    parser.add_argument("--program", default="build/release/penchant")
    options = parser.parse_args()
    if not (options.data / "stsb-en").is_dir():
        sys.exit("no test data: set PENCHANT_TEST_DATA to its folder")
    print("| model | STS-B test | pairs | reference | fp32 | difference | bf16 | difference | int8 | difference |")
    print("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|")
    for name in MODELS:
        folder = options.models / name
        if not folder.is_dir():
            print(f"{name} is not installed: penchant model add {name}", file=sys.stderr)
            continue
        reference = Reference(folder, np.float32)
        for language, (left, right, scores) in pairs_of(options.data).items():
            texts = [" ".join(text.split()) for text in left + right]

            def score(vectors):
                a, b = vectors[:len(left)], vectors[len(left):]
                # Vectors have length 1. Equal texts must tie, and do not in the last bits.
                return spearman((a * b).sum(1).round(6), scores)

            ids = tokenise(folder, [prompt(folder, "query") + text for text in texts])
            expected = score(reference.encode(ids))
            cells = [f"{expected:.2f}"]
            for precision in ("fp32", "bf16", "int8"):
                found = score(penchant(options.program, folder, precision, texts, "--purpose", "query"))
                cells += [f"{found:.2f}", f"{found - expected:+.3f}"]
            print(f"| {name} | {language} | {len(left):,} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
