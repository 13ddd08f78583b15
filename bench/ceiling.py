#!/usr/bin/env python3
"""What this machine can do at most, as tables.

    ./dev bench ceiling

Arithmetic on registers alone, the matrix products of an encoder with 384 hidden values (oneDNN's and
Penchant's own: y[m, n] = x[m, k] W^T), and reading memory, on one thread and on all. A multiplication and
an addition are two operations. Each figure is the best of 40 bursts of 2 ms (bench/ceiling_bench.cc).
bench/encoder.py measures against these ceilings.
"""
import json
import os
import platform
import subprocess
from pathlib import Path

PROGRAM = "build/release/bench/ceiling_bench"


def measure(*options):
    done = subprocess.run([PROGRAM, *options], check=True, stdout=subprocess.PIPE, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def better(a, b):
    """Two measurements of the same: the better figure of each."""
    return [max(pair, key=lambda line: line["per_second"]) for pair in zip(a, b)]


def machine():
    names = [l.split(": ", 1)[1] for l in Path("/proc/cpuinfo").read_text().splitlines() if l.startswith("model name")]
    return f"{names[0].strip() if names else platform.machine()}, {len(os.sched_getaffinity(0))} cores"


def peak(lines, what):
    """Of all threads together, by the best instructions for it; 0 when none was measured."""
    found = [l for l in lines if l["kind"] == "peak" and l["what"] == what]
    threads = max((l["threads"] for l in found), default=0)
    return max((l["per_second"] for l in found if l["threads"] == threads), default=0)


def layer_rate(lines, how, what, m, threads):
    """Operations a second of a layer's four products one after the other, and of each."""
    found = [l for l in lines if l["kind"] == "product" and
             (l["how"], l["what"], l["m"], l["threads"]) == (how, what, m, threads)]
    operations = sum(l["n"] * l["k"] for l in found)
    seconds = sum(l["n"] * l["k"] / l["per_second"] for l in found)
    return operations / seconds, found


def best_layer_rate(lines, what):
    """The best of any library and m on all threads."""
    found = {(l["how"], l["what"], l["m"], l["threads"]) for l in lines if l["kind"] == "product"}
    most = max(threads for *_, threads in found)
    return max(layer_rate(lines, *key)[0] for key in found if key[1] == what and key[3] == most)


def by_threads(lines, kind, counts):
    """{(what, how): [rate on one thread, on all]} in the order measured."""
    rates = {}
    for line in lines:
        if line["kind"] == kind:
            key = line.get("what"), line.get("how")
            rates.setdefault(key, [0] * len(counts))[counts.index(line["threads"])] = line["per_second"]
    return rates


def print_tables(lines):
    print(f"{machine()}.\n")
    counts = sorted({l["threads"] for l in lines})
    titles = [f"{n} thread{'s' if n > 1 else ''}" for n in counts]
    print(f"| on registers alone, G operations/s | {' | '.join(titles)} |")
    print("|---|" + "--:|" * len(counts))
    for (what, how), rates in by_threads(lines, "peak", counts).items():
        print(f"| {what}, {how} | " + " | ".join(f"{rate / 1e9:,.0f}" for rate in rates) + " |")
    print()
    for rates in by_threads(lines, "memory", counts).values():
        read = ", ".join(f"{rate / 1e9:.1f} GB/s on {title}" for rate, title in zip(rates, titles))
        print(f"Reading memory: {read}.")
    print()
    products = [l for l in lines if l["kind"] == "product"]
    shapes = list(dict.fromkeys((l["n"], l["k"]) for l in products))
    columns = [f"{n} x {k}" for n, k in shapes] + ["all four", f"all four, {titles[-1]}"]
    print(f"| product, G operations/s | m | {' | '.join(columns)} |")
    print("|---|" + "--:|" * (len(columns) + 1))
    for what, how in dict.fromkeys((l["what"], l["how"]) for l in sorted(products, key=lambda l: l["what"])):
        for m in sorted({l["m"] for l in products}):
            one, found = layer_rate(lines, how, what, m, 1)
            rates = [l["per_second"] for l in found] + [one, layer_rate(lines, how, what, m, counts[-1])[0]]
            print(f"| {what}, {how} | {m} | " + " | ".join(f"{rate / 1e9:,.0f}" for rate in rates) + " |")


if __name__ == "__main__":
    print_tables(measure())
