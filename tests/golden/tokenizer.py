#!/usr/bin/env python3
"""Writes tests/data/tokenizer/: small tokenizers with texts and what the package makes of them.

    pip install tokenizers==0.23.3 sentencepiece==0.2.3 protobuf
    tests/golden/tokenizer.py

wordpiece.json, unigram.json, bytes.json (byte-level BPE) and pairs.json (BPE on characters) are trained on the sentences below where they do not exist; training
does not give the same tokens every time. cases.json names a base, the
fields of it that are replaced, and what the `tokenizers` package answers: "answers" are texts with
ids, offsets and type ids; "pairs" two texts with the same and sequence ids; "decoded" ids with
their text without and with special tokens. forms.json has a hash of what each normalizer makes of every plane of Unicode.
"""
import base64
import json
import pathlib
import random
import tempfile
import unicodedata

import sentencepiece
from sentencepiece import sentencepiece_model_pb2 as model_pb2
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

OUT = pathlib.Path(__file__).resolve().parents[1] / "data" / "tokenizer"

SENTENCES = """
The lamp on the third floor burns until the last reader has gone home.
A good recommendation says why: because you liked the quiet film about the lighthouse keeper.
She unpacked the unbreakable cups, washed them carefully and put them back on the shelf.
Running, runner, ran; singing, singer, sang; reading, reader, read.
We tested the new laptop for two weeks, and its battery lasted eleven hours and forty minutes.
Nobody expected the orchestra to play the whole symphony without a single mistake!
Is the museum near the river open on Mondays, or only from Tuesday to Sunday?
The price went up from 1,299 to 1,499, which is 15.4% more than in 2021.
He wrote "thank you" on a small piece of paper, folded it twice and left it under the plate.
Caf\u00e9s, na\u00efve questions and d\u00e9j\u00e0 vu; the stra\u00dfe was \u00fcberf\u00fcllt, se\u00f1or.
\u4ed6\u5728\u56fe\u4e66\u9986\u91cc\u8bfb\u4e86\u4e00\u6574\u5929\u7684\u4e66\uff0c\u76f4\u5230\u706f\u90fd\u7184\u4e86\u624d\u56de\u5bb6\u3002
\u8fd9\u53f0\u7b14\u8bb0\u672c\u7535\u8111\u5f88\u8f7b\uff0c\u7535\u6c60\u53ef\u4ee5\u7528\u5341\u4e00\u4e2a\u5c0f\u65f6\u3002
\u6211\u4eec\u63a8\u8350\u8fd9\u90e8\u7535\u5f71\uff0c\u56e0\u4e3a\u4f60\u559c\u6b22\u5b89\u9759\u7684\u6545\u4e8b\u3002
\u535a\u7269\u9986\u5728\u6cb3\u8fb9\uff0c\u661f\u671f\u4e00\u4e0d\u5f00\u95e8\uff0c\u4f60\u77e5\u9053\u5417\uff1f
\u56fd\u5bb6\u56fe\u4e66\u9986\u7684\u8bfb\u8005\u8d8a\u6765\u8d8a\u591a\uff0c\u65b0\u4e66\u4e5f\u8d8a\u6765\u8d8a\u591a\u3002
\u97f3\u4e50\u4f1a\u5728\u665a\u4e0a\u516b\u70b9\u5f00\u59cb\uff0c\u8bf7\u4e0d\u8981\u8fdf\u5230\uff01
""".strip().split("\n")

# Everything that has gone wrong somewhere: marks, joiners, directions, controls, odd white space.
HARD = [
    "", " ", "  two  spaces  ", "tab\tand\nline\r\nfeed", "\u00a0no-break\u2003em\u3000wide",
    "e\u0301 \u00e9 e\u0301\u0323 \u1ed9 o\u0302\u0323 \u0301start", "\u212b \u2126 \u00bd \ufb01n \uff21\uff42",
    "\ud55c\uad6d\uc5b4 \u1112\u1161\u11ab \u314e\u314f\u3134", "\u0915\u094d\u0937 \u0939\u093f\u0928\u094d\u0926\u0940",
    "\u05e9\u05b8\u05c1\u05dc\u05d5\u05b9\u05dd \u0627\u0644\u0639\u0631\u0628\u064a\u0651\u0629 \u202eabc\u202c",
    "\U0001F468\u200d\U0001F469\u200d\U0001F467 \U0001F1E8\U0001F1F3\U0001F1FA \u261d\U0001F3FD \u2764\ufe0f",
    "\u0e33\u0e19\u0e49\u0e333\u0e25\u0e33", "a\u0000b\u0001c\u007fd\u00ade\u200bf\ufefff\ufffdg",
    "\u0130\u0131\u03a3\u03c2\u1e9e\u00df\u01c5 \u0345\u0344", "\ue000\uf8ff\U0010ffff\u0378\U000e0041",
    "[CLS] and[SEP]\t[MASK] [mask]", "<s>a</s> <mask> x<unk>y  <mask>", "\u2581a \u2581 \u2581\u2581b \u0120c",
    "x" * 101 + " " + "y" * 100, "don't stop--now...(ok)? $3.50+7=10.5 a_b", "\u4e2d\u6587ABC\u6df7\u5408text\uff01\u3002",
    "\u2460\u2461 \u00b2\u0663 \u4e09 \u2164 1\u00bc2", "``quoted'' ''twice``", "\u3042\u3099 \u304b\u3099 \u30f4 \uff76\uff9e",
]
SHORT = [HARD[i] for i in (2, 3, 4, 5, 6, 9, 12, 15, 16, 17, 19, 20, 21, 22)]


def special(i, content, **flags):
    return {"id": i, "content": content, "single_word": False, "lstrip": False, "rstrip": False,
            "normalized": False, "special": True, **flags}


def wordpiece():
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.train_from_iterator(SENTENCES, trainers.WordPieceTrainer(
        vocab_size=400, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"],
        show_progress=False))
    settings = json.loads(tokenizer.to_str())
    settings["decoder"] = None
    settings["post_processor"] = template(("[CLS]", 2), ("[SEP]", 3))
    return settings


def charsmap():
    """SentencePiece's compiled form of a few hundred rules, sequences among them."""
    rules = {}
    for c in [*range(0xA0, 0x180), *range(0x1E00, 0x1F00), *range(0xFB00, 0xFB07),
              *range(0xFF01, 0xFF5F), *range(0x2460, 0x2470), *range(0x2000, 0x200B)]:
        for form in ("NFD", "NFC"):
            source = unicodedata.normalize(form, chr(c))
            target = unicodedata.normalize("NFKC", chr(c))
            if source != target:
                rules[source] = target
    rules.update({chr(c): "" for c in [*range(1, 9), *range(0x0E, 0x20), 0x7F, 0xAD, 0xFEFF]})
    rules.update({"\t": " ", "\n": " ", "\r": " ", "\u3000": " ", "\u200d": " ", "\u0e33": "\u0e4d\u0e32"})
    return rules


def unigram():
    with tempfile.TemporaryDirectory() as folder:
        tsv = pathlib.Path(folder, "rules.tsv")
        tsv.write_text("".join(
            " ".join(f"{ord(c):X}" for c in source) + "\t" + " ".join(f"{ord(c):X}" for c in target)
            + "\n" for source, target in sorted(charsmap().items())))
        text = pathlib.Path(folder, "text.txt")
        text.write_text("\n".join(SENTENCES * 3), encoding="utf-8")
        sentencepiece.SentencePieceTrainer.train(
            input=str(text), model_prefix=folder + "/m", vocab_size=330, hard_vocab_limit=False, model_type="unigram",
            normalization_rule_tsv=str(tsv), character_coverage=0.99, num_threads=1,
            minloglevel=2)
        proto = model_pb2.ModelProto.FromString(pathlib.Path(folder, "m.model").read_bytes())
    pieces = [["<s>", 0.0], ["<pad>", 0.0], ["</s>", 0.0], ["<unk>", 0.0]]
    pieces += [[p.piece, p.score] for p in proto.pieces if p.type == 1]
    pieces += [[f"<0x{byte:02X}>", -20.0] for byte in range(256)]
    pieces.append(["<mask>", 0.0])
    return {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [special(0, "<s>"), special(1, "<pad>"), special(2, "</s>"),
                         special(3, "<unk>"), special(len(pieces) - 1, "<mask>", lstrip=True)],
        "normalizer": {"type": "Sequence", "normalizers": [
            {"type": "Precompiled", "precompiled_charsmap": base64.b64encode(
                proto.normalizer_spec.precompiled_charsmap).decode()},
            {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}]},
        "pre_tokenizer": metaspace(),
        "post_processor": template(("<s>", 0), ("</s>", 2)),
        "decoder": None,
        "model": {"type": "Unigram", "unk_id": 3, "vocab": pieces, "byte_fallback": False},
    }


def bpe(tokenizer, **fields):
    """Settings of a trained BPE tokenizer; merges as files before 2024 have them."""
    settings = json.loads(tokenizer.to_str())
    settings["model"]["merges"] = [" ".join(m) for m in settings["model"]["merges"]]
    return {**settings, "decoder": None, **fields}


def bytes_():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.train_from_iterator(SENTENCES, trainers.BpeTrainer(
        vocab_size=500, special_tokens=["<|endoftext|>", "<|pad|>"], show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    return bpe(tokenizer, post_processor={"type": "ByteLevel", "add_prefix_space": False,
                                          "trim_offsets": True, "use_regex": True})


def pairs():
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.train_from_iterator(SENTENCES, trainers.BpeTrainer(
        vocab_size=700, limit_alphabet=90, show_progress=False,
        special_tokens=["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)]))
    settings = bpe(tokenizer)
    settings["added_tokens"] = settings["added_tokens"][:3]
    return settings


def template(first, last, type_id=0):
    def token(t):
        return {"SpecialToken": {"id": t[0], "type_id": type_id}}
    a = {"Sequence": {"id": "A", "type_id": type_id}}
    b = {"Sequence": {"id": "B", "type_id": 1}}
    return {"type": "TemplateProcessing", "single": [token(first), a, token(last)],
            "pair": [token(first), a, token(last), b, token(last)],
            "special_tokens": {t[0]: {"id": t[0], "ids": [t[1]], "tokens": [t[0]]}
                               for t in (first, last)}}


def metaspace(**fields):
    return {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": True,
            **fields}


def sequence(*steps):
    return {"type": "Sequence", "normalizers": list(steps)}


def cuts(*steps):
    return {"type": "Sequence", "pretokenizers": list(steps)}


def replace(kind, pattern, content):
    return {"type": "Replace", "pattern": {kind: pattern}, "content": content}


def split(kind, pattern, behavior, invert=False):
    return {"type": "Split", "pattern": {kind: pattern}, "behavior": behavior, "invert": invert}


def bert(**fields):
    return {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True,
            "strip_accents": None, "lowercase": True, **fields}


def pair(kind, **fields):
    return {"type": kind, "sep": ["</s>", 2], "cls": ["<s>", 0], **fields}


BEHAVIORS = ("Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous")


def cases():
    """(name, base, replaced fields, texts)"""
    yield "wordpiece", "wordpiece", {}, SENTENCES + HARD
    yield "unigram", "unigram", {}, SENTENCES + HARD

    def normalizer(name, step, base="wordpiece", **fields):
        return name, base, {"normalizer": step, **fields}, SHORT

    white = {"pre_tokenizer": {"type": "WhitespaceSplit"}}
    yield normalizer("bert, cased", bert(lowercase=False))
    yield normalizer("bert, accents kept", bert(strip_accents=False))
    yield normalizer("bert, accents stripped, cased", bert(strip_accents=True, lowercase=False))
    yield normalizer("bert, no cleaning", bert(clean_text=False))
    yield normalizer("bert, no Chinese", bert(handle_chinese_chars=False))
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        yield normalizer(form, {"type": form}, "unigram")
    yield normalizer("accents and case", sequence(
        {"type": "NFKD"}, {"type": "StripAccents"}, {"type": "Lowercase"}), **white)
    yield normalizer("nmt", {"type": "Nmt"}, "unigram")
    for left, right in ((True, True), (True, False), (False, True)):
        yield normalizer(f"strip {left} {right}",
                         {"type": "Strip", "strip_left": left, "strip_right": right}, "unigram",
                         pre_tokenizer=None)
    yield normalizer("replace", sequence(
        replace("String", "``", '"'), replace("String", "''", '"'), replace("Regex", r"\s+", " "),
        replace("Regex", r"[^\W\d_]x{2,3}", "\u00e9!"), replace("Regex", r"[a-c\]\-]", "")),
        "unigram")
    yield normalizer("prepend", sequence({"type": "Prepend", "prepend": "\u2581"},
                                         replace("String", " ", "\u2581")), "unigram",
                     pre_tokenizer=None)
    yield normalizer("none", None, "unigram")
    yield "bytes by the normalizer", "bytes", {
        "normalizer": {"type": "ByteLevel"},
        "pre_tokenizer": split("Regex", "\u0120?[^\u0120]+", "Isolated")}, SHORT

    def cut(name, step, base="wordpiece"):
        return name, base, {"pre_tokenizer": step}, SHORT

    yield cut("whitespace", {"type": "Whitespace"})
    yield cut("no pre-tokenizer", None)
    for behavior in BEHAVIORS:
        yield cut(f"punctuation {behavior}", {"type": "Punctuation", "behavior": behavior}, "unigram")
        yield cut(f"split {behavior}", split("Regex", r"[\s,.]+", behavior), "unigram")
    yield cut("split, upside down", split("Regex", r"\w+", "Removed", True))
    yield cut("split by characters", split("Regex", ".", "Isolated"), "unigram")
    yield cut("split by a string", split("String", "re", "MergedWithNext"), "unigram")
    yield cut("digits", cuts({"type": "Digits", "individual_digits": True}, metaspace()), "unigram")
    yield cut("numbers", cuts({"type": "WhitespaceSplit"},
                              {"type": "Digits", "individual_digits": False}))
    yield cut("delimiter", {"type": "CharDelimiterSplit", "delimiter": "e"}, "unigram")
    yield cut("words, then metaspace", cuts({"type": "WhitespaceSplit"}, metaspace()), "unigram")
    yield cut("metaspace, first", metaspace(prepend_scheme="first"), "unigram")
    yield cut("metaspace, never", metaspace(prepend_scheme="never"), "unigram")
    yield cut("metaspace, one word", metaspace(split=False), "unigram")
    yield cut("metaspace, old", {"type": "Metaspace", "replacement": "\u2581", "str_rep": "\u2581",
                                 "add_prefix_space": True}, "unigram")

    def post(name, step, **fields):
        return name, "unigram", {"post_processor": step, **fields}, SHORT

    yield post("bert processing", pair("BertProcessing"))
    for trim in (True, False):
        for prefix in (True, False):
            yield post(f"roberta processing {trim} {prefix}",
                       pair("RobertaProcessing", trim_offsets=trim, add_prefix_space=prefix),
                       pre_tokenizer=metaspace(prepend_scheme="never", replacement=" "))
    yield post("template in a sequence",
               {"type": "Sequence", "processors": [template(("<s>", 0), ("</s>", 2), type_id=1)]})
    yield post("no post-processor", None)

    def added(name, *tokens, **fields):
        return name, "wordpiece", {"added_tokens": list(tokens), **fields}, SHORT + [
            "Re\u00c1der reader readers  reader\treader ", "the  THE the", "a b\u00a0[MASK] \u3000c"]

    yield added("added: normalized", special(0, "ReAder", normalized=True, special=False),
                special(1, "\u4e2d\u6587", normalized=True))
    yield added("added: single words", special(0, "reader", single_word=True),
                special(1, "the", single_word=True, normalized=True))
    yield added("added: taking spaces", special(0, "[MASK]", lstrip=True, rstrip=True),
                special(1, " ", rstrip=True), special(2, "reader", lstrip=True))
    yield added("added: longest first", special(0, "read"), special(1, "reader"),
                special(2, "readers", normalized=True))
    yield added("added: new ids", special(9999, "twice"), special(5, "spaces", normalized=True))

    for direction in ("Right", "Left"):
        for most in (2, 5, 8):
            yield (f"truncation {direction} {most}", "unigram", {"truncation": {
                "direction": direction, "max_length": most, "strategy": "LongestFirst",
                "stride": 0}}, SHORT)
    yield "byte fallback", "unigram", {"model_options": {"byte_fallback": True}}, SHORT
    yield from bpe_cases()


QWEN2 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|"
         r"\s+(?!\S)|\s+")
GPT_4O = (r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
          r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
          r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")


def bpe_cases():
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
    texts = SHORT + ["I'LL say it's 12345.\n\n  Then\r\n\tgo!  ", "ABCdef Ghi 'S '\u017f \u01c5a\u0301B"]
    yield "byte-level BPE", "bytes", {}, SENTENCES + HARD
    yield "byte-level BPE, a space in front", "bytes", {
        "pre_tokenizer": {**byte_level, "add_prefix_space": True, "use_regex": True},
        "post_processor": {**byte_level, "add_prefix_space": True}}, texts
    for name, regex in (("Qwen2", QWEN2), ("GPT-4o", GPT_4O)):
        yield f"byte-level BPE, words of {name}", "bytes", {
            "pre_tokenizer": cuts(split("Regex", regex, "Isolated"), byte_level)}, texts
    yield "byte-level BPE, merges ignored", "bytes", {
        "model_options": {"ignore_merges": True},
        "post_processor": {"type": "Sequence", "processors": [
            byte_level, template(("<|endoftext|>", 0), ("<|pad|>", 1))]}}, texts
    yield "byte-level BPE, no words", "bytes", {"pre_tokenizer": byte_level}, texts
    yield "BPE", "pairs", {}, SENTENCES + HARD
    yield "BPE, unknown apart", "pairs", {"model_options": {"fuse_unk": False}}, texts
    yield "BPE, unknown left out", "pairs", {"model_options": {"unk_token": None}}, texts
    yield "BPE, byte fallback", "pairs", {
        "model_options": {"byte_fallback": True}, "pre_tokenizer": None,
        "normalizer": sequence({"type": "Prepend", "prepend": "\u2581"}, replace("String", " ", "\u2581"))}, texts
    # Without some bytes, unknown characters come after what follows them.
    vocab = {"a": 0, "b": 1, "?": 2, "<0xC3>": 3, "<0xA9>": 4, "ab": 5, "##b": 6, "##a": 7, "a##": 8, "b</w>": 9,
             "ab</w>": 10, "aba": 11}
    yield "BPE, few bytes", "pairs", {"pre_tokenizer": None, "added_tokens": [], "model": {
        "type": "BPE", "vocab": vocab, "merges": [["a", "b"]], "unk_token": "?", "byte_fallback": True}}, [
            "ab\u00e9ab", "x\u00e9x", "xx\u00e9", "\u4e2d\u00e9\u4e2dab"]
    yield "BPE, word parts", "pairs", {"pre_tokenizer": None, "added_tokens": [], "model": {
        "type": "BPE", "vocab": vocab, "merges": [["a", "##b"], ["ab", "##a"]], "unk_token": "?",
        "continuing_subword_prefix": "##"}}, ["ab", "aba", "ababa", "ba", "xa"]
    yield "BPE, word ends", "pairs", {"pre_tokenizer": None, "added_tokens": [], "model": {
        "type": "BPE", "vocab": vocab, "merges": [["a", "b</w>"]], "unk_token": "?",
        "end_of_word_suffix": "</w>"}}, ["ab", "b", "bb", "aab", "xb"]


def pair_cases():
    """(name, base, replaced fields, pairs of texts)"""
    pairs = list(zip(SHORT, SHORT[1:] + SHORT[:1])) + [("", ""), ("", "the"), ("reading", "")]
    yield "pairs", "wordpiece", {}, pairs
    yield "pairs, bert processing", "unigram", {"post_processor": pair("BertProcessing")}, pairs
    for trim in (True, False):
        yield f"pairs, roberta processing {trim}", "bytes", {"post_processor": pair(
            "RobertaProcessing", trim_offsets=trim, add_prefix_space=True)}, pairs
    yield "pairs, byte level", "bytes", {}, pairs
    yield "pairs, no post-processor", "pairs", {}, pairs
    turned = template(("<s>", 0), ("</s>", 2), type_id=3)
    turned["pair"] = turned["pair"][3:] + turned["pair"][:3]
    yield "pairs, the second first", "unigram", {"post_processor": {
        "type": "Sequence", "processors": [turned]}}, pairs
    for strategy in ("LongestFirst", "OnlyFirst", "OnlySecond"):
        for direction in ("Right", "Left"):
            for most in (3, 4, 9, 10, 17):
                yield f"pairs, truncation {strategy} {direction} {most}", "wordpiece", {"truncation": {
                    "direction": direction, "max_length": most, "strategy": strategy, "stride": 0}}, pairs[:8]


def decoder_cases():
    """(name, base, replaced fields)"""
    def steps(*list_):
        return {"decoder": {"type": "Sequence", "decoders": list(list_)}}

    strip = {"type": "Strip", "content": " ", "start": 1, "stop": 0}
    fallback, fuse = {"type": "ByteFallback"}, {"type": "Fuse"}
    space = replace("String", "\u2581", " ")
    yield "decoder: none", "unigram", {}
    for cleanup in (True, False):
        yield f"decoder: WordPiece {cleanup}", "wordpiece", {
            "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": cleanup}}
    for scheme in ("always", "first", "never"):
        yield f"decoder: Metaspace {scheme}", "unigram", {"decoder": metaspace(prepend_scheme=scheme)}
    yield "decoder: ByteLevel", "bytes", {"decoder": {
        "type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}}
    yield "decoder: ByteLevel of other characters", "pairs", {"decoder": {
        "type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}}
    yield "decoder: of Llama 2", "pairs", steps(space, fallback, fuse, strip)
    yield "decoder: of Gemma", "pairs", steps(space, fallback, fuse)
    yield "decoder: BPEDecoder", "wordpiece", {"decoder": {"type": "BPEDecoder", "suffix": "e"}}
    yield "decoder: Strip", "unigram", {"decoder": {"type": "Strip", "content": "\u2581", "start": 2, "stop": 0}}
    yield "decoder: Replace", "unigram", steps(replace("Regex", "[a-e]{2}", "<>"), replace("String", ">", ""))


def decoded(tokenizer):
    random_ = random.Random(5)
    size = max(tokenizer.get_vocab().values()) + 1
    lists = [tokenizer.encode(text).ids for text in SENTENCES[:6] + HARD[:12] + ["don't say  'it's' ! , . n't 's"]]
    lists += [[random_.randrange(size + 2) for _ in range(length)] for length in (1, 2, 3, 5, 8, 20, 60) * 3]
    return [[ids, tokenizer.decode(ids), tokenizer.decode(ids, skip_special_tokens=False)] for ids in lists]


def paired(tokenizer, pairs):
    answers = []
    for first, second in pairs:
        try:
            encoding = tokenizer.encode(first, second)
        except Exception:
            answers.append([first, second])  # what may be cut is too short
            continue
        answers.append([first, second, encoding.ids, [p for span in encoding.offsets for p in span], encoding.type_ids,
                        [-1 if s is None else s for s in encoding.sequence_ids]])
    return answers


BASES = {}


def golden(name, base, fields, make):
    """A line of cases.json: what `make` answers with the tokenizer."""
    settings = {**BASES[base], **fields}
    settings["model"] = {**settings["model"], **settings.pop("model_options", {})}
    return json.dumps({"name": name, "base": base, "fields": fields, **make(Tokenizer.from_str(json.dumps(settings)))},
                      separators=(",", ":"))


def encoded(tokenizer, texts):
    answers = []
    for text in texts:
        encoding = tokenizer.encode(text)
        answers.append([text, encoding.ids, [p for span in encoding.offsets for p in span], encoding.type_ids])
    return answers


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    for train in (wordpiece, unigram, bytes_, pairs):
        path = OUT / f"{train.__name__.strip('_')}.json"
        if not path.exists():
            path.write_text(json.dumps(train(), ensure_ascii=False) + "\n", encoding="utf-8")
        BASES[path.stem] = json.loads(path.read_text(encoding="utf-8"))
    lines = [golden(name, base, fields, lambda tokenizer, texts=texts: {"answers": encoded(tokenizer, texts)})
             for name, base, fields, texts in cases()]
    lines += [golden(name, base, fields, lambda tokenizer, pairs=pairs: {"pairs": paired(tokenizer, pairs)})
              for name, base, fields, pairs in pair_cases()]
    lines += [golden(name, base, fields, lambda tokenizer: {"decoded": decoded(tokenizer)})
              for name, base, fields in decoder_cases()]
    (OUT / "cases.json").write_text("[\n" + ",\n".join(lines) + "\n]\n")
    (OUT / "forms.json").write_text(json.dumps(forms(), indent=1) + "\n")


def forms():
    """Of each normalizer: FNV-1a of what it makes of every plane's code points in groups of 16."""
    steps = {"NFC": {"type": "NFC"}, "NFD": {"type": "NFD"}, "NFKC": {"type": "NFKC"},
             "NFKD": {"type": "NFKD"}, "Lowercase": {"type": "Lowercase"},
             "StripAccents": {"type": "StripAccents"}, "Nmt": {"type": "Nmt"},
             "ByteLevel": {"type": "ByteLevel"}, "bert": bert(), "bert cased": bert(lowercase=False)}
    out = {}
    for name, step in steps.items():
        settings = {"version": "1.0", "added_tokens": [], "normalizer": step,
                    "model": {"type": "Unigram", "unk_id": 0, "vocab": [["?", 0.0]]}}
        normalizer = Tokenizer.from_str(json.dumps(settings)).normalizer
        hashes = []
        for plane in range(17):
            value = 0xCBF29CE484222325
            for begin in range(plane << 16, (plane + 1) << 16, 16):
                text = "".join(chr(c) for c in range(begin, begin + 16) if not 0xD800 <= c < 0xE000)
                for byte in normalizer.normalize_str(text).encode():
                    value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
            hashes.append(f"{value:016x}")
        out[name] = {"step": step, "planes": hashes}
    return out


if __name__ == "__main__":
    main()
