#!/usr/bin/env python3
"""Looks for texts on which Penchant's tokenizer and the Hugging Face `tokenizers` package differ.

    tools/fuzz_tokenizer.py FOLDER... [--minutes 30] [--seed N] [--data FOLDER] [--program build/release/penchant]

Takes the tokenizers of the folders in turn, a few seconds each, until the time is over. In every second turn one or two
of its parts come from another of the tokenizers, or a truncation is added. Each text is a real one of the data folder
(or a made-up one, see tools/compare_tokenizer.py), mutated with Unicode in mind: characters of every kind put in, marks
piled up, parts left out, doubled, repeated or spliced, letters in another case or form, added tokens in the middle.
Compared are ids and offsets, ids alone (which take another way through the program), pairs of texts, and decoding with
and without special tokens. A difference is cut down to the shortest text that still shows it and printed with the
tokenizer's settings; the command ends with 1. What the package itself panics on is left out. The same seed gives the same
texts; how far a run comes depends on the machine. Needs the package: .venv/bin/pip install -r bench/requirements.txt
"""
import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import unicodedata
from pathlib import Path

from compare_tokenizer import POOLS, hostile_texts, sources_of

SECONDS_A_TURN = 10
TEXT_CHARACTERS = 3000


def sample(data, random_, wanted=30_000):
    """Texts of the data folder, evenly from its sources, and made-up ones."""
    texts = []
    for _, source in [("made-up", hostile_texts()), *(sources_of(data) if data else [])]:
        chosen = []
        for i, text in enumerate(source):
            if len(chosen) < 600:
                chosen.append(text[:TEXT_CHARACTERS])
            elif (at := random_.randrange(i + 1)) < 600:
                chosen[at] = text[:TEXT_CHARACTERS]
        texts += chosen
    random_.shuffle(texts)
    return texts[:wanted]


# --- Mutations: text, random numbers, other texts, added tokens -> text

def character(random_):
    kind = random_.randrange(10)
    if kind == 0:
        return chr(random_.choice((random_.randrange(0xD800), random_.randrange(0xE000, 0x110000))))
    return random_.choice(POOLS[random_.choice(list(POOLS))])


def part(text, random_):
    begin = random_.randrange(len(text) + 1)
    return begin, min(len(text), begin + random_.choice((1, 1, 2, 3, 8, 40)))


def mutate(text, random_, texts, tokens):
    begin, end = part(text, random_)
    chosen = text[begin:end]
    kind = random_.randrange(14)
    if kind <= 2:
        chosen += "".join(character(random_) for _ in range(random_.choice((1, 1, 2, 5))))
    elif kind == 3:
        chosen = ""
    elif kind == 4:
        chosen *= random_.choice((2, 2, 3, 5, 30, 120))
    elif kind == 5:
        chosen = random_.choice((chosen.upper(), chosen.lower(), chosen.title(), chosen.swapcase()))
    elif kind == 6:
        chosen = unicodedata.normalize(random_.choice(("NFC", "NFD", "NFKC", "NFKD")), chosen)
    elif kind == 7:
        chosen = "".join(c + random_.choice(POOLS["mark"] + POOLS["joiner"]) for c in chosen)
    elif kind == 8 and tokens:
        chosen += random_.choice((" ", "", "\n", "a")) + random_.choice(tokens) + random_.choice((" ", "", "\t", "b"))
    elif kind == 9:
        other = random_.choice(texts)
        first, last = part(other, random_)
        chosen += other[first:max(last, first + 30)]
    elif kind == 10:
        chosen = chosen[::-1]
    elif kind == 11:
        chosen += random_.choice(POOLS["space"]) * random_.choice((1, 2, 3, 9))
    elif kind == 12:
        chosen = "".join(random_.choice((" ", "", "\n")) + c for c in chosen)
    else:
        return text[begin:]
    return text[:begin] + chosen + text[end:]


def mutated(random_, texts, tokens):
    text = random_.choice(texts)
    if len(text) > 300 and random_.random() < 0.8:  # short ones show more a second
        begin = random_.randrange(len(text) - 100)
        text = text[begin:begin + random_.choice((20, 100, 300))]
    for _ in range(random_.choice((0, 1, 1, 2, 3, 6))):
        text = mutate(text, random_, texts, tokens)
    return text[:TEXT_CHARACTERS].encode("utf-8", "replace").decode()


# --- The two sides

class Program:
    def __init__(self, program, folder, *options):
        self.process = subprocess.Popen([program, "tokenize", "--model", folder, "--threads", "1", *options],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def ask(self, items):
        lines = "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in items)
        self.process.stdin.write(lines.encode())
        self.process.stdin.flush()
        answers = []
        for item in items:
            line = self.process.stdout.readline()
            if not line:
                sys.exit(f"the program ended with {self.process.wait()} on {ascii(items)}")
            answers.append(json.loads(line))
        return answers

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def tried(ask):
    """What the package answers; its errors and panics as an error."""
    try:
        return ask()
    except BaseException as error:
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            raise
        return {"error": type(error).__name__}


def encoded(package, text):
    def ask():
        e = package.encode(text)
        return {"ids": e.ids, "offsets": [list(o) for o in e.offsets]}
    return tried(ask)


def encoded_pair(package, pair):
    def ask():
        e = package.encode(*pair)
        return {"ids": e.ids, "offsets": [list(o) for o in e.offsets], "type_ids": e.type_ids,
                "sequence_ids": e.sequence_ids}
    return tried(ask)


KINDS = {  # options of the program, what the package says
    "text": (["--json"], encoded),
    "ids": (["--json", "--ids-only"], lambda package, text: tried(lambda: {"ids": package.encode(text).ids})),
    "pair": (["--json", "--pairs"], encoded_pair),
    "decode": (["--decode"], lambda package, ids: tried(lambda: {"text": package.decode(ids)})),
    "decode all": (["--decode", "--special-tokens", "yes"],
                   lambda package, ids: tried(lambda: {"text": package.decode(ids, skip_special_tokens=False)})),
}


def is_same(answer, expected):
    if "PanicException" == expected.get("error"):
        return True
    return answer == expected or ("error" in answer and "error" in expected)


def items_of(kind, random_, texts, tokens, size):
    if kind == "pair":
        return [[mutated(random_, texts, tokens), mutated(random_, texts, tokens)] for _ in range(8)]
    if kind.startswith("decode"):
        return [[random_.randrange(size + 3) for _ in range(random_.choice((0, 1, 2, 3, 8, 30)))] for _ in range(8)]
    return [mutated(random_, texts, tokens) for _ in range(16)]


def shortest(kind, program, package, item):
    """The item with as much left out as still differs."""
    ask = KINDS[kind][1]

    def differs(smaller):
        return not is_same(program.ask([smaller])[0], ask(package, smaller))

    def shrink(value, whole):
        step = max(1, len(value) // 2)
        while True:
            at = 0
            while at < len(value):
                smaller = value[:at] + value[at + step:]
                if differs(whole(smaller)):
                    value = smaller
                else:
                    at += step
            if step == 1:
                return value
            step //= 2

    if kind != "pair":
        return shrink(item, lambda value: value)
    first, second = item
    first = shrink(first, lambda value: [value, second])
    return [first, shrink(second, lambda value: [first, value])]


# --- Turns

PARTS = ("normalizer", "pre_tokenizer", "post_processor", "decoder")


def varied(settings, others, random_):
    """Settings with parts of another tokenizer, and what was changed."""
    settings = dict(settings)
    settings["truncation"] = settings["padding"] = None
    changes = []
    if random_.random() < 0.5:
        return settings, changes
    for name in random_.sample(PARTS, random_.choice((0, 1, 1, 2))):
        label, other = random_.choice(others)
        settings[name] = other.get(name)
        changes.append(f"{name} of {label}")
    if random_.random() < 0.4:
        settings["truncation"] = {"max_length": random_.choice((4, 5, 8, 13, 40)), "stride": 0,
                                  "strategy": random_.choice(("LongestFirst", "OnlyFirst", "OnlySecond")),
                                  "direction": random_.choice(("Left", "Right"))}
        changes.append(f"truncation {settings['truncation']}")
    return settings, changes


def turn(settings, options, random_, texts):
    """Compares for a while; (texts and lists compared, the first difference or None)."""
    from tokenizers import Tokenizer
    source = json.dumps(settings, ensure_ascii=False)
    package = tried(lambda: Tokenizer.from_str(source))
    if isinstance(package, dict):
        return 0, None
    package.no_padding()
    tokens = [token.content for token in package.get_added_tokens_decoder().values()]
    size = package.get_vocab_size()
    compared = 0
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "tokenizer.json").write_text(source, encoding="utf-8")
        # What is refused, the first one says.
        done = subprocess.run([options.program, "tokenize", "--model", folder], input=b"", capture_output=True)
        if done.returncode != 0:
            print(f"  refused: {done.stderr.decode().strip()[-160:]}", flush=True)
            return 0, None
        programs = {kind: Program(options.program, folder, *KINDS[kind][0]) for kind in KINDS}
        end = time.time() + SECONDS_A_TURN
        try:
            while time.time() < end:
                for kind, (_, ask) in KINDS.items():
                    items = items_of(kind, random_, texts, tokens, size)
                    compared += len(items)
                    for item, answer in zip(items, programs[kind].ask(items)):
                        if not is_same(answer, ask(package, item)):
                            item = shortest(kind, programs[kind], package, item)
                            return compared, (kind, item, programs[kind].ask([item])[0], ask(package, item))
        finally:
            for program in programs.values():
                program.close()
    return compared, None


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folders", type=Path, nargs="+", help="each with a tokenizer.json")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--data", type=Path, default=os.environ.get("PENCHANT_TEST_DATA") or None)
    parser.add_argument("--program", default="build/release/penchant")
    options = parser.parse_args()
    # The package tells of its panics on stderr, each with a page of addresses.
    os.environ["RUST_BACKTRACE"] = "0"
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    random_ = random.Random(options.seed)
    texts = sample(options.data, random_)
    tokenizers = [(folder.name, json.loads((folder / "tokenizer.json").read_text(encoding="utf-8")))
                  for folder in options.folders]
    end = time.time() + 60 * options.minutes
    compared = turns = 0
    while time.time() < end:
        for name, whole in tokenizers:
            settings, changes = varied(whole, tokenizers, random_)
            count, difference = turn(settings, options, random.Random(random_.random()), texts)
            compared += count
            turns += 1
            print(f"{name} {'with ' + ', '.join(changes) if changes else 'as it is'}: {count:,}", flush=True)
            if difference:
                kind, item, answer, expected = difference
                print(f"DIFFERENT: {kind} {ascii(item)}\n  penchant: {ascii(answer)}\n  package:  {ascii(expected)}\n"
                      f"  {json.dumps({part: settings.get(part) for part in PARTS})[:2000]}")
                sys.exit(1)
            if time.time() > end:
                break
    print(f"seed {options.seed}: {turns:,} turns, {compared:,} texts, pairs and lists of ids compared; no difference")


if __name__ == "__main__":
    main()
