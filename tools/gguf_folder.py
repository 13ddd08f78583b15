#!/usr/bin/env python3
"""Writes the Hugging Face folder that a GGUF file was made from, with llama.cpp's own package and `tokenizers`.

    tools/gguf_folder.py MODEL.gguf FOLDER

Independent of Penchant's reader, for comparison with it: weights as the package dequantises them (F32), rows of
queries and keys back in transformers' order, the tokenizer of the file's vocabulary with the published
pre-tokenizer. Architectures llama, qwen2 and qwen3, tokenizers gpt2. Needs the packages gguf, safetensors and
tokenizers; they are no part of the development environment.
"""
import json
import pathlib
import sys

import gguf
import numpy as np
from safetensors.numpy import save_file
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

NAMES = {"token_embd": "embed_tokens", "output_norm": "norm", "attn_norm": "input_layernorm",
         "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj",
         "attn_q_norm": "self_attn.q_norm", "attn_k_norm": "self_attn.k_norm", "attn_output": "self_attn.o_proj",
         "ffn_norm": "post_attention_layernorm", "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj",
         "ffn_down": "mlp.down_proj"}
SPLITS = {"llama-bpe": r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
                       r"|\s*[\r\n]+|\s+(?!\S)|\s+",
          "qwen2": r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
                   r"|\s*[\r\n]+|\s+(?!\S)|\s+"}
GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)"


def split(expression):
    return pre_tokenizers.Split(Regex(expression), behavior="isolated")


def pre_tokenizer(name):
    """What tokenizer.ggml.pre names."""
    plain = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    cutting = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    if name == "gpt-2":
        return cutting
    if name == "smollm":
        return pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), cutting])
    if name == "default":
        return pre_tokenizers.Sequence([split(r"[\p{P}\$\+<=>\^~\|]+"), split(GPT2), split(r"\p{N}+"),
                                        split("[0-9][0-9][0-9]"), plain])
    return pre_tokenizers.Sequence([split(SPLITS["llama-bpe" if name in ("llama3", "llama-v3") else name]), plain])


def unpaired(weights, heads):
    """Rows of queries and keys as transformers has them: the halves of a head behind each other."""
    return weights.reshape(heads, weights.shape[0] // heads // 2, 2, *weights.shape[1:]).swapaxes(1, 2) \
        .reshape(weights.shape)



def tensors_of(reader, architecture, heads, key_heads):
    for tensor in reader.tensors:
        parts = tensor.name.split(".")
        if parts[0] == "output":
            continue  # the language model's head
        part, kind = (parts[2], parts[3]) if parts[0] == "blk" else parts
        name = (f"layers.{parts[1]}." if parts[0] == "blk" else "") + f"{NAMES[part]}.{kind}"
        values = gguf.quants.dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
        if architecture == "llama" and part in ("attn_q", "attn_k"):
            values = unpaired(values, heads if part == "attn_q" else key_heads)
        yield name, np.ascontiguousarray(values)


def tokenizer_of(values):
    pre = values.get("tokenizer.ggml.pre", "default")
    tokens, types = values["tokenizer.ggml.tokens"], values["tokenizer.ggml.token_type"]
    merges = [tuple(merge.split(" ")) for merge in values["tokenizer.ggml.merges"]]
    vocab = {token: i for i, (token, kind) in enumerate(zip(tokens, types)) if kind != 5}
    ignores = pre in ("llama-bpe", "llama3", "llama-v3")
    tokenizer = Tokenizer(models.BPE(vocab, merges, ignore_merges=ignores))
    tokenizer.pre_tokenizer = pre_tokenizer(pre)
    if pre == "qwen2":
        tokenizer.normalizer = normalizers.NFC()
    tokenizer.add_tokens([AddedToken(token, normalized=False, special=kind == 3)
                          for token, kind in zip(tokens, types) if kind in (3, 4)])
    tokenizer.decoder = decoders.ByteLevel()
    if values.get("tokenizer.ggml.add_bos_token") or values.get("tokenizer.ggml.add_eos_token"):
        raise ValueError("tokens around texts are not known here")
    return tokenizer


def write_folder(file, folder):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    reader = gguf.GGUFReader(file)
    values = {name: field.contents() for name, field in reader.fields.items()}
    architecture = values["general.architecture"]

    def of(name, usual=None):
        return values.get(f"{architecture}.{name}", usual)

    heads = of("attention.head_count")
    key_heads = of("attention.head_count_kv", heads)
    tensors = dict(tensors_of(reader, architecture, heads, key_heads))
    config = {"model_type": architecture, "architectures": [architecture.capitalize() + "Model"],
              "vocab_size": len(tensors["embed_tokens.weight"]), "hidden_size": of("embedding_length"),
              "num_hidden_layers": of("block_count"), "num_attention_heads": heads, "num_key_value_heads": key_heads,
              "head_dim": of("attention.key_length", of("embedding_length") // heads),
              "intermediate_size": of("feed_forward_length"), "max_position_embeddings": of("context_length"),
              "rms_norm_eps": float(of("attention.layer_norm_rms_epsilon")),
              "rope_theta": float(of("rope.freq_base", 10000)), "tie_word_embeddings": True}
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    tokenizer_of(values).save(str(folder / "tokenizer.json"))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    write_folder(*sys.argv[1:])
