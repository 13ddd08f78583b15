#!/usr/bin/env python3
"""Writes tests/data/families/: small random checkpoints of each family with the token states they give.

Run from the repository's root with a Python that has torch and transformers 5 (they are no part of
the development environment: the suite reads what this writes). config.json and model.safetensors
are written by transformers; golden.safetensors holds what its model answers in double precision:

    ids, types [T]   begins [S + 1]   states [T, H] in float
"""
import json
import pathlib
import shutil
import sys

import torch
import transformers
from safetensors.torch import save_file

OUT = pathlib.Path(__file__).resolve().parents[1] / "data" / "families"

BERT = dict(vocab_size=40, hidden_size=24, num_hidden_layers=2, num_attention_heads=3,
            intermediate_size=40, max_position_embeddings=40)
MODERN = dict(vocab_size=40, hidden_size=24, num_hidden_layers=4, num_attention_heads=3,
              intermediate_size=28, max_position_embeddings=256, local_attention=16,
              global_attn_every_n_layers=3, pad_token_id=0, eos_token_id=1, bos_token_id=2,
              cls_token_id=2, sep_token_id=1)
LLAMA = dict(vocab_size=40, hidden_size=24, num_hidden_layers=2, num_attention_heads=4,
             num_key_value_heads=2, intermediate_size=36, max_position_embeddings=128)
SHORT, LONG = [1, 2, 7, 33], [1, 5, 130]

# name: the class behind Auto..., its configuration, lengths of the texts
MODELS = {
    "bert": ("Bert", dict(BERT, type_vocab_size=3), SHORT),
    "bert-relu": ("Bert", dict(BERT, hidden_size=20, num_attention_heads=4, hidden_act="relu"), SHORT),
    "roberta": ("Roberta", dict(BERT, type_vocab_size=1, pad_token_id=1), SHORT),
    "xlm-roberta": ("XLMRoberta", dict(BERT, hidden_size=35, num_attention_heads=5, intermediate_size=17,
                                       type_vocab_size=1, pad_token_id=1), SHORT),
    "mpnet": ("MPNet", dict(BERT), SHORT),
    "mpnet-far": ("MPNet", dict(BERT, hidden_size=10, num_attention_heads=2, num_hidden_layers=1,
                                max_position_embeddings=320), [300]),
    "distilbert": ("DistilBert", dict(vocab_size=40, dim=24, n_layers=2, n_heads=3, hidden_dim=40,
                                      max_position_embeddings=40), SHORT),
    "distilbert-odd": ("DistilBert", dict(vocab_size=40, dim=21, n_layers=3, n_heads=7, hidden_dim=13,
                                          max_position_embeddings=40, sinusoidal_pos_embds=True), SHORT),
    "albert": ("Albert", dict(BERT, embedding_size=16, num_hidden_layers=3), SHORT),
    "albert-groups": ("Albert", dict(BERT, embedding_size=9, num_hidden_layers=4, num_hidden_groups=2,
                                     inner_group_num=2, hidden_act="gelu"), SHORT),
    "modernbert": ("ModernBert", MODERN, LONG),
    "modernbert-biased": ("ModernBert", dict(MODERN, hidden_size=20, num_attention_heads=2,
                                             local_attention=6, attention_bias=True, mlp_bias=True,
                                             norm_bias=True), LONG),
    "llama": ("Llama", dict(LLAMA, num_key_value_heads=1), SHORT),
    "llama-biased": ("Llama", dict(LLAMA, attention_bias=True, mlp_bias=True, head_dim=10), SHORT),
    "qwen2": ("Qwen2", LLAMA, SHORT),
    "qwen2-window": ("Qwen2", dict(LLAMA, use_sliding_window=True, sliding_window=5,
                                   max_window_layers=1), SHORT),
    "qwen3": ("Qwen3", dict(LLAMA, head_dim=12), SHORT),
    "qwen3-odd": ("Qwen3", dict(LLAMA, hidden_size=27, num_attention_heads=3, num_key_value_heads=3,
                                head_dim=6, num_hidden_layers=3, attention_bias=True), SHORT),
}


def randomise(model, seed):
    """Wider than a fresh model's weights, so that every part matters; norms and biases too."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            noise = torch.randn(weight.shape, generator=generator, dtype=torch.float64)
            is_gain = weight.dim() == 1 and name.endswith("weight")
            weight.copy_((1 + 0.2 * noise if is_gain else 0.3 * noise).to(weight.dtype))


def texts(config, lengths, seed):
    generator = torch.Generator().manual_seed(seed)
    lowest = 3  # none of the special tokens, of which some families count positions differently
    for length in lengths:
        ids = torch.randint(lowest, config.vocab_size, (length,), generator=generator)
        types = torch.arange(length) * getattr(config, "type_vocab_size", 1) // length
        yield ids, types


def golden(model, config, lengths, seed):
    with_types = config.model_type in ("bert", "albert")
    ids, types, begins, states = [], [], [0], []
    for text, text_types in texts(config, lengths, seed):
        more = {"token_type_ids": text_types[None]} if with_types else {}
        with torch.no_grad():
            states.append(model(input_ids=text[None], **more).last_hidden_state[0])
        ids.append(text)
        types.append(text_types if with_types else torch.zeros_like(text))
        begins.append(begins[-1] + len(text))
    return {"ids": torch.cat(ids), "types": torch.cat(types), "begins": torch.tensor(begins),
            "states": torch.cat(states).float()}


def write(name, kind, options, lengths, seed):
    folder = OUT / name
    shutil.rmtree(folder, ignore_errors=True)
    config = getattr(transformers, kind + "Config")(**options)
    config._attn_implementation = "eager"
    model = getattr(transformers, kind + "Model")(config).eval()
    randomise(model, seed)
    model.save_pretrained(folder)
    save_file(golden(model.double(), config, lengths, seed), folder / "golden.safetensors")


def main():
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    for seed, (name, (kind, options, lengths)) in enumerate(MODELS.items(), 1):
        if len(sys.argv) == 1 or name in sys.argv[1:]:
            write(name, kind, options, lengths, seed)


main()
