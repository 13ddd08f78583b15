#!/usr/bin/env python3
"""Prints the texts that the embedded static model is fitted to, one a line: static_texts.py DATA

All of them may be used by anyone: DATA (the data sets beside the repository) gives CSL, PAWS-X, BANKING77, WNUT17,
SemEval-2010 task 8, SanWen, emoji names, THUOCL and jieba's dictionary, of each the train part where it has parts;
WordNet comes as Debian's wordnet-base, small talk as the PyPI package chatterbot-corpus. No text of a set that
the model is measured with is among them. The same every time: seeded, sorted.
"""
import csv
import gzip
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import zipfile

CHATTERBOT = "chatterbot-corpus==1.3.3"
WORDS_ZH = 45_000  # most frequent ones of jieba's dictionary that stand alone
PHRASES_ZH = 72_000
WINDOWS_ZH = 2  # of each Chinese clause that is long enough
CLAUSE = re.compile(r"[，。；：？！、,;?!]+")


def opened(path):
    return gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else open(path, encoding="utf-8-sig")


def wordnet(folder):
    """Each gloss and its examples."""
    subprocess.run(["apt-get", "download", "-qq", "wordnet-base"], cwd=folder, check=True, stderr=subprocess.DEVNULL)
    package, = folder.glob("wordnet-base*.deb")
    subprocess.run(["dpkg-deb", "-x", package, folder], check=True)
    for name in ("noun", "verb", "adj", "adv"):
        for line in open(folder / f"usr/share/wordnet/data.{name}"):
            if line.startswith(" "):
                continue
            gloss = line.split(" | ", 1)[1]
            examples = re.findall(r'"([^"]+)"', gloss)
            definition = re.sub(r';?\s*"[^"]*"', "", gloss).strip(" ;")
            yield from [definition, *examples]


def chatterbot(folder):
    subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", folder, CHATTERBOT], check=True)
    wheel, = folder.glob("chatterbot_corpus*.whl")
    with zipfile.ZipFile(wheel) as archive:
        for name in sorted(archive.namelist()):
            if re.search(r"/(english|chinese)/\w+\.yml$", name):
                for line in archive.read(name).decode().splitlines():
                    if match := re.match(r"\s*-\s+(?:-\s+)?(.+)", line):
                        yield match[1].strip("'\" ")


def conll(path):
    for block in path.read_text().split("\n\n"):
        yield " ".join(line.split("\t")[0] for line in block.splitlines() if not line.startswith("http"))


def jieba(data):
    """Words by tag, the most frequent first."""
    words = {}
    rows = [line.split() for line in opened(data / "lexicons/jieba-dict.txt.gz")]
    rows = [row for row in rows if len(row) == 3 and re.fullmatch(r"[\u4e00-\u9fff]+", row[0])]
    for word, frequency, tag in sorted(rows, key=lambda row: (-int(row[1]), row[0])):
        words.setdefault(tag, []).append(word)
    return words


def phrases(words, random):
    """Short sentences of frequent words: every word in many neighbourhoods."""
    nouns, verbs = words["n"][:5000], words["v"][:3500]
    adjectives, places = words["a"][:900], words["ns"][:300] + words["s"][:120]
    shapes = ("一个{n}正在{v}{n}", "{a}的{n}", "{n}{v}了{n}", "{n}和{n}在{p}{v}", "一只{a}的{n}在{n}上{v}", "{v}{n}",
              "两个{n}在{v}", "{p}的{n}{v}{n}", "我想{v}{n}", "如何{v}{a}的{n}？", "{n}不{a}", "{n}在{n}旁边{v}")
    kinds = {"n": nouns, "v": verbs, "a": adjectives, "p": places}
    # Frequent words more often, as in texts.
    pick = lambda kind: kinds[kind][int(len(kinds[kind]) * random.random() ** 2)]
    for _ in range(PHRASES_ZH):
        yield re.sub(r"\{(\w)\}", lambda match: pick(match[1]), random.choice(shapes))


def chinese_sentences(data):
    for line in opened(data / "pawsx-zh/dev_2k.tsv"):
        yield from line.rstrip("\n").split("\t")[1:3]
    for row in opened(data / "csl-title-retrieval/corpus.jsonl.gz"):
        yield json.loads(row)["text"]
    for row in opened(data / "csl-zh/cls_ctg-train.tsv"):
        yield row.split("\t")[1]
    for row in opened(data / "sanwen/train.txt.gz"):
        yield row.rstrip("\n").split("\t")[3].replace("<N>", "一")


def texts(data):
    chance = random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        yield from wordnet(pathlib.Path(folder))
        yield from chatterbot(pathlib.Path(folder))
    for row in csv.DictReader(opened(data / "banking77/train.csv")):
        yield row["text"]
    yield from conll(data / "wnut17/wnut17train.conll")
    for line in opened(data / "semeval2010-task8/TRAIN_FILE.TXT.gz"):
        if match := re.match(r'\d+\t"(.*)"', line):
            yield re.sub(r"</?e[12]>", "", match[1])
    for line in opened(data / "emoji-images/items.jsonl.gz"):
        item = json.loads(line)
        yield from [item["title"], item["title_zh"], " ".join(item["tags"]), "、".join(item["tags_zh"])]
    for sentence in chinese_sentences(data):
        yield sentence[:200]
        for clause in CLAUSE.split(sentence):
            yield clause
            for _ in range(WINDOWS_ZH if len(clause) > 12 else 0):
                length = chance.randint(4, 12)
                begin = chance.randrange(len(clause) - length)
                yield clause[begin:begin + length]
    for kind in ("IT", "caijing", "car", "chengyu", "food", "law", "medical"):
        for line in re.split(r"[\r\n]+", opened(data / f"lexicons/THUOCL_{kind}.txt").read()):
            yield line.split("\t")[0]
    words = jieba(data)
    for tag in ("n", "v", "a", "vn", "ns", "nz", "i", "l", "d"):
        yield from words.get(tag, [])[:WORDS_ZH // 9]
    yield from phrases(words, chance)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    seen = set()
    for text in texts(pathlib.Path(sys.argv[1])):
        text = " ".join(text.split())
        if text and text not in seen:
            seen.add(text)
            print(text)


if __name__ == "__main__":
    main()
