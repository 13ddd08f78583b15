#!/usr/bin/env python3
"""Trains tokenizers of every published make on the texts of the data folder, to compare Penchant's with the package's.

    tools/train_tokenizers.py OUT [--data FOLDER] [--only NAME...]
    for folder in OUT/*; do tools/compare_tokenizer.py --model $folder; done

Each becomes OUT/<name>/tokenizer.json: the pre-tokenizers, options and post-processors of GPT-2, RoBERTa, Qwen2, Qwen3,
Llama 2 and 3, GPT-4o, DeepSeek, SmolLM2, ModernBERT, CLIP and others, with a vocabulary of real texts. Needs the package:
    .venv/bin/pip install -r bench/requirements.txt
"""
import argparse
import csv
import gzip
import io
import json
import os
import random
import sys
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

SPLIT = {
    "qwen2": r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "llama3": r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "gpt4o": r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
             r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
             r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "deepseek": r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|"
                r"\s*[\r\n]+|\s+(?!\S)|\s+",
    "clip": r"""'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+""",
}


def byte_level(prefix=False, regex=True):
    return pre_tokenizers.ByteLevel(add_prefix_space=prefix, use_regex=regex)


def split(pattern, behavior="isolated", invert=False):
    return pre_tokenizers.Split(Regex(pattern), behavior, invert)


def in_turn(*steps):
    return pre_tokenizers.Sequence(list(steps))


# name: (model options, normalizer, pre-tokenizer, post-processor, trained on bytes, special tokens)
def makes():
    bytes_of = lambda name: in_turn(split(SPLIT[name]), byte_level(regex=False))
    trim = processors.ByteLevel(trim_offsets=True)
    keep = processors.ByteLevel(trim_offsets=False)
    end = ["<|endoftext|>"]
    yield "gpt2", {}, None, byte_level(), keep, True, end
    yield "gpt2-prefix", {}, None, byte_level(prefix=True), trim, True, end
    yield "roberta", {}, None, byte_level(), processors.RobertaProcessing(
        ("</s>", 2), ("<s>", 0), trim_offsets=True, add_prefix_space=False), True, ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    yield "qwen2", {}, normalizers.NFC(), bytes_of("qwen2"), keep, True, end
    yield "qwen3", {"ignore_merges": False}, normalizers.NFC(), bytes_of("qwen2"), trim, True, end
    yield "llama3", {"ignore_merges": True}, None, bytes_of("llama3"), processors.Sequence([
        trim, processors.TemplateProcessing("<|endoftext|> $A", special_tokens=[("<|endoftext|>", 0)])]), True, end
    yield "gpt4o", {}, None, bytes_of("gpt4o"), trim, True, end
    yield "deepseek", {}, None, in_turn(
        split(r"\p{N}{1,3}"), split("[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+"), split(SPLIT["deepseek"]),
        byte_level(regex=False)), keep, True, end
    yield "smollm2", {}, None, in_turn(pre_tokenizers.Digits(individual_digits=True), byte_level()), None, True, end
    yield "modernbert", {}, normalizers.NFC(), byte_level(), processors.TemplateProcessing(
        "[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1", [("[CLS]", 0), ("[SEP]", 1)]), True, ["[CLS]", "[SEP]", "[MASK]"]
    yield "clip", {"end_of_word_suffix": "</w>", "unk_token": "<|endoftext|>"}, normalizers.Sequence([
        normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]), in_turn(
        split(SPLIT["clip"], "removed", True), byte_level(regex=False)), processors.RobertaProcessing(
        ("<|endoftext|>", 0), ("<|endoftext|>", 0), trim_offsets=False, add_prefix_space=False), True, end
    # Trained by words, as SentencePiece does it, and then used without them.
    yield "llama2", {"byte_fallback": True, "fuse_unk": True, "unk_token": "<unk>"}, normalizers.Sequence([
        normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")]), pre_tokenizers.Metaspace(
        prepend_scheme="never"), processors.TemplateProcessing(
        "<s> $A", special_tokens=[("<s>", 1)]), False, ["<unk>", "<s>", "</s>"]
    yield "gemma", {"byte_fallback": True, "fuse_unk": True, "unk_token": "<unk>"}, normalizers.Replace(
        " ", "\u2581"), pre_tokenizers.Split(" ", "merged_with_previous"), None, False, ["<unk>", "<s>", "</s>"]
    yield "metaspace", {"unk_token": "<unk>", "fuse_unk": True}, None, pre_tokenizers.Metaspace(), None, False, ["<unk>"]
    yield "unknown-apart", {"unk_token": "<unk>"}, normalizers.NFKC(), pre_tokenizers.Metaspace(
        prepend_scheme="first"), None, False, ["<unk>"]
    yield "continuing", {"unk_token": "[UNK]", "continuing_subword_prefix": "##"}, normalizers.BertNormalizer(), \
        pre_tokenizers.BertPreTokenizer(), None, False, ["[UNK]"]
    yield "suffix", {"unk_token": "<unk>", "end_of_word_suffix": "</w>"}, normalizers.Lowercase(), \
        pre_tokenizers.WhitespaceSplit(), None, False, ["<unk>"]
    yield "no-unknown", {}, None, pre_tokenizers.WhitespaceSplit(), None, False, []


def sample(data, bytes_wanted=3_000_000):
    """Lines of every text file, evenly."""
    files = [p for p in sorted(data.rglob("*.gz")) if p.stat().st_size > 1000]
    lines = []
    for path in files:
        with gzip.open(path, "rb") as file:
            text = file.read(bytes_wanted // len(files) + 1000).decode("utf-8", "ignore")
        lines += [line for line in io.StringIO(text) if line.strip()]
    random.Random(7).shuffle(lines)
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", type=Path, default=os.environ.get("PENCHANT_TEST_DATA") or None)
    parser.add_argument("--only", nargs="+")
    options = parser.parse_args()
    if not options.data:
        sys.exit("no data: set PENCHANT_TEST_DATA to its folder")
    lines = sample(options.data)
    for name, model, normalizer, pre_tokenizer, post_processor, on_bytes, special in makes():
        if options.only and name not in options.only:
            continue
        tokenizer = Tokenizer(models.BPE(**model))
        if normalizer:
            tokenizer.normalizer = normalizer
        if pre_tokenizer:
            tokenizer.pre_tokenizer = pre_tokenizer
        fallback = [f"<0x{byte:02X}>" for byte in range(256)] if model.get("byte_fallback") else []
        trainer = trainers.BpeTrainer(
            vocab_size=8000, special_tokens=special + fallback, show_progress=False, limit_alphabet=600,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet() if on_bytes else [],
            **{k: v for k, v in model.items() if k in ("continuing_subword_prefix", "end_of_word_suffix")})
        tokenizer.train_from_iterator(lines[:20000], trainer)
        if name == "llama2":
            tokenizer.pre_tokenizer = None
        if post_processor:
            tokenizer.post_processor = post_processor
        folder = options.out / name
        folder.mkdir(parents=True, exist_ok=True)
        settings = json.loads(tokenizer.to_str())
        settings["added_tokens"] = [t for t in settings["added_tokens"] if t["content"] not in fallback]
        (folder / "tokenizer.json").write_text(json.dumps(settings, ensure_ascii=False), encoding="utf-8")
        print(f"{name}: {tokenizer.get_vocab_size()} tokens", flush=True)


if __name__ == "__main__":
    main()
