#!/usr/bin/env python3
"""Fits the weights of src/mining/keywords.cc: logistic regression of "people chose this phrase" on
the features of the candidates, over the tuning parts of bench/keywords.py, half of it with and half
without a catalogue's statistics. Prints the two tables.

    PENCHANT_TEST_DATA=... ./dev python tools/fit_keywords.py
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "bench"))
import keywords as bench


def candidates(texts, options):
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
        for text in texts:
            file.write(json.dumps({"text": text}) + "\n")
        file.flush()
        done = subprocess.run([bench.PROGRAM, file.name, "10", *options, "--features"],
                              check=True, capture_output=True, text=True)
    documents, rows = [], []
    for line in done.stdout.splitlines():
        row = json.loads(line)
        if row is None:
            documents.append(rows)
            rows = []
        else:
            rows.append(row)
    return documents


def examples(documents, chinese, options):
    x, y, weight = [], [], []
    for rows, (_, gold) in zip(candidates([d[0] for d in documents], options), documents):
        wanted = {bench.normal(phrase, chinese) for phrase in gold}
        labels = [bench.normal(row["text"], chinese) in wanted for row in rows]
        if any(labels):
            x += [row["features"] for row in rows]
            y += labels
            weight += [1 / len(rows)] * len(rows)  # every document counts alike
    return np.array(x), np.array(y, float), np.array(weight)


def fit(x, y, weight, ridge=1e-4):
    scale = x.std(axis=0)
    scale[scale == 0] = 1
    z = x / scale
    weight = weight / weight.sum()
    w = np.zeros(x.shape[1])
    for _ in range(30):
        p = 1 / (1 + np.exp(-z @ w))
        gradient = z.T @ (weight * (p - y)) + ridge * w
        hessian = (z * (weight * p * (1 - p))[:, None]).T @ z + ridge * np.eye(len(w))
        w -= np.linalg.solve(hessian, gradient)
    return w / scale, scale


def main():
    data = os.environ["PENCHANT_TEST_DATA"]
    import re
    header = pathlib.Path("src/mining/candidates.h").read_text()
    names = re.findall(r"^  (\w+), +//|^  (\w+),$", header[header.index("enum class Feature"):header.index("count_,\n")], re.M)
    for language, chinese, sets in (("english", False, (bench.inspec, bench.semeval2017)), ("han", True, (bench.csl,))):
        parts = []
        for read in sets:
            documents = read(data, True)
            for options in ([], ["--catalogue"]):
                parts.append(examples(documents, chinese, options))
        x, y, weight = (np.concatenate(p) for p in zip(*parts))
        w, scale = fit(x, y, weight)
        print(f"constexpr Weights {language}_weights = {{")
        for name, value, s in zip(names, w, scale):
            print(f"    {value:.3f}F,  // {name[0] or name[1]}   {value * s:.2f}")
        print("};", f"// {len(y)} candidates, {int(y.sum())} of them chosen")


if __name__ == "__main__":
    main()
