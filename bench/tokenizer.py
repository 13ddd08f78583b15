#!/usr/bin/env python3
"""Penchant's tokenizer beside the Hugging Face `tokenizers` package, FlashTokenizer and BlingFire.

    ./dev bench tokenizer [--models FOLDER] [--tokenizers FOLDER...] [--data FOLDER] [--rounds 7]

All encode the same lines of English and of Chinese, truncation and padding off, by turns on the same core in one run.
`--tokenizers` names further folders with a tokenizer.json. First the ids of every line are compared with those of the
`tokenizers` package; a peer that gives others says for how many lines. Then MB/s and texts/s (best and median of the
rounds) and the paired ratio of the time. "ids" is what an encoder needs; "offsets" adds places in code points, as
encode_batch does. BlingFire cuts words by rules of its own, so its ids are not compared.
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

os.environ["RAYON_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"
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
    def __init__(self, process, wanted):
        self.process, self.wanted = process, wanted

    def ask(self, wanted, path):
        self.process.stdin.write(f"{wanted} {path}\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def ids(self, path, _):
        return self.ask("list", path)

    def run(self, path, _):
        return self.ask(self.wanted, path)["seconds"]


class Package:
    def __init__(self, source, fast):
        from tokenizers import Tokenizer
        tokenizer = Tokenizer.from_str(source)
        self.encode = tokenizer.encode_batch_fast if fast else tokenizer.encode_batch

    def ids(self, _, lines):
        return [encoding.ids for encoding in self.encode(lines)]

    def run(self, _, lines):
        start = time.perf_counter()
        self.encode(lines)
        return time.perf_counter() - start


class Flash:
    """The faster of its two ways: one call a line, or one for all."""

    def __init__(self, settings, folder):
        from flash_tokenizer import BertTokenizerFlash
        vocabulary = sorted(settings["model"]["vocab"].items(), key=lambda entry: entry[1])
        path = Path(folder, "vocab.txt")
        path.write_text("".join(token + "\n" for token, _ in vocabulary), encoding="utf-8")
        self.tokenizer = BertTokenizerFlash(str(path), do_lower_case=settings["normalizer"]["lowercase"])

    def ids(self, _, lines):
        return [self.tokenizer(line, max_length=100_000, padding="longest").input_ids[0] for line in lines]

    def run(self, _, lines):
        start = time.perf_counter()
        for line in lines:
            self.tokenizer(line, max_length=100_000, padding="longest")
        middle = time.perf_counter()
        self.tokenizer(lines, max_length=100_000, padding="longest")
        return min(middle - start, time.perf_counter() - middle)


class BlingFire:
    def __init__(self, name):
        import blingfire
        self.package = blingfire
        self.handle = blingfire.load_model(os.path.join(os.path.dirname(blingfire.__file__), name))

    def run(self, _, lines):
        start = time.perf_counter()
        for line in lines:
            self.package.text_to_ids(self.handle, line, len(line) + 2, 100, no_padding=True)
        return time.perf_counter() - start


def peers_of(settings, source, folder):
    yield "tokenizers encode_batch", lambda: Package(source, False)
    yield "tokenizers encode_batch_fast", lambda: Package(source, True)
    kind = settings["model"].get("type")
    if kind == "WordPiece" and (settings["normalizer"] or {}).get("type") == "BertNormalizer":
        yield "FlashTokenizer", lambda: Flash(settings, folder)
        yield "BlingFire bert_base_tok", lambda: BlingFire("bert_base_tok.bin")
    if kind == "Unigram":
        yield "BlingFire xlm_roberta_base", lambda: BlingFire("xlm_roberta_base.bin")
    if kind == "BPE":
        yield "BlingFire gpt2", lambda: BlingFire("gpt2.bin")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--models", type=Path, default=Path(os.environ.get("PENCHANT_MODELS", ".")))
    parser.add_argument("--tokenizers", type=Path, nargs="*", default=[])
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
        for model in [options.models / name for name in MODELS] + options.tokenizers:
            if model.is_dir():
                measure(model, options, texts, folder)
            else:
                print(f"{model.name} is not installed: penchant model add {model.name}")


def measure(model, options, texts, folder):
    settings = json.loads((model / "tokenizer.json").read_text(encoding="utf-8"))
    settings["truncation"] = settings["padding"] = None
    source = json.dumps(settings, ensure_ascii=False)
    Path(folder, "tokenizer.json").write_text(source, encoding="utf-8")
    process = subprocess.Popen([options.program, folder], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    runners = {"penchant ids": Penchant(process, "ids"), "penchant offsets": Penchant(process, "offsets")}
    for name, make in peers_of(settings, source, folder):
        try:
            runners[name] = make()
        except Exception as error:  # it is not there, or knows no such file
            print(f"{name} is left out: {type(error).__name__}: {error}")
    for language, lines in texts.items():
        report(f"{model.name}, {language}", runners, str(Path(folder, language)), lines, options.rounds)
    process.stdin.close()
    process.wait()


def report(label, runners, path, lines, rounds):
    megabytes = sum(len(line.encode()) for line in lines) / 1e6
    expected = runners["tokenizers encode_batch"].ids(path, lines)
    print(f"{label}: {len(lines):,} texts, {megabytes:.2f} MB, {sum(map(len, expected)):,} tokens")
    different = {}
    for name, runner in runners.items():
        if not isinstance(runner, BlingFire):
            different[name] = sum(a != b for a, b in zip(runner.ids(path, lines), expected))
    seconds = {name: [] for name in runners}
    for _ in range(rounds):
        for name, runner in runners.items():
            seconds[name].append(runner.run(path, lines))
    for name, took in seconds.items():
        ratio = statistics.median(t / p for t, p in zip(took, seconds["penchant ids"]))
        note = "" if name not in different else \
            "   same ids" if different[name] == 0 else f"   OTHER IDS in {different[name]:,} texts"
        print(f"  {name:29} best {megabytes / min(took):7.2f} MB/s {len(lines) / min(took):9,.0f} texts/s"
              f"   median {megabytes / statistics.median(took):7.2f} MB/s   time {ratio:6.2f} x{note}", flush=True)


if __name__ == "__main__":
    main()
