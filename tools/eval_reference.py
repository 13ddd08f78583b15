#!/usr/bin/env python3
"""Popularity and item-kNN, leave-one-out, computed straight from the data files.

    tools/eval_reference.py FOLDER [--neighbours 100] [--per-user FILE]

An independent check of `penchant eval`: it shares no code with it and needs only Python. FOLDER holds
items.jsonl(.gz) and events.jsonl(.gz). The protocol, the same as in docs/EVALUATION.md:

- every event is a positive of strength 1; of several events of one user with one item the first counts;
- a user's events are in order of time, ties in order of the file; users with fewer than 3 are left out;
- last = test, last but one = valid, the rest = train; models are fitted on train, the test history
  of a user is train and valid;
- full ranking over all items of the catalogue without the history; equal scores: the item that comes
  first in the catalogue is first.
"""
import argparse
import collections
import gzip
import json
import math
import os
import struct


def lines(folder, name):
    path = os.path.join(folder, name)
    opener = open if os.path.exists(path) else gzip.open
    with opener(path if opener is open else path + ".gz", "rt", encoding="utf-8") as f:
        for line in f:
            yield json.loads(line)


def load(folder):
    rows = {}
    for item in lines(folder, "items.jsonl"):
        rows.setdefault(item["id"], len(rows))
    users = collections.defaultdict(list)
    for event in lines(folder, "events.jsonl"):
        users[event["user"]].append((event["time"] or 0, rows[event["item"]]))
    histories = {}
    for user, events in users.items():
        events.sort(key=lambda e: e[0])  # stable
        items = list(dict.fromkeys(item for _, item in events))
        if len(items) >= 3:
            histories[user] = items
    return len(rows), histories


def single(x):
    """The nearest single-precision number: similarities are kept so, which makes sums of them exact."""
    return struct.unpack("f", struct.pack("f", x))[0]


def popularity(count, histories):
    scores = [0] * count
    for items in histories.values():
        for item in items[:-2]:
            scores[item] += 1
    return lambda history: scores


def item_knn(count, histories, neighbours, history_max):
    columns = [0] * count
    together = [collections.Counter() for _ in range(count)]
    for items in histories.values():
        known = items[:-2][-history_max:]
        for a in known:
            columns[a] += 1
            together[a].update(known)
    near = []
    for a in range(count):
        similar = [(-single(n / math.sqrt(columns[a] * columns[b])), b)
                   for b, n in together[a].items() if b != a]
        similar.sort()
        near.append([(b, -s) for s, b in similar[:neighbours]])

    def score(history):
        scores = [0.0] * count
        for a in history:
            for b, s in near[a]:
                scores[b] += s
        return scores
    return score


def rank_of(target, scores, history):
    mine = scores[target]
    hidden = set(history)
    return 1 + sum(1 for i, s in enumerate(scores)
                   if i not in hidden and (s > mine or (s == mine and i < target)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder")
    parser.add_argument("--neighbours", type=int, default=100)
    parser.add_argument("--history-max", type=int, default=500)
    parser.add_argument("--per-user", help="write one JSON line per model and user to this file")
    args = parser.parse_args()
    count, histories = load(args.folder)
    models = {"popularity": popularity(count, histories),
              "item-knn": item_knn(count, histories, args.neighbours, args.history_max)}
    out = open(args.per_user, "w", encoding="utf-8") if args.per_user else None
    for name, score in models.items():
        recall = ndcg = mrr = 0.0
        for user, items in histories.items():
            rank = rank_of(items[-1], score(items[:-1]), items[:-1])
            if rank <= 10:
                recall += 1
                ndcg += 1 / math.log2(rank + 1)
                mrr += 1 / rank
            if out:
                print(json.dumps({"model": name, "user": user, "rank": rank}), file=out)
        n = len(histories)
        print(json.dumps({"model": name, "users": n, "recall@10": round(recall / n, 4),
                          "ndcg@10": round(ndcg / n, 4), "mrr@10": round(mrr / n, 4)}))


if __name__ == "__main__":
    main()
