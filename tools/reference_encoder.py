"""BERT and XLM-RoBERTa encoders in plain numpy, written from the papers: what Penchant is compared with.

    model = Reference("folder of a model")                # in float64; dtype=np.float32 is 20 times faster
    vectors = model.encode([[101, 7592, 102], ...])       # lists of token ids -> [texts, H]

Texts of equal length are computed together, so no text is padded.
"""
import collections
import json
import math
import os
import pathlib
import struct

# Its threads wait busily: on a machine with other work two of them take forty times as long as one.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import numpy as np  # noqa: E402

BATCH_TOKENS = 2048


def read_safetensors(path):
    raw = np.memmap(path, dtype=np.uint8, mode="r")
    length = struct.unpack("<Q", raw[:8].tobytes())[0]
    header = json.loads(raw[8:8 + length].tobytes())
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        data = raw[8 + length + begin:8 + length + end]
        shape = entry["shape"]
        if entry["dtype"] == "BF16":
            wide = data.view(np.uint16).astype(np.uint32) << 16
            tensors[name] = wide.view(np.float32).reshape(shape)
        elif entry["dtype"] in ("F32", "F16"):
            kind = np.float32 if entry["dtype"] == "F32" else np.float16
            tensors[name] = data.view(kind).reshape(shape)
    return tensors


def erf_array(x):
    """erf by its Taylor series and, beyond 3, its continued fraction: 1e-12, no table, no library."""
    result = np.empty_like(x)
    size = np.abs(x)
    small = size < 3
    z = x[small]
    term, total = z.copy(), z.copy()
    for n in range(1, 60):
        term *= -z * z / n
        total += term / (2 * n + 1)
    result[small] = total * 2 / math.sqrt(math.pi)
    z = size[~small]
    fraction = np.zeros_like(z)
    for n in range(40, 0, -1):
        fraction = n / 2 / (z + fraction)
    result[~small] = np.sign(x[~small]) * (
        1 - np.exp(-z * z) / math.sqrt(math.pi) / (z + fraction))
    return result


def erf_float(x):
    """erf in float32 by Abramowitz and Stegun's 7.1.26, whose error is below 1.5e-7."""
    size = np.abs(x)
    t = 1 / (1 + np.float32(0.3275911) * size)
    polynomial = np.float32(1.061405429)
    for coefficient in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        polynomial = polynomial * t + np.float32(coefficient)
    return np.copysign(1 - polynomial * t * np.exp(-size * size), x)


def gelu(x):
    erf = erf_float if x.dtype == np.float32 else erf_array
    return x * x.dtype.type(0.5) * (1 + erf(x * x.dtype.type(math.sqrt(0.5))))


class Reference:
    def __init__(self, folder, dtype=np.float64):
        folder = pathlib.Path(folder)
        self.dtype = dtype
        self.config = json.loads((folder / "config.json").read_text())
        tensors = read_safetensors(folder / "model.safetensors")
        prefix = next(p for p in ("", "bert.", "roberta.")
                      if p + "embeddings.word_embeddings.weight" in tensors)
        self.weights = {}
        for name, value in tensors.items():
            if name.startswith(prefix):
                name = name[len(prefix):].replace(".gamma", ".weight").replace(".beta", ".bias")
                big = name == "embeddings.word_embeddings.weight"
                self.weights[name] = value if big else value.astype(dtype)
        roberta = self.config["model_type"] != "bert"
        self.offset = self.config.get("pad_token_id", 1) + 1 if roberta else 0
        pooling = folder / "1_Pooling" / "config.json"
        modes = json.loads(pooling.read_text()) if pooling.exists() else {}
        self.pooling = next((mode for mode in ("cls_token", "max_tokens")
                             if modes.get("pooling_mode_" + mode)), "mean_tokens")

    def norm(self, name, x):
        mean = x.mean(-1, keepdims=True)
        variance = ((x - mean) ** 2).mean(-1, keepdims=True)
        scaled = (x - mean) / np.sqrt(variance + self.config.get("layer_norm_eps", 1e-12))
        return scaled * self.weights[name + ".weight"] + self.weights[name + ".bias"]

    def dense(self, name, x):
        return x @ self.weights[name + ".weight"].T + self.weights[name + ".bias"]

    def attention(self, name, x):
        texts, tokens, hidden = x.shape
        heads = self.config["num_attention_heads"]

        def split(part):
            y = self.dense(f"{name}.self.{part}", x)
            return y.reshape(texts, tokens, heads, hidden // heads).transpose(0, 2, 1, 3)

        query, key, value = split("query"), split("key"), split("value")
        scores = query @ key.transpose(0, 1, 3, 2) * self.dtype(1 / math.sqrt(hidden // heads))
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        scores /= scores.sum(-1, keepdims=True)
        return (scores @ value).transpose(0, 2, 1, 3).reshape(texts, tokens, hidden)

    def states(self, ids, types=0):
        """ids, and types where they are not all of the first, [texts, tokens] -> [texts, tokens, H]."""
        w = self.weights
        x = w["embeddings.word_embeddings.weight"][ids].astype(self.dtype)
        x = x + w["embeddings.position_embeddings.weight"][self.offset:self.offset + ids.shape[1]]
        x = x + w["embeddings.token_type_embeddings.weight"][types]
        x = self.norm("embeddings.LayerNorm", x)
        for layer in range(self.config["num_hidden_layers"]):
            name = f"encoder.layer.{layer}"
            y = self.dense(name + ".attention.output.dense",
                           self.attention(name + ".attention", x))
            x = self.norm(name + ".attention.output.LayerNorm", x + y)
            y = self.dense(name + ".output.dense", gelu(self.dense(name + ".intermediate.dense", x)))
            x = self.norm(name + ".output.LayerNorm", x + y)
        return x

    def pool(self, x):
        pooled = {"cls_token": lambda: x[:, 0], "max_tokens": lambda: x.max(1),
                  "mean_tokens": lambda: x.mean(1)}[self.pooling]()
        return pooled / np.linalg.norm(pooled, axis=1, keepdims=True)

    def encode(self, ids_lists):
        by_length = collections.defaultdict(list)
        for position, ids in enumerate(ids_lists):
            by_length[len(ids)].append(position)
        vectors = np.empty((len(ids_lists), self.config["hidden_size"]), self.dtype)
        for length, positions in by_length.items():
            step = max(1, BATCH_TOKENS // length)
            for begin in range(0, len(positions), step):
                some = positions[begin:begin + step]
                vectors[some] = self.pool(self.states(np.array([ids_lists[p] for p in some])))
        return vectors
