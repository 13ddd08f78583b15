#!/usr/bin/env python3
"""Writes small GGUF files with llama.cpp's own package, and what they must give.

    pip install gguf torch transformers tokenizers
    tests/golden/gguf_models.py [SmolLM2-135M-Instruct.Q4_1.gguf]

Run from the repository's root; none of the packages is part of the development environment.

    tests/data/gguf/types.gguf         a tensor of each type and a value of each kind
    tests/data/gguf/types.safetensors  the same tensors as the package reads them
    tests/data/gguf/words.json         what each tokenizer.ggml.pre makes of texts: the package tokenizers with the
                                       vocabulary of gguf-llama and the parts of the published tokenizer.json
    tests/data/encoder/gguf-*/         models of each architecture, their ids and vectors: transformers in double
                                       precision on the weights that the package reads
    tests/data/encoder/smollm2/        the same of the real model, where its file is given
    fuzz/corpus/gguf/                  seeds
"""
import json
import pathlib
import shutil
import sys

import gguf
import numpy as np
import torch
import transformers
from gguf import GGMLQuantizationType as Type
from safetensors.numpy import save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, processors

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = ROOT / "tests" / "data"
SEEDS = ROOT / "fuzz" / "corpus" / "gguf"
sys.path.insert(0, str(ROOT / "tools"))
from gguf_folder import pre_tokenizer, unpaired, write_folder  # noqa: E402

TEXTS = ["The lamp on the third floor burns until the last reader has gone home.",
         "a", "It cost 1,299  in 2021 (15.4% more), didn't it?",
         "Caf\u00e9s, na\u00efve  d\u00e9j\u00e0 vu;\r\n\n  3\u00bd cups\u00b2\u00b3 \u0664\u0665\t$x^2+y~z",
         "\u4ed6\u5728\u56fe\u4e66\u9986\u91cc\u8bfb\u4e86\u4e00\u6574\u5929\u7684\u4e66\u3002 \U0001F600\U0001F468\u200d\U0001F469",
         "<|im_start|>user\nWhat is <think> it?<|im_end|>\n", "WE'LL e\u0301 12345 67 [PAD503]"]
RANDOM = np.random.default_rng(5)


# --- tensors and values of every kind -------------------------------------------------------------


def random_blocks(kind, rows, blocks):
    """Bytes at random, but for the scales: half floats of a usual size."""
    size = gguf.GGML_QUANT_SIZES[kind][1]
    data = RANDOM.integers(0, 256, (rows, blocks, size), dtype=np.uint8)
    halves = RANDOM.normal(0, 0.02, (rows, blocks, 2)).astype(np.float16).view(np.uint8)
    if kind == Type.Q6_K:
        data[..., -2:] = halves[..., :2]
    else:
        data[..., :4] = halves
    return data.reshape(rows, -1)


def write_types():
    folder = DATA / "gguf"
    folder.mkdir(parents=True, exist_ok=True)
    writer = gguf.GGUFWriter(folder / "types.gguf", "none")
    for name, value in {"uint8": 255, "int8": -128, "uint16": 65535, "int16": -32768, "uint32": 2**32 - 1,
                        "int32": -2**31, "uint64": 2**63, "int64": -2**63, "float32": 0.5,
                        "float64": -0.1, "bool": True, "string": "caf\u00e9"}.items():
        getattr(writer, "add_" + name)("a." + name, value)
    writer.add_array("a.texts", ["x", "", "\u4e2d"])
    writer.add_array("a.integers", [3, -4])
    writer.add_array("a.floats", [0.5, 1.5])
    writer.add_array("a.lists", [[1, 2], [3]])
    golden = {}
    for kind in (Type.F32, Type.F16, Type.BF16, Type.Q4_0, Type.Q4_1, Type.Q5_0, Type.Q5_1, Type.Q8_0):
        values = RANDOM.normal(0, 1, (3, 64)).astype(np.float32)
        data = gguf.quants.quantize(values, kind)
        writer.add_tensor(kind.name, data, raw_dtype=kind)
        golden[kind.name] = gguf.quants.dequantize(data, kind).astype(np.float32)
    for kind in (Type.Q4_K, Type.Q5_K, Type.Q6_K):
        data = random_blocks(kind, 2, 2)
        writer.add_tensor(kind.name, data, raw_dtype=kind)
        golden[kind.name] = gguf.quants.dequantize(data, kind).astype(np.float32)
    writer.add_tensor("Q2_K", random_blocks(Type.Q2_K, 1, 1), raw_dtype=Type.Q2_K)
    finish(writer)
    save_file(golden, folder / "types.safetensors")


def finish(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


# --- models ---------------------------------------------------------------------------------------

SIZES = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, head_dim=8,
             intermediate_size=64, max_position_embeddings=128, rms_norm_eps=1e-5)
SPECIAL = {"<|endoftext|>": 3, "<|im_start|>": 3, "<|im_end|>": 3, "<think>": 4}
MIXED = {"token_embd": Type.Q5_0, "attn_q": Type.Q8_0, "attn_k": Type.Q4_1, "attn_v": Type.F16, "attn_output": Type.Q4_0,
         "ffn_gate": Type.BF16, "ffn_up": Type.Q5_1, "ffn_down": Type.Q8_0}

# name: class, options, tokenizer.ggml.pre, llama.cpp's number of the pooling, its start and end, types
MODELS = {
    "gguf-llama": ("Llama", dict(SIZES, rope_theta=100000.0), "smollm", None, (False, False), MIXED),
    "gguf-llama-biased": ("Llama", dict(SIZES, attention_bias=True, mlp_bias=True), None, 0, (True, False), {}),
    "gguf-qwen2": ("Qwen2", SIZES, "qwen2", 1, (False, True), {"token_embd": Type.Q8_0, "ffn_up": Type.Q4_0}),
    "gguf-qwen3": ("Qwen3", SIZES, "gpt-2", 2, (True, True), {"attn_q": Type.BF16}),
}
PARTS = {"input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
         "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output", "self_attn.q_norm": "attn_q_norm",
         "self_attn.k_norm": "attn_k_norm", "post_attention_layernorm": "ffn_norm", "mlp.gate_proj": "ffn_gate",
         "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down"}


def vocabulary():
    """Tokens with their types, and merges: a trained tokenizer's, with more that is not normal."""
    bpe = json.loads((DATA / "tokenizer" / "bytes.json").read_text())["model"]
    tokens = sorted(bpe["vocab"], key=bpe["vocab"].get)
    tokens = list(SPECIAL) + [token for token in tokens if token not in SPECIAL]
    types = [SPECIAL.get(token, 1) for token in tokens]
    while len(tokens) % 8 != 0 or types[-1] != 5:  # what converters fill up with
        tokens.append(f"[PAD{len(tokens)}]")
        types.append(5)
    return tokens, types, bpe["merges"]


def gguf_name(name):
    """"layers.0.mlp.up_proj.weight" -> "blk.0.ffn_up.weight", "ffn_up"."""
    if name == "embed_tokens.weight":
        return "token_embd.weight", "token_embd"
    if name == "norm.weight":
        return "output_norm.weight", "output_norm"
    _, layer, rest = name.split(".", 2)
    part, kind = rest.rsplit(".", 1)
    return f"blk.{layer}.{PARTS[part]}.{kind}", PARTS[part]


def paired(weights, heads):
    """As llama.cpp's converter orders the rows of queries and keys."""
    return weights.reshape(heads, 2, weights.shape[0] // heads // 2, *weights.shape[1:]).swapaxes(1, 2) \
        .reshape(weights.shape)


def write_tensors(writer, model, config, types):
    """Writes the weights, and puts into the model what a reader gets of them."""
    with torch.no_grad():
        for name, weight in model.named_parameters():
            noise = RANDOM.normal(0, 1, tuple(weight.shape))
            is_gain = weight.dim() == 1 and name.endswith("weight")
            values = (1 + 0.2 * noise if is_gain else 0.3 * noise).astype(np.float32)
            written, part = gguf_name(name)
            heads = {"attn_q": config.num_attention_heads, "attn_k": config.num_key_value_heads}.get(part)
            if config.model_type != "llama":
                heads = None
            if heads:
                values = paired(values, heads)
            kind = types.get(part, Type.F32) if weight.dim() > 1 else Type.F32
            data = gguf.quants.quantize(values, kind)
            writer.add_tensor(written, data, raw_dtype=kind)
            values = gguf.quants.dequantize(data, kind)
            weight.copy_(torch.from_numpy(unpaired(values, heads) if heads else values))


def write_metadata(writer, config, pre, pooling, ends, words=None):
    tokens, types, merges = words or vocabulary()
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_key_length(config.head_dim)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_rope_dimension_count(config.head_dim)
    if pooling is not None:
        writer.add_uint32(f"{config.model_type}.pooling_type", pooling)
    writer.add_tokenizer_model("gpt2")
    if pre:
        writer.add_tokenizer_pre(pre)
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_token_merges(merges)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(0)
    writer.add_add_bos_token(ends[0])
    writer.add_add_eos_token(ends[1])


def tokenizer_of(pre, ends):
    """With the package itself: the vocabulary's parts, and those of the published tokenizers for `pre`."""
    tokens, types, merges = vocabulary()
    vocab = {token: i for i, (token, kind) in enumerate(zip(tokens, types)) if kind != 5}
    ignores = pre in ("llama-bpe", "llama3", "llama-v3")
    tokenizer = Tokenizer(models.BPE(vocab, [tuple(m.split(" ")) for m in merges], ignore_merges=ignores))
    tokenizer.pre_tokenizer = pre_tokenizer(pre or "default")
    if pre == "qwen2":
        tokenizer.normalizer = normalizers.NFC()
    tokenizer.add_tokens([AddedToken(t, normalized=False, special=s == 3) for t, s in SPECIAL.items()])
    tokenizer.decoder = decoders.ByteLevel()
    start, end = ("<|im_start|> " if ends[0] else ""), (" <|endoftext|>" if ends[1] else "")
    if start or end:
        tokenizer.post_processor = processors.TemplateProcessing(
            single=f"{start}$A{end}", pair=f"{start}$A{end} {start}$B{end}",
            special_tokens=[("<|im_start|>", 1), ("<|endoftext|>", 0)])
    return tokenizer


def pooled(states, pooling):
    vector = {1: lambda: states.mean(0), 2: lambda: states[0]}.get(pooling, lambda: states[-1])()
    return vector / vector.norm()


def golden_cases(model, tokenizer, pooling, texts):
    cases = []
    for text in texts:
        ids = tokenizer.encode(text).ids
        with torch.no_grad():
            states = model(input_ids=torch.tensor([ids])).last_hidden_state[0]
        vector = [float(f"{x:.6g}") for x in pooled(states, pooling).tolist()]
        cases.append({"text": text, "purpose": "plain", "ids": ids, "vector": vector})
    return cases


def write_cases(folder, cases):
    lines = ",\n".join(json.dumps(case) for case in cases)
    (folder / "golden.json").write_text(f"[{lines}]\n")


def write_model(name, kind, options, pre, pooling, ends, types):
    folder = DATA / "encoder" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    config = getattr(transformers, kind + "Config")(vocab_size=len(vocabulary()[0]), **options)
    config._attn_implementation = "eager"
    model = getattr(transformers, kind + "Model")(config).eval()
    writer = gguf.GGUFWriter(folder / "model.gguf", config.model_type)
    write_metadata(writer, config, pre, pooling, ends)
    write_tensors(writer, model, config, types)
    finish(writer)
    write_cases(folder, golden_cases(model.double(), tokenizer_of(pre, ends), pooling, TEXTS))


def write_seeds():
    """Small ones: a model of one layer and ten tokens, and a tensor of each type."""
    SEEDS.mkdir(parents=True, exist_ok=True)
    shutil.copy(DATA / "gguf" / "types.gguf", SEEDS / "types")
    for kind, pre in (("Llama", "smollm"), ("Qwen3", "qwen2")):
        config = getattr(transformers, kind + "Config")(
            vocab_size=10, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, num_key_value_heads=1,
            head_dim=4, intermediate_size=12, max_position_embeddings=16)
        writer = gguf.GGUFWriter(SEEDS / kind.lower(), config.model_type)
        small = [*"abc", "\u0120", "ab", "\u0120c", "1", "2", "<|im_start|>", "[PAD9]"], [1] * 8 + [3, 5], ["a b", "\u0120 c"]
        write_metadata(writer, config, pre, 1, (True, True), small)
        write_tensors(writer, getattr(transformers, kind + "Model")(config), config, {})
        finish(writer)


def write_words():
    answers = {}
    for pre in ("gpt-2", "smollm", "llama-bpe", "llama3", "llama-v3", "qwen2", "default"):
        tokenizer = tokenizer_of(pre, (False, False))
        answers[pre] = [{"text": text, "ids": tokenizer.encode(text).ids} for text in TEXTS]
    (DATA / "gguf" / "words.json").write_text(json.dumps(answers, indent=1) + "\n")


def write_real(file):
    """Its weights and tokenizer by way of a Hugging Face folder."""
    made = pathlib.Path("build/golden-smollm2")
    write_folder(file, made)
    model = transformers.AutoModel.from_pretrained(made, dtype=torch.float64, attn_implementation="eager").eval()
    folder = DATA / "encoder" / "smollm2"
    folder.mkdir(exist_ok=True)
    write_cases(folder, golden_cases(model, Tokenizer.from_file(str(made / "tokenizer.json")), None, TEXTS))


def main():
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    if len(sys.argv) > 1:
        return write_real(sys.argv[1])
    write_types()
    for name, parts in MODELS.items():
        write_model(name, *parts)
    write_words()
    write_seeds()


main()
