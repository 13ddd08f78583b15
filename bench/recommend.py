#!/usr/bin/env python3
"""How long an answer takes, against the size of the catalogue, beside the machine's ceiling.

    ./dev bench recommend                       10,000, 100,000 and 1,000,000 items
    ./dev bench recommend --items 10000 --requests 500

A synthetic catalogue of that many items (titles swap words with real ones of their category, vectors
of 384 numbers given, see bench/recommend_bench.cc) with up to 20,000 readers of 20 events each goes
into a data folder. Then, ten answers with reasons at a time:
  in the process     recommend, a user's first answer and the following ones
  event -> answer    write one event durably, ask again, and check that the answer has changed
  over REST          the same two on one kept connection to `penchant serve`; an empty exchange
                     (GET /healthz) for comparison
The ceiling: all vectors read once from memory at the bandwidth measured in the same run. An exact
answer that looks at every fp32 vector cannot be faster; one that reads compressed vectors can.
Needs $PENCHANT_TEST_DATA for the titles.
"""
import argparse
import gzip
import http.client
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time

import ceiling

BENCH = "build/release/bench/recommend_bench"
PROGRAM = "build/release/penchant"
DIMENSIONS = 384


def write_titles(path):
    """Lines "category TAB title" of the catalogues that have both."""
    data = pathlib.Path(os.environ.get("PENCHANT_TEST_DATA", ""))
    sources = ["amazon14-beauty", "amazon18-scientific", "douban-books", "movielens-latest-small"]
    sources = [data / name / "items.jsonl.gz" for name in sources]
    if not os.environ.get("PENCHANT_TEST_DATA") or not sources[0].exists():
        sys.exit("no titles: set PENCHANT_TEST_DATA to the folder of test data")
    with open(path, "w", encoding="utf-8") as out:
        for source in filter(pathlib.Path.exists, sources):
            with gzip.open(source, "rt", encoding="utf-8") as lines:
                for item in map(json.loads, lines):
                    title, categories = item.get("title"), item.get("categories")
                    if title and categories:
                        category = f"{categories[-1]}"
                        out.write(" ".join(category.split()) + "\t" + " ".join(title.split()) + "\n")


def bench(*arguments):
    done = subprocess.run(["nice", "-n", "5", BENCH, *map(str, arguments)], check=False,
                          stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(done.returncode)
    return json.loads(done.stdout)


def quantiles(seconds):
    ordered = sorted(seconds)
    return {name: 1e3 * ordered[min(len(ordered) - 1, int(q * len(ordered)))]
            for name, q in (("p50", 0.5), ("p99", 0.99))}


class Server:
    """`penchant serve` on a data folder, and one kept connection to it."""

    def __init__(self, folder):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = subprocess.Popen([PROGRAM, "serve", "--data", folder, "--port",
                                         str(self.port), "--models", f"{folder}/no-models"],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)

    def __enter__(self):
        for _ in range(6000):
            try:
                if self.ask("GET", "/healthz") is not None:
                    return self
            except OSError:
                self.connection.close()
                if self.process.poll() is not None:
                    sys.exit(f"penchant serve ended with {self.process.returncode}")
                time.sleep(0.1)
        sys.exit("penchant serve does not answer")

    def __exit__(self, *_):
        self.connection.close()
        self.process.terminate()
        self.process.wait()

    def ask(self, method, path, body=None):
        headers = {} if body is None else {"Content-Type": "application/json"}
        self.connection.request(method, path, body=body, headers=headers)
        response = self.connection.getresponse()
        data = response.read()
        if response.status >= 300:
            sys.exit(f"{method} {path}: {response.status} {data[:300]!r}")
        return data

    def timed(self, method, path, body=None):
        started = time.perf_counter()
        data = self.ask(method, path, body)
        return time.perf_counter() - started, data


def over_rest(folder, users, requests):
    empty, answers, changed = [], [], []
    with Server(folder) as server:
        server.ask("GET", "/v1/users/user-0/recommendations")  # reads the tenant
        asked = [f"user-{i * users // requests % users}" for i in range(requests)]
        for user in asked:  # each user's first answer, not counted here
            server.ask("GET", f"/v1/users/{user}/recommendations?n=10")
        for user in asked:
            empty.append(server.timed("GET", "/healthz")[0])
            seconds, data = server.timed("GET", f"/v1/users/{user}/recommendations?n=10")
            answers.append(seconds)
            first = json.loads(data)["items"][0]["item"]
            event = json.dumps({"user": user, "item": first, "type": "click"})
            write, _ = server.timed("POST", "/v1/events", event)
            read, data = server.timed("GET", f"/v1/users/{user}/recommendations?n=10")
            changed.append(write + read)
            if any(item["item"] == first for item in json.loads(data)["items"]):
                sys.exit(f"{first} is in the answer after {user} clicked it")
    return {"empty": quantiles(empty), "recommend": quantiles(answers),
            "event_to_answer": quantiles(changed)}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--requests", type=int, default=300)
    parser.add_argument("--keep", help="a folder to make the data folders in and leave them")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--no-rest", action="store_true")
    options = parser.parse_args()

    bandwidth = [line for line in ceiling.measure("--short") if line["kind"] == "memory"][-1]  # all threads
    rows = []
    with tempfile.TemporaryDirectory(prefix="penchant-bench-") as scratch:
        titles = os.path.join(scratch, "titles.tsv")
        write_titles(titles)
        for items in options.items:
            folder = os.path.join(options.keep or scratch, f"items-{items}")
            print(f"{items:,} items ...", file=sys.stderr)
            row = {"items": items,
                   "ceiling_ms": 1e3 * items * DIMENSIONS * 4 / bandwidth["per_second"]}
            if not os.path.exists(os.path.join(folder, "penchant.db")):
                row["make"] = bench("make", folder, titles, items)
            row["ask"] = bench("ask", folder, options.requests)
            if not options.no_rest:
                users = min(items // 10, 20_000)
                row["rest"] = over_rest(folder, users, min(options.requests, users))
            rows.append(row)
            if not options.keep:
                subprocess.run(["rm", "-r", folder], check=True)
    if options.json:
        print(json.dumps({"bandwidth": bandwidth, "rows": rows}, indent=2))
        return
    print(f"memory bandwidth {bandwidth['per_second'] / 1e9:.1f} GB/s, "
          f"{bandwidth['threads']} threads; milliseconds, p50 / p99")
    print()
    print("| items | ceiling | recommend | its CPU | first answer | event -> answer | REST recommend "
          "| REST event -> answer | REST empty |")
    print("|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
    for row in rows:
        def pair(values):
            return f"{values['p50']:.2f} / {values['p99']:.2f}"
        ask, rest = row["ask"], row.get("rest")
        cells = [pair(ask[k]) for k in ("recommend_ms", "recommend_cpu_ms", "first_ms", "event_to_answer_ms")]
        cells += [pair(rest[k]) for k in ("recommend", "event_to_answer", "empty")] if rest \
            else ["-"] * 3
        print(f"| {row['items']:,} | {row['ceiling_ms']:.2f} | " + " | ".join(cells) + " |")
    print()
    for row in rows:
        made = row.get("make")
        speed = f"{made['items'] / made['items_seconds']:,.0f} items/s and " \
                f"{made['events'] / made['events_seconds']:,.0f} events/s written, " if made else ""
        print(f"{row['items']:,} items: {speed}opened with the first answer in "
              f"{row['ask']['open_seconds']:.1f} s")


main()
