#!/usr/bin/env python3
"""Penchant's tokenizer beside the Hugging Face `tokenizers` package.

    ./dev bench tokenizer [--models FOLDER] [--data FOLDER] [--rounds 7]

Both encode the same lines of English and of Chinese, truncation and padding off, with offsets in
code points, by turns on the same core in one run. Prints MB/s and texts/s (best and median of the
rounds), the paired ratio, and whether both gave the same number of tokens.
"""
import argparse
import csv
import gzip
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ["RAYON_NUM_THREADS"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

MODELS = ("all-minilm-l6-v2", "multilingual-e5-small")


def lines_of(data):
    """{name: lines} of real sentences."""
    def csv_column(path, column):
        with gzip.open(data / path, "rt", encoding="utf-8", newline="") as file:
            return [row[column] for row in csv.reader(file) if len(row) > column]

    news = csv_column("ag-news/ag_news-test.csv.gz", 2)
    hotels = csv_column("chnsenticorp-htl/ChnSentiCorp_htl_all.csv.gz", 1)
    return {"English": news, "Chinese": hotels}


class Penchant:
    def __init__(self, program, folder):
        self.process = subprocess.Popen([program, str(folder)], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def run(self, path, _):
        self.process.stdin.write(path + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        return answer["seconds"], answer["tokens"]


class Package:
    def __init__(self, source, fast):
        from tokenizers import Tokenizer
        tokenizer = Tokenizer.from_str(source)
        self.encode = tokenizer.encode_batch_fast if fast else tokenizer.encode_batch

    def run(self, _, lines):
        start = time.perf_counter()
        encodings = self.encode(lines)
        seconds = time.perf_counter() - start
        return seconds, sum(len(e.ids) for e in encodings)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--models", type=Path, default=Path(os.environ.get("PENCHANT_MODELS", ".")))
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("PENCHANT_TEST_DATA") or "."))
    parser.add_argument("--program", default="build/release/bench/tokenizer_bench")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    if not (options.data / "ag-news").is_dir():
        sys.exit("no test data: set PENCHANT_TEST_DATA to its folder")
    core = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})  # and with it what is started from here
    texts = lines_of(options.data)
    with tempfile.TemporaryDirectory() as folder:
        for name, lines in texts.items():
            texts[name] = [line.replace("\n", " ").replace("\r", " ") for line in lines if line]
            Path(folder, name).write_text("\n".join(texts[name]) + "\n", encoding="utf-8")
        for model in MODELS:
            if (options.models / model).is_dir():
                measure(model, options, texts, folder)
            else:
                print(f"{model} is not installed: penchant model add {model}")


def measure(model, options, texts, folder):
    settings = json.loads((options.models / model / "tokenizer.json").read_text(encoding="utf-8"))
    settings["truncation"] = settings["padding"] = None
    source = json.dumps(settings, ensure_ascii=False)
    Path(folder, "tokenizer.json").write_text(source, encoding="utf-8")
    runners = {"penchant": Penchant(options.program, folder),
               "tokenizers encode_batch": Package(source, False),
               "tokenizers encode_batch_fast": Package(source, True)}
    for language, lines in texts.items():
        path = str(Path(folder, language))
        megabytes = sum(len(line.encode()) for line in lines) / 1e6
        seconds = {name: [] for name in runners}
        tokens = {}
        for _ in range(options.rounds):
            for name, runner in runners.items():
                took, tokens[name] = runner.run(path, lines)
                seconds[name].append(took)
        print(f"{model}, {language}: {len(lines):,} texts, {megabytes:.2f} MB, "
              f"{tokens['penchant']:,} tokens"
              f"{'' if len(set(tokens.values())) == 1 else f', NOT THE SAME: {tokens}'}")
        for name, took in seconds.items():
            ratio = statistics.median(t / p for t, p in zip(took, seconds["penchant"]))
            print(f"  {name:29} best {megabytes / min(took):7.2f} MB/s {len(lines) / min(took):9,.0f} texts/s"
                  f"   median {megabytes / statistics.median(took):7.2f} MB/s   time {ratio:5.2f} x")


if __name__ == "__main__":
    main()
