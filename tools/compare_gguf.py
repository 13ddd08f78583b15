#!/usr/bin/env python3
"""Compares the vectors of a GGUF file with transformers', text for text.

    tools/compare_gguf.py MODEL.gguf [--texts 100] [--data FOLDER] [--program build/release/penchant]

Real texts, half English and half Chinese (those of tools/compare_encoder.py), go through `penchant embed --precision
fp32` and through transformers twice: on the folder that tools/gguf_folder.py writes, and on the GGUF file as
transformers itself reads it. Ids are those of that folder's tokenizer. Prints the cosines of the last token's states;
exits 1 when one is below 0.99999. Needs the packages gguf, torch, transformers and tokenizers; they are no part of the
development environment.
"""
import argparse
import os
import sys
import tempfile
from pathlib import Path

from compare_encoder import cosines, penchant, sample_texts  # before numpy, whose threads it settles

import numpy as np
import torch
from tokenizers import Tokenizer
import transformers
from transformers import AutoModel

from gguf_folder import write_folder

FLOOR = 0.99999


def of_transformers(model, ids):
    vectors = []
    with torch.no_grad():
        for one in ids:
            vectors.append(model(input_ids=torch.tensor([one])).last_hidden_state[0, -1].double().numpy())
    return np.array(vectors)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("PENCHANT_TEST_DATA") or "."))
    parser.add_argument("--program", default="build/release/penchant")
    parser.add_argument("--texts", type=int, default=100)
    parser.add_argument("--most-tokens", type=int, default=512, help="longer texts are left out")
    options = parser.parse_args()
    transformers.logging.disable_progress_bar()
    with tempfile.TemporaryDirectory() as folder:
        write_folder(options.file, folder)
        tokenizer = Tokenizer.from_file(folder + "/tokenizer.json")
        texts = sample_texts(options.data, options.texts)
        encoded = [(text, tokenizer.encode(text).ids) for text in texts]
        texts, ids = zip(*((text, one) for text, one in encoded if 0 < len(one) <= options.most_tokens))
        ours = penchant(options.program, options.file, "fp32", texts)
        opened = {"on the weights of the package gguf": AutoModel.from_pretrained(folder, dtype=torch.float32),
                  "on the file as it reads it": AutoModel.from_pretrained(
                      options.file.parent, gguf_file=options.file.name, dtype=torch.float32)}
    lowest = 1.0
    print("| transformers | texts | minimum cosine | 1st percentile | mean |")
    print("|---|--:|--:|--:|--:|")
    for label, model in opened.items():
        values = cosines(ours, of_transformers(model.eval(), ids))
        lowest = min(lowest, values.min())
        print(f"| {label} | {len(values):,} | {values.min():.7f} | {np.percentile(values, 1):.7f} | {values.mean():.7f} |")
    sys.exit(0 if lowest >= FLOOR else 1)


if __name__ == "__main__":
    main()
