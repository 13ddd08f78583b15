#!/usr/bin/env python3
"""How long opening a model takes, as a table.

    ./dev bench open [--models NAME...] [--threads 2]

Each model as it is and in bytes (`penchant compress quantise`), its files in the system's memory: all of open_encoder(),
and apart from it the tokenizer and the weights. Best and median of 21, in turn (bench/open_bench.cc).
"""
import argparse
import json
import os
import statistics
import subprocess
import tempfile
from pathlib import Path

from ceiling import machine

PROGRAM, BENCH = "build/release/penchant", "build/release/bench/open_bench"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--models", nargs="+", default=["all-minilm-l6-v2", "multilingual-e5-small"])
    parser.add_argument("--threads", default="2")
    options = parser.parse_args()
    installed = Path(os.environ["PENCHANT_MODELS"])
    print(f"{machine()}, {options.threads} threads; milliseconds, best / median.\n")
    print("| model | precision | MB | whole | tokenizer | weights |\n|---|---|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as scratch:
        for name in options.models:
            small = Path(scratch) / name
            subprocess.run([PROGRAM, "compress", "quantise", "--model", name, "--out", small], check=True,
                           stdout=subprocess.DEVNULL)
            for folder, title in (installed / name, name), (small, f"{name}, in bytes"):
                megabytes = (folder / "model.safetensors").stat().st_size / 1e6
                for precision, called in ("fast", "int8"), ("fp32", "fp32"):
                    done = subprocess.run([BENCH, folder, precision, options.threads], check=True,
                                          stdout=subprocess.PIPE, text=True)
                    times = json.loads(done.stdout)
                    cells = [f"{min(times[part]):.1f} / {statistics.median(times[part]):.1f}"
                             for part in ("encoder", "tokenizer", "weights")]
                    print(f"| {title} | {called} | {megabytes:.1f} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
