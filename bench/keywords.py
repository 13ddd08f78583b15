#!/usr/bin/env python3
"""Keywords beside people's: F1 of Penchant, YAKE (English) and jieba (Chinese) in one run.

    ./dev bench keywords                  the test parts; --dev for the parts used for tuning
    ./dev bench keywords --encoder DIR    also re-ranked by an encoder

F1@k is the mean over documents of the F1 of the first k keywords against the gold ones, both sides
lower-cased and Porter-stemmed (Chinese: as written), exact match, duplicates removed. Gold phrases
that are not in the text stay gold. Needs the evaluation data in $PENCHANT_TEST_DATA.
"""
import argparse
import gzip
import json
import os
import re
import subprocess
import tempfile
import time

PROGRAM = "build/release/bench/keywords_bench"
COUNT = 10


def read_lines(path):
    opened = gzip.open(path, "rt", encoding="utf-8") if path.endswith(".gz") else open(path, encoding="utf-8")
    with opened as file:
        return file.read().splitlines()


def inspec(data, dev):
    """Test: the 500 documents against uncontrolled keys. Dev: the other 1500, union of keys."""
    if dev:
        rows = map(json.loads, read_lines(f"{data}/inspec/inspec-all2000-union.jsonl.gz"))
        return [(r["text"], r["keys"]) for r in rows if not r["in_test500"]]
    return [(r["text"], r["uncontrolled"]) for r in map(json.loads, read_lines(f"{data}/inspec/inspec-test500.jsonl"))]


def semeval2017(data, dev):
    """No split is published: even rows are dev, odd ones test."""
    rows = [json.loads(line) for line in read_lines(f"{data}/semeval2017-keyphrases/semeval2017-keyphrases.jsonl")]
    return [(r["text"], r["keys"]) for r in rows[0 if dev else 1::2]]


def csl(data, dev):
    """The title stands last in the file; a catalogue gives it first, so it is moved."""
    documents = []
    for line in read_lines(f"{data}/csl-zh/kg-{'dev' if dev else 'test'}.tsv"):
        _, text, keys = line.split("\t")
        body, _, title = text.rpartition(" ")
        documents.append((f"{title}. {body}" if body else text, keys.split("_")))
    return documents


import snowballstemmer

stemmer = snowballstemmer.stemmer("porter")


def normal(phrase, chinese):
    phrase = " ".join(phrase.lower().split())
    if chinese:
        return phrase
    return " ".join(stemmer.stemWord(word) for word in re.split(r"[\s-]+", phrase))


def f1(found, gold, k, chinese):
    unique = list(dict.fromkeys(normal(p, chinese) for p in found))[:k]
    wanted = {normal(p, chinese) for p in gold}
    right = sum(p in wanted for p in unique)
    return 2 * right / (len(unique) + len(wanted)) if right else 0.0


def penchant(texts, options):
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
        for text in texts:
            file.write(json.dumps({"text": text}) + "\n")
        file.flush()
        done = subprocess.run([PROGRAM, file.name, str(COUNT), *options], check=True, capture_output=True, text=True)
    speed = re.search(r"([0-9.]+) texts/s", done.stderr)
    return [json.loads(line)["keywords"] for line in done.stdout.splitlines()], float(speed[1])


def timed(extract, texts):
    start = time.perf_counter()
    found = [extract(text) for text in texts]
    return found, len(texts) / (time.perf_counter() - start)


def english_peers():
    import yake
    extractor = yake.KeywordExtractor(lan="en", n=3, top=COUNT)
    return {"yake": lambda text: [phrase for phrase, _ in extractor.extract_keywords(text)]}


def chinese_peers():
    import logging
    import jieba.analyse
    jieba.setLogLevel(logging.WARNING)
    jieba.initialize()
    return {"jieba tf-idf": lambda text: jieba.analyse.extract_tags(text, topK=COUNT),
            "jieba TextRank": lambda text: jieba.analyse.textrank(text, topK=COUNT)}


def report(name, system, found, speed, gold, chinese):
    scores = [sum(f1(f, g, k, chinese) for f, g in zip(found, gold)) / len(gold) for k in (3, 5, 10)]
    print(f"{name:12} {system:30} " + " ".join(f"{s:7.4f}" for s in scores) + f" {speed:9.0f}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dev", action="store_true", help="the parts used for tuning")
    parser.add_argument("--encoder", help="folder of a model")
    parser.add_argument("--only", help="one data set")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--show", type=int, default=0, help="print the keywords of so many documents")
    options = parser.parse_args()
    data = os.environ.get("PENCHANT_TEST_DATA") or ""
    if not os.path.isdir(f"{data}/inspec"):
        raise SystemExit("keywords.py: no evaluation data: set PENCHANT_TEST_DATA")

    print(f"{'data':12} {'system':30} {'F1@3':>7} {'F1@5':>7} {'F1@10':>7} {'texts/s':>9}")
    for name, read, chinese in (("inspec", inspec, False), ("semeval2017", semeval2017, False), ("csl-zh", csl, True)):
        if options.only not in (None, name):
            continue
        documents = read(data, options.dev)
        texts, gold = [d[0] for d in documents], [d[1] for d in documents]
        runs = {"penchant": [], "penchant, catalogue": ["--catalogue"]}
        if options.encoder:
            runs["penchant, catalogue, encoder"] = ["--catalogue", "--encoder", options.encoder]
        for system, arguments in runs.items():
            found, speed = penchant(texts, arguments)
            report(name, system, found, speed, gold, chinese)
            for text, keys, wanted in list(zip(texts, found, gold))[:options.show]:
                print("  ", text[:100].replace("\n", " "), "\n     ", " | ".join(keys), "\n     ", " | ".join(wanted))
        if not options.no_peers:
            for system, extract in (chinese_peers() if chinese else english_peers()).items():
                found, speed = timed(extract, texts)
                report(name, system, found, speed, gold, chinese)


if __name__ == "__main__":
    main()
