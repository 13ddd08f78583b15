#!/usr/bin/env python3
"""Writes tests/data/encoder/: small random checkpoints with the vectors they must give.

Run from the repository's root with the development environment's Python; the same bytes every time.
"""
import json
import pathlib
import struct
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
from reference_encoder import Reference, gelu  # noqa: E402

OUT = pathlib.Path(__file__).resolve().parents[1] / "data" / "encoder"
WORDS = """the a an of in on and to is red green blue fast slow book film music laptop phone story
about good bad new old man woman city river night day light house garden water stone""".split()
TEXTS = ["the red book", "a", "", "music of the night and the city",
         "good laptop good phone good film about an old man in a new house on the river",
         "stone " * 60]


def write_safetensors(path, tensors):
    header, chunks, at = {}, [], 0
    for name, (dtype, array) in tensors.items():
        data = array.tobytes()
        header[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": [at, at + len(data)]}
        chunks.append(data)
        at += len(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(chunks))


def stored(array, dtype):
    array = array.astype(np.float32)
    if dtype == "F16":
        return dtype, array.astype(np.float16)
    if dtype == "BF16":  # rounded to nearest even
        bits = array.view(np.uint32)
        return dtype, ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype(np.uint16)
    return dtype, array


def checkpoint(config, prefix, old_names, dtype, seed):
    rng = np.random.default_rng(seed)
    H, inner = config["hidden_size"], config["intermediate_size"]
    tensors = {}

    def add(name, *shape, mean=0.0, deviation=0.2):
        tensors[prefix + name] = stored(rng.normal(mean, deviation, shape), dtype)

    def norm(name):
        add(name + (".gamma" if old_names else ".weight"), H, mean=1)
        add(name + (".beta" if old_names else ".bias"), H)

    def dense(name, outputs, inputs):
        add(name + ".weight", outputs, inputs)
        add(name + ".bias", outputs)

    add("embeddings.word_embeddings.weight", config["vocab_size"], H, deviation=1)
    add("embeddings.position_embeddings.weight", config["max_position_embeddings"], H)
    add("embeddings.token_type_embeddings.weight", config["type_vocab_size"], H)
    norm("embeddings.LayerNorm")
    for layer in range(config["num_hidden_layers"]):
        name = f"encoder.layer.{layer}."
        for part in ("query", "key", "value"):
            dense(name + "attention.self." + part, H, H)
        dense(name + "attention.output.dense", H, H)
        norm(name + "attention.output.LayerNorm")
        dense(name + "intermediate.dense", inner, H)
        dense(name + "output.dense", H, inner)
        norm(name + "output.LayerNorm")
    dense("pooler.dense", 4, H)  # a head, to be ignored
    return tensors


def tokenizer(cls, sep, pad, unk):
    specials = [pad, unk, cls, sep]
    vocabulary = {token: i for i, token in enumerate(specials + WORDS)}
    return vocabulary, {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [{"id": vocabulary[t], "content": t, "single_word": False, "lstrip": False,
                          "rstrip": False, "normalized": False, "special": True} for t in specials],
        "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True,
                       "strip_accents": None, "lowercase": True},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": cls, "type_id": 0}},
                       {"Sequence": {"id": "A", "type_id": 0}},
                       {"SpecialToken": {"id": sep, "type_id": 0}}],
            "pair": [{"SpecialToken": {"id": cls, "type_id": 0}},
                     {"Sequence": {"id": "A", "type_id": 0}},
                     {"SpecialToken": {"id": sep, "type_id": 0}},
                     {"Sequence": {"id": "B", "type_id": 1}},
                     {"SpecialToken": {"id": sep, "type_id": 1}}],
            "special_tokens": {t: {"id": t, "ids": [vocabulary[t]], "tokens": [t]}
                               for t in (cls, sep)}},
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {"type": "WordPiece", "unk_token": unk, "continuing_subword_prefix": "##",
                  "max_input_chars_per_word": 100, "vocab": vocabulary},
    }


def write_json(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1) + "\n")


def write_model(name, model_type, prefix, old_names, dtype, pooling, prompts, seed):
    folder = OUT / name
    bert = model_type == "bert"
    cls, sep, pad, unk = ("[CLS]", "[SEP]", "[PAD]", "[UNK]") if bert else ("<s>", "</s>", "<pad>", "<unk>")
    vocabulary, tokens = tokenizer(cls, sep, pad, unk)
    config = {"model_type": model_type, "hidden_size": 32, "num_hidden_layers": 2,
              "num_attention_heads": 4, "intermediate_size": 64, "vocab_size": len(vocabulary),
              "max_position_embeddings": 48, "type_vocab_size": 2 if bert else 1, "hidden_act": "gelu",
              "layer_norm_eps": 1e-12 if bert else 1e-5, "pad_token_id": 0 if bert else 1}
    write_json(folder / "config.json", config)
    write_json(folder / "tokenizer.json", tokens)
    types = ["Transformer", "Pooling", "Normalize"]
    paths = ["", "1_Pooling", "2_Normalize"]
    write_json(folder / "modules.json",
               [{"idx": i, "name": str(i), "path": path, "type": "sentence_transformers.models." + kind}
                for i, (path, kind) in enumerate(zip(paths, types))])
    write_json(folder / "1_Pooling" / "config.json",
               {"word_embedding_dimension": 32,
                **{f"pooling_mode_{mode}": mode == pooling
                   for mode in ("cls_token", "mean_tokens", "max_tokens", "mean_sqrt_len_tokens")}})
    write_json(folder / "sentence_bert_config.json", {"max_seq_length": 40, "do_lower_case": False})
    write_json(folder / "config_sentence_transformers.json", {"prompts": prompts})
    write_safetensors(folder / "model.safetensors",
                      checkpoint(config, prefix, old_names, dtype, seed))
    reference = Reference(folder)
    cases = []
    for text in TEXTS:
        for purpose in ("plain", "query", "passage"):
            words = (prompts.get(purpose, "") + text).split()
            ids = [vocabulary[cls]] + [vocabulary[w] for w in words][:38] + [vocabulary[sep]]
            cases.append({"text": text, "purpose": purpose, "ids": ids,
                          "vector": [float(f"{v:.7g}") for v in reference.encode([ids])[0]]})
    (folder / "golden.json").write_text(
        "[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")


def write_dense():
    """tiny-bert with a Dense of each activation, a Normalize behind the first of them, and truncate_dim.

    The vectors of golden.json are those of sentence-transformers' modules in double precision, of length 1:
    of the first 12 numbers (vector) and of all (whole); and the first 12 as long as they are (raw).
    """
    folder, source = OUT / "tiny-dense", OUT / "tiny-bert"
    for name in ("config.json", "tokenizer.json", "sentence_bert_config.json"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes((source / name).read_bytes())
    encoder = checkpoint(json.loads((source / "config.json").read_text()), "bert.", True, "F32", 1)
    write_safetensors(folder / "model.safetensors",
                      {name: tensor for name, tensor in encoder.items() if "pooler" not in name})
    activations = {"linear.Identity": lambda x: x, "activation.Tanh": np.tanh,
                   "activation.Sigmoid": lambda x: 1 / (1 + np.exp(-x)), "activation.GELU": gelu,
                   "activation.ReLU": lambda x: np.maximum(x, 0), "activation.SiLU": lambda x: x / (1 + np.exp(-x))}
    widths = [32, 24, 40, 20, 20, 28, 16]
    kinds, steps = ["Transformer", "Pooling"], []
    rng = np.random.default_rng(5)
    paths = ["", "1_Pooling"]
    write_json(folder / "1_Pooling" / "config.json", {"embedding_dimension": 32, "pooling_mode": "mean"})
    for i, (name, act) in enumerate(activations.items()):
        if i == 1:
            kinds.append("Normalize")
            paths.append(f"{len(paths)}_Normalize")
            steps.append(unit)
        path = f"{len(paths)}_Dense"
        kinds.append("Dense")
        paths.append(path)
        inputs, outputs, bias = widths[i], widths[i + 1], i != 2
        weights = {"linear.weight": stored(rng.normal(0, 0.5, (outputs, inputs)), "F32")}
        if bias:
            weights["linear.bias"] = stored(rng.normal(0, 0.5, outputs), "F32")
        write_json(folder / path / "config.json", {"in_features": inputs, "out_features": outputs, "bias": bias,
                                                   "activation_function": "torch.nn.modules." + name})
        write_safetensors(folder / path / "model.safetensors", weights)
        w = weights["linear.weight"][1].astype(np.float64)
        b = weights["linear.bias"][1].astype(np.float64) if bias else 0
        steps.append(lambda x, w=w, b=b, act=act: act(w @ x + b))
    kinds.append("Normalize")
    paths.append(f"{len(paths)}_Normalize")
    write_json(folder / "modules.json",
               [{"idx": i, "name": str(i), "path": path, "type": "sentence_transformers.models." + kind}
                for i, (path, kind) in enumerate(zip(paths, kinds))])
    write_json(folder / "config_sentence_transformers.json", {"prompts": {}, "truncate_dim": 12})
    reference = Reference(source)
    cases = []
    for case in json.loads((source / "golden.json").read_text())[::3]:
        x = reference.states(np.array([case["ids"]]))[0].mean(0)
        for step in steps:
            x = step(x)
        before = x
        cases.append({"text": case["text"], "purpose": "plain", "ids": case["ids"],
                      "vector": [float(f"{v:.7g}") for v in unit(x[:12])],
                      "whole": [float(f"{v:.7g}") for v in unit(x)],
                      "raw": [float(f"{v:.7g}") for v in before[:12]]})
    (folder / "golden.json").write_text(
        "[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")


def unit(vector):
    length = np.linalg.norm(vector)
    return vector / length if length > 0 else vector


def write_model2vec():
    """Token vectors shared through a mapping, with weights; the expected sums by both formulas, and the mean."""
    folder = OUT / "tiny-model2vec"
    vocabulary, tokens = tokenizer("[CLS]", "[SEP]", "[PAD]", "[UNK]")
    rng = np.random.default_rng(4)
    rows, D = 20, 16
    embeddings = stored(rng.normal(0, 1, (rows, D)), "F16")
    mapping = rng.integers(0, rows, len(vocabulary))
    weights = rng.uniform(0.2, 1, len(vocabulary))
    write_json(folder / "config.json", {"model_type": "model2vec", "architectures": ["StaticModel"],
                                        "normalize": True, "hidden_dim": D})
    write_json(folder / "tokenizer.json", tokens)
    write_safetensors(folder / "model.safetensors",
                      {"embeddings": embeddings, "weights": ("F64", weights),
                       "mapping": ("I64", mapping)})
    cases = []
    for text in TEXTS + ["the unheard book", "unheard"]:
        ids = [vocabulary[word] for word in text.split() if word in vocabulary]
        x = embeddings[1].astype(np.float64)[mapping[ids]] * weights[ids, None]
        scores = x @ x.T / np.sqrt(D)
        attention = np.exp(scores - scores.max(-1, keepdims=True)) if len(ids) else scores
        attention = attention / attention.sum(-1, keepdims=True)
        cases.append({"text": text, "purpose": "plain", "ids": ids,
                      "vector": [float(f"{v:.7g}") for v in unit(x.sum(0))],
                      "attention": [float(f"{v:.7g}") for v in unit((attention @ x).sum(0))],
                      "raw": [float(f"{v:.7g}") for v in x.sum(0) / max(1, len(ids))]})
    (folder / "golden.json").write_text(
        "[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")


def main():
    write_model2vec()
    write_model("tiny-bert", "bert", "bert.", True, "F32", "mean_tokens", {}, 1)
    write_model("tiny-xlm-roberta", "xlm-roberta", "roberta.", False, "BF16", "cls_token",
                {"query": "about ", "passage": "the story of "}, 2)
    write_model("tiny-half", "bert", "", False, "F16", "max_tokens", {}, 3)
    write_dense()


main()
