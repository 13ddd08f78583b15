#!/usr/bin/env python3
"""Makes the word lists the program carries: han_words.z, han_unknown.z and english_words.z in src/text/assets.

    tools/make_lexicons.py JIEBA_DICT JIEBA_HMM WORDNET_FOLDER

JIEBA_DICT is jieba/dict.txt (or .gz) of the Python package jieba 0.42.1, JIEBA_HMM the model of
jieba/finalseg as lines "emit STATE CHARACTER LOG_PROBABILITY" with tabs, WORDNET_FOLDER /usr/share/wordnet of the Debian package wordnet-base 3.0. Both may be changed and passed on with
their notices (see NOTICE). Formats: docs/FORMATS.md.
"""
import argparse
import collections
import gzip
import math
import pathlib
import struct
import zlib

ASSETS = pathlib.Path(__file__).resolve().parent.parent / "src/text/assets"

# Classes of Chinese words, as in src/text/han_words.h.
OTHER, NOUN, NAME, VERB, VERBAL_NOUN, ADJECTIVE, ADVERB, NUMBER, IDIOM, PHRASE = range(10)
HAN_CLASSES = {
    "n": NOUN, "ng": NOUN, "j": NOUN, "s": NOUN, "zg": NOUN, "g": NOUN, "an": NOUN, "": NOUN,
    "nr": NAME, "ns": NAME, "nt": NAME, "nz": NAME, "nrt": NAME, "nrfg": NAME, "x": NAME,
    "v": VERB, "vg": VERB, "vd": VERB, "vi": VERB, "vq": VERB, "vn": VERBAL_NOUN,
    "a": ADJECTIVE, "ag": ADJECTIVE, "b": ADJECTIVE, "z": ADJECTIVE,
    "d": ADVERB, "ad": ADVERB, "dg": ADVERB, "df": ADVERB,
    "m": NUMBER, "mq": NUMBER, "mg": NUMBER, "q": NUMBER, "t": NOUN, "tg": NUMBER,
    "i": IDIOM, "l": PHRASE,
}


def is_han(word):
    return all("\u4e00" <= c <= "\u9fff" for c in word)


def han_words(path, frequency_min, length_max):
    opened = gzip.open(path, "rt", encoding="utf-8") if path.endswith(".gz") else open(path, encoding="utf-8")
    rows = []
    with opened as file:
        for line in file:
            word, frequency, tag = (line.split() + [""])[:3]
            kept = len(word) == 1 or int(frequency) >= frequency_min and len(word) <= length_max
            if is_han(word) and kept:
                rows.append((word, int(frequency), HAN_CLASSES.get(tag, OTHER)))
    rows.sort()
    shapes, characters, levels, kinds = bytearray(), bytearray(), bytearray(), bytearray()
    last = ""
    for word, frequency, kind in rows:
        shared = 0
        while shared < min(len(word), len(last)) and word[shared] == last[shared]:
            shared += 1
        shapes.append(shared << 4 | len(word) - shared)
        characters += word[shared:].encode("utf-16-le")
        levels.append(round(4 * math.log2(frequency + 1)))
        kinds.append(kind)
        last = word
    head = b"PHW1" + struct.pack("<III", len(rows), len(characters) // 2, sum(len(w) for w, _, _ in rows))
    # Like bytes side by side compress best.
    return head + bytes(shapes) + bytes(characters[0::2]) + bytes(characters[1::2]) + bytes(levels) + bytes(kinds)


def han_unknown(path):
    """The hidden Markov model of words outside the dictionary: per character of U+4E00..9FFF four
    bytes, 8 * -ln p(character | state) for begin, middle, end, single; 255 stands for never."""
    opened = gzip.open(path, "rt", encoding="utf-8") if path.endswith(".gz") else open(path, encoding="utf-8")
    table = bytearray(b"\xff" * 4 * (0xA000 - 0x4E00))
    with opened as file:
        for line in file:
            kind, state, character, probability = line.rstrip("\n").split("\t")
            if kind == "emit" and len(character) == 1 and is_han(character):
                level = min(254, round(-8 * float(probability)))
                table["BMES".index(state) * (0xA000 - 0x4E00) + ord(character) - 0x4E00] = level
    return bytes(table)


def english_words(folder):
    counts = collections.defaultdict(lambda: [None] * 4)
    for part, name in enumerate(("noun", "verb", "adj", "adv")):
        for line in open(folder / f"index.{name}", encoding="ascii"):
            word = line.split(" ", 1)[0]
            if word.isalpha() and word == word.lower():
                counts[word][part] = 0
    for line in open(folder / "cntlist.rev", encoding="ascii"):
        key, _, count = line.split()
        word, _, sense = key.partition("%")
        part = {"1": 0, "2": 1, "3": 2, "4": 3, "5": 2}[sense[0]]
        if word in counts and counts[word][part] is not None:
            counts[word][part] += int(count)
    lines = []
    for word, parts in sorted(counts.items()):
        if any(c is not None for c in parts[1:]) or (parts[0] or 0) > 0:
            levels = "".join("-" if c is None else str(min(9, round(math.log2(c + 1)))) for c in parts)
            lines.append(f"{word} {levels}")
    # Irregular forms: "went=go". Regular ones, and those that only double a letter, are computed.
    for name in ("noun", "verb", "adj"):
        for line in open(folder / f"{name}.exc", encoding="ascii"):
            form, base = line.split()[:2]
            ending = form.endswith(("ing", "ed", "er", "est"))
            regular = ending and form.startswith(base) or base.endswith("y") and form.startswith(base[:-1] + "i")
            if form.isalpha() and base.isalpha() and base in counts and form not in counts and not regular:
                lines.append(f"{form}={base}")
    return ("\n".join(sorted(lines)) + "\n").encode("ascii")


def write(name, data):
    packed = zlib.compress(data, 9)
    (ASSETS / name).write_bytes(struct.pack("<I", len(data)) + packed)
    print(f"{name}: {len(data)} bytes, {len(packed)} packed")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("jieba_dict")
    parser.add_argument("jieba_hmm")
    parser.add_argument("wordnet", type=pathlib.Path)
    parser.add_argument("--frequency-min", type=int, default=5, help="rarer Chinese words are left out")
    parser.add_argument("--length-max", type=int, default=6, help="so are longer ones")
    options = parser.parse_args()
    write("han_words.z", han_words(options.jieba_dict, options.frequency_min, options.length_max))
    write("han_unknown.z", han_unknown(options.jieba_hmm))
    write("english_words.z", english_words(options.wordnet))


main()
