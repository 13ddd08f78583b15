#!/usr/bin/env python3
"""Compares Penchant's encoder with an independent one in numpy, text for text.

    ./dev python tools/compare_encoder.py [--models FOLDER] [--data FOLDER] [--program build/release/penchant]

1,000 real texts, half English and half Chinese, from titles of a word to articles that are truncated, the
same ones every time, go through `penchant embed` in both precisions and through tools/reference_encoder.py
(float32 for all of them, float64 for a few to show that float32 is enough), which gets its tokens from the
Hugging Face `tokenizers` package. Prints the cosines; exits 1 when one of fp32 is below 0.9999. Needs
    .venv/bin/pip install -r bench/requirements.txt
"""
import argparse
import csv
import gzip
import io
import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

from reference_encoder import Reference  # before numpy, whose threads it settles

import numpy as np

MODELS = ("all-minilm-l6-v2", "multilingual-e5-small")
FLOOR = 0.9999


def read(path):
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
        return file.read()


def json_field(path, field):
    return [json.loads(line).get(field) for line in read(path).splitlines()]


def csv_column(path, column):
    return [row[column] for row in csv.reader(io.StringIO(read(path), newline="")) if len(row) > column]


def tab_column(path, column):
    rows = (line.split("\t") for line in read(path).split("\n") if line)
    return [row[column] for row in rows if len(row) > column]


def sample_texts(data, count, seed=1):
    """`count` texts, a tenth from each source; a line each, as `penchant embed` reads them."""
    sources = [
        csv_column(data / "stsb-en/stsb-en-test.csv", 0),
        json_field(data / "amazon14-beauty/items.jsonl.gz", "title"),
        csv_column(data / "ag-news/ag_news-test.csv.gz", 2),
        json_field(data / "inspec/inspec-test500.jsonl", "text"),
        json_field(data / "bbc-news/bbc-news.jsonl.gz", "text"),
        csv_column(data / "stsb-zh/stsb-mt-zh-test.csv", 0),
        json_field(data / "douban-books/items.jsonl.gz", "title"),
        tab_column(data / "thucnews-titles/test.txt", 0),
        csv_column(data / "chnsenticorp-htl/ChnSentiCorp_htl_all.csv.gz", 1),
        tab_column(data / "csl-zh/kg-test.tsv", 1)]
    dice = random.Random(seed)
    texts = []
    for source in sources:
        lines = dict.fromkeys(" ".join(text.split()) for text in source if text)
        texts += dice.sample(list(lines), count // len(sources))
    return texts


def max_tokens(folder):
    config = json.loads((folder / "config.json").read_text())
    roberta = config["model_type"] != "bert"
    positions = config["max_position_embeddings"] - (config["pad_token_id"] + 1 if roberta else 0)
    settings = folder / "sentence_bert_config.json"
    asked = json.loads(settings.read_text()).get("max_seq_length") if settings.exists() else None
    return min(asked or positions, positions)


def tokenise(folder, texts):
    """The ids the model's own settings give each text, by the tokenizers package."""
    from tokenizers import Tokenizer
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens(folder))
    return [encoding.ids for encoding in tokenizer.encode_batch(texts)]


def prompt(folder, purpose):
    """What stands before a text of that purpose, "query" or "passage"."""
    settings = folder / "config_sentence_transformers.json"
    prompts = json.loads(settings.read_text()).get("prompts", {}) if settings.exists() else {}
    return prompts.get(purpose, "")


def penchant(program, folder, precision, texts, *options):
    command = [program, "embed", "--model", str(folder), "--precision", precision, "--format", "npy", *options]
    done = subprocess.run(command, input=("\n".join(texts) + "\n").encode(), stdout=subprocess.PIPE)
    if done.returncode != 0:
        sys.exit(done.returncode)
    return np.load(io.BytesIO(done.stdout))


def cosines(a, b):
    a, b = a.astype(np.float64), b.astype(np.float64)
    return (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)


def report(model, system, values):
    print(f"| {model} | {system} | {len(values):,} | {values.min():.7f} | {np.percentile(values, 1):.7f} | "
          f"{values.mean():.7f} |", flush=True)


def compare(folder, program, texts):
    """The smallest cosine of fp32 to the reference."""
    started = time.time()
    ids = tokenise(folder, texts)
    lengths = np.array([len(i) for i in ids])
    reference = Reference(folder, np.float32).encode(ids)
    few = range(0, len(texts), 50)
    exact = Reference(folder).encode([ids[i] for i in few])
    print(f"{folder.name}: {lengths.sum():,} tokens, a text has {lengths.min()} to {lengths.max()}, "
          f"{(lengths > 300).sum()} have more than 300; reference {time.time() - started:.0f} s", file=sys.stderr)
    report(folder.name, "reference in float64", cosines(exact, reference[few]))
    fp32 = cosines(penchant(program, folder, "fp32", texts), reference)
    report(folder.name, "penchant fp32", fp32)
    report(folder.name, "penchant fast", cosines(penchant(program, folder, "fast", texts), reference))
    return fp32.min()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--models", type=Path, default=Path(os.environ.get("PENCHANT_MODELS", ".")))
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("PENCHANT_TEST_DATA") or "."))
    parser.add_argument("--program", default="build/release/penchant")
    parser.add_argument("--texts", type=int, default=1000)
    options = parser.parse_args()
    if not (options.data / "stsb-en").is_dir():
        sys.exit("no test data: set PENCHANT_TEST_DATA to its folder")
    installed = [options.models / name for name in MODELS if (options.models / name).is_dir()]
    if not installed:
        sys.exit(f"no model in {options.models}: penchant model add {MODELS[0]}")
    texts = sample_texts(options.data, options.texts)
    print("| model | to the reference in float32 | texts | minimum cosine | 1st percentile | mean |")
    print("|---|---|--:|--:|--:|--:|")
    low = min(compare(folder, options.program, texts) for folder in installed)
    sys.exit(0 if low >= FLOOR else 1)


if __name__ == "__main__":
    main()
