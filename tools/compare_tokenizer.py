#!/usr/bin/env python3
"""Compares Penchant's tokenizer with the Hugging Face `tokenizers` package, text for text.

    tools/compare_tokenizer.py --model FOLDER [--gguf FILE] [--data FOLDER] [--program build/release/penchant]

Every text of the data folder (strings of JSON, cells of CSV, lines of everything else and pieces of 100,000 characters,
broken UTF-8 decoded with U+FFFD) and a set of hostile made-up texts go through `penchant tokenize --json` and through the
package; ids and offsets must be the same, with offsets and for ids alone. Equal texts are compared once. Of the same texts one in twenty is compared in a
pair with the next one, and its ids are decoded, with special tokens and without. What tokenizer.json says about padding
is ignored, and texts are compared whole; with --gguf the program reads that file while the package reads FOLDER; where the file truncates, one hostile text in ten is compared truncated too.
Prints the first differences and the counts; exits 1 when there was any difference. Needs the package:
    .venv/bin/pip install -r bench/requirements.txt
"""
import argparse
import csv
import gzip
import itertools
import json
import os
import queue
import random
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

TEXT_BYTES = 1 << 20  # limits::text_bytes
BATCH_BYTES = 4 << 20
SHOWN = 20
csv.field_size_limit(1 << 30)


# --- Texts of the data folder.

def strings_of(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for entry in value:
            yield from strings_of(entry)
    elif isinstance(value, dict):
        for key, entry in value.items():
            yield key
            yield from strings_of(entry)


def texts_of_file(path):
    raw = path.read_bytes()
    name = path.name
    if name.endswith(".gz"):
        raw, name = gzip.decompress(raw), name[:-3]
    if name.endswith((".tar", ".png", ".jpg")):
        return
    text = raw.decode("utf-8", errors="replace")
    lines = text.split("\n")
    if name.endswith(".json"):
        try:
            yield from strings_of(json.loads(text))
            return
        except ValueError:
            pass  # one object a line, or none at all
    if name.endswith((".jsonl", ".json")):
        for line in lines:
            try:
                yield from strings_of(json.loads(line))
            except ValueError:
                yield line
        return
    if name.endswith(".csv"):
        for row in csv.reader(lines):
            yield from row
    yield from lines
    # Whole paragraphs too: lines are short.
    for begin in range(0, len(text), 100_000):
        yield text[begin:begin + 100_000]


def texts_of_folder(folder):
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        yield from texts_of_file(path)


def sources_of(data):
    """(name, texts) of every folder and file of the data folder."""
    for path in sorted(data.iterdir()):
        yield path.name, texts_of_folder(path) if path.is_dir() else texts_of_file(path)


# --- Hostile texts.

POOLS = {
    "ascii": [chr(c) for c in range(0x20, 0x7F)],
    "control": [chr(c) for c in [*range(0x20), *range(0x7F, 0xA0), 0xAD, 0x61C, 0x180E, 0xFEFF]],
    "space": list(" \t\r\n\x0b\x0c\x85\u00a0\u1680\u2000\u2009\u2028\u2029\u202f\u205f\u3000"),
    "mark": [chr(c) for c in [*range(0x300, 0x370), *range(0x483, 0x48A), 0x5B0, 0x5BC, 0x64B,
                              0x651, 0x670, 0x93C, 0x94D, 0xE48, 0xF71, 0xF72, 0x1AB0, 0x20D0,
                              0x20DD, 0x302E, 0x3099, 0x309A, 0xFE00, 0xFE0F, 0xFE20, 0x1D165,
                              0x1D16D, 0xE0100, 0x897, 0x1ACF, 0x1E5EE]],
    "joiner": list("\u200b\u200c\u200d\u2060\u034f\ufe0f\u20e3"),
    "bidi": list("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"),
    "rtl": [chr(c) for c in [*range(0x5D0, 0x5EB), *range(0x620, 0x64B), *range(0x712, 0x730),
                             *range(0x780, 0x7B0), 0xFB1D, 0xFB4F, 0xFDFA, 0xFEFB]],
    "emoji": list("\U0001F468\U0001F469\U0001F467\U0001F3FB\U0001F3FF\U0001F1E8\U0001F1F3\U0001F1FA"
                  "\u2764\u261d\u2695\u00a9\U0001F600\U0001FAE0\U0001F9D1\U0001F91D"),
    "indic": [chr(c) for c in [*range(0x905, 0x93A), *range(0x93A, 0x950), *range(0x995, 0x9C0),
                               0x9CD, 0xACD, 0xB4D, *range(0xB85, 0xBC0), 0xBCD, 0xD4D, 0xDCA,
                               0x1039, 0x17D2, *range(0xE01, 0xE34), *range(0xE34, 0xE4F)]],
    "hangul": [chr(c) for c in [*range(0x1100, 0x1113), *range(0x1161, 0x1176),
                                *range(0x11A7, 0x11C3), 0xAC00, 0xAC01, 0xD7A3, 0xA960, 0xD7B0]],
    "latin": [chr(c) for c in [*range(0xA0, 0x250), *range(0x1E00, 0x2000), *range(0x2070, 0x2190),
                               *range(0xFB00, 0xFB07), *range(0xFF00, 0xFFF0)]],
    "greek": [chr(c) for c in [*range(0x370, 0x400), *range(0x400, 0x530)] if c != 0x378],
    "han": [chr(c) for c in [*range(0x4E00, 0x5000), 0x3400, 0x9FFF, 0x20000, 0x2A700, 0x2B740,
                             0x2B820, 0x2EBF0, 0x30000, 0xF900, 0xFAD9, 0x2F800, 0x3001, 0x3002]],
    "kana": [chr(c) for c in [*range(0x3041, 0x30FF), *range(0xFF65, 0xFFA0), 0x3300, 0x32FF]],
    "odd": [chr(c) for c in [0, 1, 0xFFFD, 0xFFFE, 0xFFFF, 0x378, 0xE000, 0xF8FF, 0x10FFFF, 0x1FFFE,
                             0xE0001, 0xE0041, 0xF0000, 0x2581, 0x120, 0x130, 0x131, 0x3A3, 0x3C2,
                             0x1E9E, 0xDF, 0x149, 0x390, 0x10D50, 0x16EA0, 0xA7CB, 0x1C89, 0x2FA1D]],
    "special": ["[CLS]", "[SEP]", "[MASK]", "[PAD]", "[UNK]", "<s>", "</s>", "<mask>", "<unk>",
                "<pad>", "##a", "\u2581", "<0x0A>", "[cls]", " <mask> ", "< mask>", "\r\n"],
}


def hostile_texts(seed=20240229):
    random_ = random.Random(seed)
    names = list(POOLS)
    # Every code point, alone between letters, beside its neighbours, and before a mark.
    points = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
    for begin in range(0, len(points), 24):
        group = [chr(c) for c in points[begin:begin + 24]]
        yield "".join(group)
        yield " ".join("a" + c + "B" for c in group)
        yield "\u0301".join(group)
    # Strings of one, two or three kinds of characters.
    for _ in range(300_000):
        pools = random_.choices(names, k=random_.randint(1, 3))
        length = random_.choice((1, 2, 3, 5, 8, 13, 30, 100))
        yield "".join(random_.choice(POOLS[random_.choice(pools)]) for _ in range(length))
    # Runs of one character, and of one among others.
    for c in "a A z9.,-#\u2581 \u00e9\u0301\u200d\u0e33\u4e2d\u3002\ud55c\U0001F600\ufffd\x00\x01\xad":
        for length in (99, 100, 101, 255, 256, 257, 511, 512, 513, 100_000):
            yield c * length
            yield "a" + c * length + "b"
    yield from ("ab" * 50_000, "a\u0301" * 50_000, "\u0301\u0323" * 50_000, "\u4e2d\u0301" * 30_000,
                "\U0001F468\u200d" * 20_000, "\U0001F1E8" * 30_001, "\u0915\u094d" * 20_000,
                "[MASK]" * 20_000, " <mask> " * 20_000, "\r\n" * 50_000, ". " * 50_000)
    # About a megabyte in one line.
    for pools in (["ascii"], ["han"], ["latin", "mark"], ["emoji", "joiner"], ["rtl", "bidi"],
                  ["indic"], names):
        line = []
        size = 0
        while size < TEXT_BYTES - 100:
            line.append(random_.choice(POOLS[random_.choice(pools)]))
            size += len(line[-1].encode())
        yield "".join(line)
        yield "".join(line).replace(" ", "")


# --- The comparison.

def prepared(texts, seen):
    """Texts within the limit that are not in `seen`."""
    for text in texts:
        if len(text) > TEXT_BYTES or len(text.encode("utf-8", "replace")) > TEXT_BYTES:
            continue
        key = hash(text)
        if key in seen:
            continue
        seen.add(key)
        # Lone surrogates can come out of JSON's escapes; no UTF-8 has them.
        yield text.encode("utf-8", "replace").decode() if not text.isascii() else text


def batches(items):
    batch, size = [], 0
    for item in items:
        batch.append(item)
        size += sum(map(len, item)) + 16 if isinstance(item, tuple) else len(item) + 16
        if size >= BATCH_BYTES // 4:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


class Programs:
    """Penchant, once for each list of options, fed with the same JSON values a line by a thread and read in step."""

    def __init__(self, command, each_options, items):
        self.processes = [subprocess.Popen([*command, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
                          for options in each_options]
        self.sent = queue.Queue(64)
        threading.Thread(target=self.feed, args=(items,), daemon=True).start()

    def feed(self, items):
        try:
            for batch in batches(items):
                self.sent.put(batch)
                lines = "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in batch).encode()
                for process in self.processes:
                    process.stdin.write(lines)
            for process in self.processes:
                process.stdin.close()
        finally:
            self.sent.put(None)

    def answers(self):
        """Batches with the lines of every program for each of its items."""
        while (batch := self.sent.get()) is not None:
            yield batch, list(zip(*([process.stdout.readline() for _ in batch] for process in self.processes)))
        for process in self.processes:
            process.wait()


# What is compared: the program's options, and the same of the package, per text, pair or ids.

def encodings(package, batch):
    return [{"ids": e.ids, "offsets": [list(o) for o in e.offsets]} for e in package.encode_batch(batch)]


def pair_encodings(package, batch):
    answers = []
    for first, second in batch:
        try:
            e = package.encode(first, second)
        except Exception:  # what may be cut is too short
            answers.append(None)
            continue
        answers.append({"ids": e.ids, "offsets": [list(o) for o in e.offsets], "type_ids": e.type_ids,
                        "sequence_ids": e.sequence_ids})
    return answers


def decoded(package, batch):
    return [{"text": package.decode(ids)} for ids in batch]


def decoded_with_special(package, batch):
    return [{"text": package.decode(ids, skip_special_tokens=False)} for ids in batch]


KINDS = {"texts": (["--json"], encodings), "pairs": (["--json", "--pairs"], pair_encodings),
         "lists of ids": (["--decode"], decoded),
         "lists of ids, special ones too": (["--decode", "--special-tokens", "yes"], decoded_with_special)}


def compare(package, command, items, kind, label):
    options, ask = KINDS[kind]
    compared = different = size = 0
    started = time.time()
    # Ids alone take another way through the program.
    each_options = [options, [*options, "--ids-only"]] if kind == "texts" else [options]
    for batch, lines in Programs(command, each_options, items).answers():
        for item, (line, *alone), expected in zip(batch, lines, ask(package, batch)):
            compared += 1
            if not line:
                sys.exit("the program ended before its input")
            size += len(line)
            answer = json.loads(line)
            if alone and answer == expected:
                answer["ids"] = json.loads(alone[0]).get("ids")
            if answer == expected or (expected is None and "error" in answer):
                continue
            different += 1
            if different <= SHOWN:
                show(item, answer, expected)
        if sys.stderr.isatty():
            print(f"\r{compared:,}", end="", file=sys.stderr)
    print(f"{label}: {compared:,} {kind}, answers of {size:,} bytes compared; "
          f"{different:,} differ ({time.time() - started:.0f} s)", flush=True)
    return different


def show(item, answer, expected):
    shown = ascii(item)
    print(f"DIFFERENT: {shown[:300]}{' ...' if len(shown) > 300 else ''}")
    if expected is None or "ids" not in answer or "ids" not in expected:
        return print(f"  penchant: {ascii(answer)[:500]}\n  package:  {ascii(expected)[:500]}")
    mine, theirs = (list(zip(*a.values())) for a in (answer, expected))
    at = next((i for i, (a, b) in enumerate(zip(mine, theirs)) if a != b),
              min(len(mine), len(theirs)))
    print(f"  from token {at}: penchant {mine[at:at + 5]} of {len(mine)}, "
          f"package {theirs[at:at + 5]} of {len(theirs)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", type=Path, required=True, help="a Hugging Face folder")
    parser.add_argument("--gguf", type=Path, help="read by the program instead of FOLDER (tools/gguf_folder.py)")
    parser.add_argument("--data", type=Path, default=os.environ.get("PENCHANT_TEST_DATA") or None)
    parser.add_argument("--most", type=int, default=None, help="texts of each source of the data folder (default: all)")
    parser.add_argument("--program", default="build/release/penchant")
    options = parser.parse_args()
    try:
        from tokenizers import Tokenizer
    except ImportError:
        sys.exit("the tokenizers package is missing: .venv/bin/pip install -r bench/requirements.txt")

    source = (options.model / "tokenizer.json").read_text(encoding="utf-8")
    settings = json.loads(source)
    truncates = settings.get("truncation") is not None
    sources = [("made-up", hostile_texts())]
    if options.data:
        sources += [(label, itertools.islice(texts, options.most)) for label, texts in sources_of(options.data)]
    else:
        print("no --data and no PENCHANT_TEST_DATA: made-up texts only")

    different = 0
    seen = set()
    sample = []  # one text in twenty
    with tempfile.TemporaryDirectory() as folder:
        settings["truncation"] = settings["padding"] = None
        whole = json.dumps(settings, ensure_ascii=False)
        Path(folder, "tokenizer.json").write_text(whole, encoding="utf-8")

        def command(model):
            return [options.program, "tokenize", "--model", str(options.gguf or model)]

        def sampled(texts):
            for i, text in enumerate(texts):
                if i % 20 == 0 and len(text) < 10_000:
                    sample.append(text)
                yield text

        for label, texts in sources:
            different += compare(Tokenizer.from_str(whole), command(folder), sampled(prepared(texts, seen)), "texts", label)
        package = Tokenizer.from_str(whole)
        different += compare(package, command(folder), zip(sample, sample[1:]), "pairs", "one in twenty")
        ids = [encoding.ids for encoding in package.encode_batch(sample)]
        random_ = random.Random(3)
        size = package.get_vocab_size()
        ids += [[random_.randrange(size + 3) for _ in range(i % 50)] for i in range(20_000)]
        for kind in ("lists of ids", "lists of ids, special ones too"):
            different += compare(package, command(folder), ids, kind, "one in twenty")
        if truncates:
            package = Tokenizer.from_str(source)
            package.no_padding()
            texts = prepared(itertools.islice(hostile_texts(1), 0, None, 10), set())
            different += compare(package, command(options.model), texts, "texts", "truncated")
            different += compare(package, command(options.model), zip(sample, sample[1:]), "pairs", "truncated")
    print(f"{different:,} differences in all")
    sys.exit(1 if different else 0)


if __name__ == "__main__":
    main()
