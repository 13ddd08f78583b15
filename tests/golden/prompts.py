#!/usr/bin/env python3
"""Writes tests/data/prompts/golden.json: what sentence-transformers makes of texts behind prompts that are not pooled.

Run from the repository's root with a Python that has torch, transformers 5 and sentence-transformers (they are no part
of the development environment: the suite reads what this writes). A list of

    {"model", "files": {name: contents}, "cases": [{"text", "purpose", "vector"}]}

where model is a folder of tests/data, files are what its copy has besides, and a vector is as long as the model makes
it, in double precision. One model puts special tokens around a text, the other has none: there a prompt may be all.
"""
import json
import pathlib
import shutil
import tempfile

import numpy as np
import sentence_transformers
import torch
import transformers

DATA = pathlib.Path(__file__).resolve().parents[1] / "data"
MODES = ("cls", "mean", "max", "mean_sqrt_len_tokens", "weightedmean", "lasttoken")
PROMPTS = {"query": "about the ", "passage": "a story of"}
TEXTS = ["the red book", "a", "", "music of the night and the city", "stone " * 60]
PURPOSES = {"plain": None, "query": "query", "passage": "passage"}
TOKENS = {"tokenizer_class": "PreTrainedTokenizerFast", "pad_token": "[PAD]", "cls_token": "[CLS]",
          "sep_token": "[SEP]", "unk_token": "[UNK]"}


def tokenizer_without_special_tokens():
    tokenizer = json.loads((DATA / "encoder/tiny-bert/tokenizer.json").read_text())
    tokenizer["post_processor"] = None
    return tokenizer


def entry(model, mode, include_prompt, more):
    width = json.loads((DATA / model / "config.json").read_text())["hidden_size"]
    files = {"1_Pooling/config.json": {"embedding_dimension": width, "pooling_mode": mode,
                                       "include_prompt": include_prompt},
             "config_sentence_transformers.json": {"prompts": PROMPTS},
             "sentence_bert_config.json": {"max_seq_length": 40, "do_lower_case": False},
             "modules.json": [{"idx": i, "name": str(i), "path": path, "type": "sentence_transformers.models." + kind}
                              for i, (path, kind) in enumerate((("", "Transformer"), ("1_Pooling", "Pooling")))],
             **more}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name) / "model"
        shutil.copytree(DATA / model, folder)
        for path, contents in {**files, "tokenizer_config.json": TOKENS}.items():
            (folder / path).parent.mkdir(exist_ok=True)
            (folder / path).write_text(json.dumps(contents))
        encoder = sentence_transformers.SentenceTransformer(str(folder), device="cpu").double()
        cases = []
        for text in TEXTS:
            for purpose, prompt in PURPOSES.items():
                if more and not text and not prompt:
                    continue  # no tokens at all
                with torch.no_grad():
                    vector = encoder.encode(text, prompt_name=prompt, normalize_embeddings=False)
                if np.isfinite(vector).all():  # the largest of no tokens is not
                    cases.append({"text": text, "purpose": purpose, "vector": [float(f"{x:.7g}") for x in vector]})
    return {"model": model, "files": files, "cases": cases}


def main():
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    entries = [entry("encoder/tiny-dense", mode, False, {}) for mode in MODES]
    entries.append(entry("encoder/tiny-dense", "mean", True, {}))
    bare = {"tokenizer.json": tokenizer_without_special_tokens()}
    entries += [entry("families/qwen3", mode, False, bare) for mode in MODES]
    (DATA / "prompts").mkdir(exist_ok=True)
    (DATA / "prompts/golden.json").write_text("[\n" + ",\n".join(json.dumps(one) for one in entries) + "\n]\n")


main()
