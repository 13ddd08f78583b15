#!/usr/bin/env python3
"""Writes src/text/assets/unicode.txt: what the `tokenizers` package thinks of every code point.

    pip install tokenizers==0.23.3 regex==2025.11.3
    tools/unicode_tables.py > src/text/assets/unicode.txt

The package mixes several versions of Unicode: normalisation is 9.0, general categories are older
still, white space, numbers and lower case are those of the Rust compiler that built it, words those
of its regular expressions, and grapheme clusters are 17.0. So nothing here comes from a version
number: each property is found by asking the package about each code point. Only grapheme clusters
cannot be asked for; they come from `regex`, whose release above has the same Unicode 17.0.
The format is described in docs/FORMATS.md.
"""
import sys
import unicodedata

import regex
from tokenizers import Regex, normalizers, pre_tokenizers

CODE_POINTS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
HANGUL = range(0xAC00, 0xAC00 + 11172)
CLUSTERS = ("CR LF Control Extend ZWJ Regional_Indicator Prepend SpacingMark L V T LV LVT "
            "Extended_Pictographic InCB_Consonant").split()


CATEGORIES = ("Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Co").split()


def ranges(code_points):
    """'0041..005A 0061' of a set of code points."""
    out, run = [], None
    for c in sorted(code_points):
        if run and c == run[1] + 1:
            run[1] = c
        else:
            run = [c, c]
            out.append(run)
    return " ".join(f"{a:04X}" if a == b else f"{a:04X}..{b:04X}" for a, b in out)


def where(holds):
    return {c for c in CODE_POINTS if holds(chr(c))}


def pieces(splitter, count):
    """Whether the pre-tokenizer makes `count` pieces of a letter, the character and a letter."""
    return lambda c: len(splitter.pre_tokenize_str("a" + c + "b")) == count


def properties():
    bert = dict(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    clean = normalizers.BertNormalizer(**{**bert, "clean_text": True})
    strip = normalizers.BertNormalizer(**{**bert, "strip_accents": True})
    words = pre_tokenizers.Whitespace()
    accents = normalizers.StripAccents()

    def onig(pattern):
        return pieces(pre_tokenizers.Split(Regex(pattern), "isolated"), 3)

    found = {
        "space": where(pieces(pre_tokenizers.WhitespaceSplit(), 2)),
        "control": where(lambda c: clean.normalize_str("a" + c + "b") == "ab"),
        "punctuation": where(pieces(pre_tokenizers.Punctuation("removed"), 2)),
        "nonspacing": where(lambda c: strip.normalize_str("a" + c) == "a"),
        "combining": where(lambda c: accents.normalize_str("a" + c) == "a"),
        "numeric": where(pieces(pre_tokenizers.Digits(individual_digits=True), 3)),
        "word": where(lambda c: len(words.pre_tokenize_str("a" + c)) == 1
                      and words.pre_tokenize_str("a" + c)[0][1] == (0, 2)),
        "regex_digit": where(onig(r"\d")),
        # A word character does not tell itself from its neighbours: ask for what is none.
        "regex_word": set(CODE_POINTS) - where(onig(r"\W")),
    }
    assert found["space"] == where(onig(r"\s")), "one kind of white space is enough"
    for name, code_points in found.items():
        yield f"{name} {ranges(code_points)}"


def categories():
    """General categories as \\p{..} of Split and Replace has them; what is in none is unassigned."""
    seen = set()
    for name in CATEGORIES:
        split = pre_tokenizers.Split(Regex(rf"\p{{{name}}}"), "isolated")
        of = set()
        for begin in range(0, len(CODE_POINTS), 4096):
            block = CODE_POINTS[begin:begin + 4096]
            # A letter on either side of each: the pattern finds one code point at a time.
            sign = "a" if name != "Ll" else "1"
            text = sign + "".join(chr(c) + sign for c in block)
            for piece, (start, _) in split.pre_tokenize_str(text):
                if len(piece) == 1 and start % 2 == 1:
                    of.add(block[start // 2])
        assert not of & seen, name
        seen |= of
        yield f"category {name} {ranges(of)}"


def clusters():
    of = {}
    for name in ("Extended_Pictographic", "InCB_Consonant", *CLUSTERS[:13]):
        pattern = {"Extended_Pictographic": r"\p{Extended_Pictographic}",
                   "InCB_Consonant": r"\p{InCB=Consonant}"}.get(name, rf"\p{{GCB={name}}}")
        matches = regex.compile(pattern).match
        for c in CODE_POINTS:
            if matches(chr(c)):
                of[c] = name
    for name in CLUSTERS:
        yield f"cluster {name} {ranges(c for c, n in of.items() if n == name)}"
    for name in ("Linker", "Extend"):
        matches = regex.compile(rf"\p{{InCB={name}}}").match
        yield f"conjunct {name} {ranges(where(matches))}"


def combining_classes(nfd):
    """Python's classes, for those characters that the package reorders as of that class."""
    classes = {}
    for c in CODE_POINTS:
        of = unicodedata.combining(chr(c))
        if of == 0 or nfd.normalize_str(chr(c)) != chr(c):
            continue
        # U+0345 has the highest class, 240, and U+0334 the lowest, 1.
        after = nfd.normalize_str("a\u0345" + chr(c)) == "a" + chr(c) + "\u0345"
        before = nfd.normalize_str("a" + chr(c) + "\u0334") == "a\u0334" + chr(c)
        if (after or of == 240) and (before or of == 1):
            classes.setdefault(of, set()).add(c)
    for of in sorted(classes):
        yield f"class {of} {ranges(classes[of])}"


def mappings():
    lower = normalizers.Lowercase()
    forms = {"nfd": normalizers.NFD(), "nfkd": normalizers.NFKD()}

    def line(name, c, mapped):
        return f"{name} {c:04X} " + " ".join(f"{ord(m):04X}" for m in mapped)

    yield from combining_classes(forms["nfd"])
    for c in CODE_POINTS:
        if lower.normalize_str(chr(c)) != chr(c):
            yield line("lower", c, lower.normalize_str(chr(c)))
    nfc = normalizers.NFC()
    for c in CODE_POINTS:
        if c in HANGUL:
            continue  # by arithmetic
        nfd = forms["nfd"].normalize_str(chr(c))
        nfkd = forms["nfkd"].normalize_str(chr(c))
        if nfd != chr(c):
            yield line("nfd", c, nfd)
        if nfkd != nfd:
            yield line("nfkd", c, nfkd)
        # A primary composite: the pair is what it decomposes into in one step.
        if nfd != chr(c) and len(nfd) > 1 and nfc.normalize_str(nfd) == chr(c):
            yield line("pair", c, [nfc.normalize_str(nfd[:-1]), nfd[-1]])


def main():
    print("# What the tokenizers package thinks of every code point.")
    print("# Written by tools/unicode_tables.py; the format is in docs/FORMATS.md.")
    for part in (properties, categories, clusters, mappings):
        for line in part():
            print(line)
            sys.stdout.flush()


if __name__ == "__main__":
    main()
