#!/usr/bin/env python3
"""The static model inside the program: how well, how fast, how large.

    ./dev bench static [--data FOLDER] [--rounds 7]

Quality is Spearman's correlation (x 100) with people's scores on STS-B test, English and Chinese (DeepL's
translation of the same pairs). Speed is that of one core, from a list of texts in memory to vectors in memory,
STS-B's sentences as they are, beside the package model2vec with the same vectors as float32 (a folder
that this script writes); the two take turns. Their vectors are compared first: cosine above 0.99.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ["TOKENIZERS_PARALLELISM"] = "false"
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "bench"))
sys.path.insert(0, str(ROOT / "tools"))
from compare_encoder import penchant
from stsb import pairs_of, spearman

import numpy as np
from model2vec import StaticModel

ASSETS = ROOT / "src/encoder/assets"
MODEL = "static-zh-en"


def write_folder(folder):
    """The built-in model as the package wants it: float32."""
    raw = (ASSETS / f"{MODEL}.safetensors").read_bytes()
    size = int.from_bytes(raw[:8], "little")
    header, data = json.loads(raw[8:8 + size]), raw[8 + size:]

    def tensor(name, dtype):
        begin, end = header[name]["data_offsets"]
        return np.frombuffer(data[begin:end], dtype).reshape(header[name]["shape"])

    halves = tensor("embeddings.nibbles", np.uint8)
    vectors = np.hstack([halves & 15, halves >> 4]).astype(np.float32) - 8
    vectors *= tensor("weights", np.float32)[:, None]
    entry = {"embeddings": {"dtype": "F32", "shape": list(vectors.shape), "data_offsets": [0, vectors.nbytes]}}
    text = json.dumps(entry).encode()
    (folder / "model.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + vectors.tobytes())
    (folder / "tokenizer.json").write_bytes((ASSETS / f"{MODEL}.tokenizer").read_bytes())
    (folder / "config.json").write_text(json.dumps({"model_type": "model2vec", "normalize": True,
                                                    "hidden_dim": vectors.shape[1]}))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("PENCHANT_TEST_DATA") or "."))
    parser.add_argument("--program", default="build/release/penchant")
    parser.add_argument("--bench", default="build/release/bench/encoder_bench")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    if not (options.data / "stsb-en").is_dir():
        sys.exit("no test data: set PENCHANT_TEST_DATA to its folder")
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # children too

    size = sum((ASSETS / f"{MODEL}.{kind}").stat().st_size for kind in ("safetensors", "tokenizer"))
    print(f"{MODEL}: {size / 1e6:.2f} MB\n\n| STS-B test | Spearman x 100 | texts/s a core | model2vec | time |")
    print("|---|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as folder:
        write_folder(Path(folder))
        peer = StaticModel.from_pretrained(folder)
        ours = subprocess.Popen([options.bench, f"built-in:{MODEL}", "fast", "1"], stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, text=True)
        for language in ("en", "zh (DeepL)"):
            left, right, scores = pairs_of(options.data)[language]
            texts = [" ".join(text.split()) for text in left + right]
            vectors = penchant(options.program, MODEL, "fast", texts)
            theirs = peer.encode(texts)
            cosine = (vectors * theirs).sum(1) / np.linalg.norm(theirs, axis=1).clip(1e-9)
            assert cosine.min() > 0.99, f"the package's vectors differ: {cosine.min()}"
            quality = spearman((vectors[:len(left)] * vectors[len(left):]).sum(1).round(6), scores)
            path = Path(folder) / "texts"
            path.write_text("\n".join(texts * 20) + "\n", encoding="utf-8")
            times = []
            for _ in range(options.rounds):
                ours.stdin.write(f"all {path}\n")
                ours.stdin.flush()
                mine = json.loads(ours.stdout.readline())["seconds"][0] / 20
                begin = time.perf_counter()
                peer.encode(texts)
                times.append((mine, time.perf_counter() - begin))
            best = [len(texts) / min(column) for column in zip(*times)]
            ratio = statistics.median(b / a for a, b in times)
            print(f"| {language} | {quality:.2f} | {best[0]:,.0f} | {best[1]:,.0f} | {ratio:.1f}x |", flush=True)
        ours.stdin.close()
        ours.wait()


if __name__ == "__main__":
    main()
