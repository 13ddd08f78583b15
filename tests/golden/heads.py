#!/usr/bin/env python3
"""Writes tests/data/heads/: small random checkpoints of each family's classification head with their logits.

Run from the repository's root with the development environment's Python; the same bytes every time. With --check
and a Python that has torch, transformers 5 and sentence-transformers it compares instead. Plain
numpy in double precision, after the classes of transformers: the states are those that its own models gave
for tests/data/families, whose tensors get the names they have under a *ForSequenceClassification class.
golden.safetensors holds

    ids, types [T]   begins [S + 1]   logits [S, labels] in float

Two more have a tokenizer and golden.json, texts or pairs of texts with their logits: tests/data/heads/reranker is a
cross-encoder of sentence-transformers, moods a classifier of transformers.
"""
import json
import math
import pathlib
import shutil
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from reference_encoder import Reference, gelu  # noqa: E402

DATA = pathlib.Path(__file__).resolve().parents[1] / "data"
OUT = DATA / "heads"
KINDS = {"F32": np.float32, "I64": np.int64}
THREE = {"id2label": {"0": "sad", "1": "glad", "2": "neither"}, "label2id": {"sad": 0, "glad": 1, "neither": 2}}
ONE = {"id2label": {"0": "LABEL_0"}, "label2id": {"LABEL_0": 0}}


def read_tensors(path):
    raw = path.read_bytes()
    length = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8:8 + length])
    header.pop("__metadata__", None)
    return {name: np.frombuffer(raw[8 + length + one["data_offsets"][0]:8 + length + one["data_offsets"][1]],
                                KINDS[one["dtype"]]).reshape(one["shape"]) for name, one in header.items()}


def write_tensors(path, tensors):
    header, chunks, at = {}, [], 0
    for name, array in tensors.items():
        data = np.ascontiguousarray(array).tobytes()
        dtype = next(key for key, kind in KINDS.items() if kind == array.dtype)
        header[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": [at, at + len(data)]}
        chunks.append(data)
        at += len(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + b"".join(chunks))


def write_json(path, value):
    path.write_text(json.dumps(value, indent=1) + "\n")


class Head:
    """The tensors of one head, made as they are asked for."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.tensors = {}

    def make(self, name, *shape, mean=0.0, deviation=0.3):
        self.tensors[name] = self.rng.normal(mean, deviation, shape).astype(np.float32)
        return self.tensors[name].astype(np.float64)

    def dense(self, name, x, outputs, bias=True):
        y = x @ self.make(name + ".weight", outputs, len(x)).T
        return y + self.make(name + ".bias", outputs) if bias else y

    def norm(self, name, x, epsilon, bias):
        scaled = (x - x.mean()) / np.sqrt(((x - x.mean()) ** 2).mean() + epsilon)
        scaled = scaled * self.make(name + ".weight", len(x), mean=1)
        return scaled + self.make(name + ".bias", len(x)) if bias else scaled


def silu(x):
    return x / (1 + np.exp(-x))


def gelu_tanh(x):
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3)))


def bert(head, x, config, ids, labels):
    return head.dense("classifier", np.tanh(head.dense("bert.pooler.dense", x[0], x.shape[1])), labels)


def roberta(head, x, config, ids, labels):  # MPNet too
    return head.dense("classifier.out_proj", np.tanh(head.dense("classifier.dense", x[0], x.shape[1])), labels)


def distilbert(head, x, config, ids, labels):
    return head.dense("classifier", np.maximum(head.dense("pre_classifier", x[0], x.shape[1]), 0), labels)


def albert(head, x, config, ids, labels):
    return head.dense("classifier", np.tanh(head.dense("albert.pooler", x[0], x.shape[1])), labels)


def modernbert(head, x, config, ids, labels):
    pooled = x.mean(0) if config["classifier_pooling"] == "mean" else x[0]
    act = {"gelu": gelu, "silu": silu, "gelu_pytorch_tanh": gelu_tanh}[config["classifier_activation"]]
    y = act(head.dense("head.dense", pooled, x.shape[1], config["classifier_bias"]))
    return head.dense("classifier", head.norm("head.norm", y, config["norm_eps"], config["norm_bias"]), labels)


def causal(head, x, config, ids, labels):
    last = len(ids) - 1
    while last > 0 and ids[last] == config.get("pad_token_id"):
        last -= 1
    return head.dense("score", x[last], labels, bias=False)


# name: the family folder, its class and prefix, the head, what config.json says besides
HEADS = {
    "bert": ("bert", "Bert", "bert.", bert, THREE),
    "roberta": ("roberta", "Roberta", "roberta.", roberta, dict(THREE, problem_type="multi_label_classification")),
    "xlm-roberta": ("xlm-roberta", "XLMRoberta", "roberta.", roberta, ONE),
    "mpnet": ("mpnet", "MPNet", "mpnet.", roberta, dict(ONE, problem_type="regression")),
    "distilbert": ("distilbert", "DistilBert", "distilbert.", distilbert, {}),
    "albert": ("albert", "Albert", "albert.", albert, dict(THREE, problem_type="single_label_classification")),
    "modernbert": ("modernbert", "ModernBert", "model.", modernbert, dict(THREE, classifier_activation="silu")),
    "modernbert-mean": ("modernbert-biased", "ModernBert", "model.", modernbert,
                        dict(ONE, classifier_pooling="mean", classifier_bias=True,
                             sentence_transformers={"activation_fn": "torch.nn.modules.linear.Identity"})),
    "qwen2": ("qwen2", "Qwen2", "model.", causal, dict(THREE, pad_token_id=-1)),
    "qwen3": ("qwen3", "Qwen3", "model.", causal, ONE),
}


def write(name, family, kind, prefix, make, more, seed):
    folder = OUT / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    config = json.loads((DATA / "families" / family / "config.json").read_text())
    given = read_tensors(DATA / "families" / family / "golden.safetensors")
    begins = given["begins"]
    texts = list(zip(begins, begins[1:]))
    config.update(more, architectures=[kind + "ForSequenceClassification"])
    if "pad_token_id" in more:  # the last text ends with padding
        config["pad_token_id"] = int(given["ids"][-1])
    labels = len(more.get("id2label", "12"))
    tensors = {prefix + key: value for key, value in
               read_tensors(DATA / "families" / family / "model.safetensors").items() if not key.startswith("pooler.")}
    logits = []
    for begin, end in texts:
        head = Head(seed)  # the same each time
        x = given["states"][begin:end].astype(np.float64)
        logits.append(make(head, x, config, given["ids"][begin:end], labels))
    write_json(folder / "config.json", config)
    write_tensors(folder / "model.safetensors", tensors | head.tensors)
    write_tensors(folder / "golden.safetensors",
                  {key: given[key] for key in ("ids", "types", "begins")} | {"logits": np.float32(logits)})


PAIRS = [("the red book", "a red book about the city"), ("the red book", "music of the night"),
         ("", "water"), ("a garden", ""), ("stone " * 60, "river"), ("river", "stone " * 60),
         ("good laptop " * 20, "bad phone " * 30)]


def text_ids(vocabulary, texts, longest):
    """[CLS] first [SEP], or [CLS] first [SEP] second [SEP], of the two the longer one cut: ids and types."""
    a, b = ([vocabulary[word] if word in vocabulary else vocabulary["[UNK]"] for word in text.split()]
            for text in (*texts, "")[:2])
    if len(texts) == 1:
        return [vocabulary["[CLS]"], *a, vocabulary["[SEP]"]], [0] * (len(a) + 2)
    room = longest - 3
    if len(a) + len(b) > room:
        keep = min(len(a), len(b), room // 2)
        a, b = (a[:keep], b[:room - keep]) if len(a) <= len(b) else (a[:room - keep], b[:keep])
    ids = [vocabulary["[CLS]"], *a, vocabulary["[SEP]"], *b, vocabulary["[SEP]"]]
    return ids, [0] * (len(a) + 2) + [1] * (len(b) + 1)


TEXTS = [("the red book",), ("",), ("bad news of the city",), ("good film", "good music")]


def write_with_texts(name, more, longest, texts, seed):
    """As transformers or sentence-transformers leaves it: tiny-bert's encoder and tokenizer with a head."""
    source, folder = DATA / "encoder" / "tiny-bert", OUT / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copy(source / "tokenizer.json", folder)
    config = json.loads((source / "config.json").read_text())
    config.update(more, architectures=["BertForSequenceClassification"])
    write_json(folder / "config.json", config)
    write_json(folder / "tokenizer_config.json", {"model_max_length": longest, "tokenizer_class": "BertTokenizer"})
    tensors = {key: value for key, value in read_tensors(source / "model.safetensors").items() if "pooler" not in key}
    vocabulary = json.loads((source / "tokenizer.json").read_text())["model"]["vocab"]
    reference, cases = Reference(source), []
    for text in texts:
        ids, types = text_ids(vocabulary, text, longest)
        head = Head(seed)
        logits = bert(head, reference.states(np.array([ids]), np.array([types]))[0], config, ids, len(more["id2label"]))
        cases.append({"texts": text, "ids": ids, "types": types, "logits": [float(f"{x:.8g}") for x in logits]})
    write_tensors(folder / "model.safetensors", tensors | head.tensors)
    (folder / "golden.json").write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")


def check():
    """The same from transformers' and sentence-transformers' own classes in double precision (with torch)."""
    import sentence_transformers
    import torch
    import transformers
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    for name in HEADS:
        model = transformers.AutoModelForSequenceClassification.from_pretrained(
            OUT / name, dtype=torch.float64, attn_implementation="eager").eval()
        given = read_tensors(OUT / name / "golden.safetensors")
        typed = {"bert", "albert"} & {model.config.model_type}
        worst = 0
        for begin, end, wanted in zip(given["begins"], given["begins"][1:], given["logits"]):
            tensors = {"input_ids": torch.tensor(given["ids"][begin:end])[None]}
            if typed:
                tensors["token_type_ids"] = torch.tensor(given["types"][begin:end])[None]
            with torch.no_grad():
                worst = max(worst, np.abs(model(**tensors).logits[0].numpy() - wanted).max())
        print(f"{name}: {worst:.1e}")
        assert worst < 2e-6
    for name, longest in (("reranker", 32), ("moods", 48)):
        cases = json.loads((OUT / name / "golden.json").read_text())
        tokenizer = transformers.PreTrainedTokenizerFast(
            tokenizer_file=str(OUT / name / "tokenizer.json"), model_max_length=longest, pad_token="[PAD]")
        model = transformers.AutoModelForSequenceClassification.from_pretrained(OUT / name).eval()
        encoder = sentence_transformers.CrossEncoder(str(OUT / name), device="cpu")
        for case in cases:
            one_each = [[text] for text in case["texts"]]  # a batch: alone, an empty second text is none
            tokens = tokenizer(*one_each, truncation=True, return_token_type_ids=True, return_tensors="pt")
            assert tokens["input_ids"][0].tolist() == case["ids"], case
            assert tokens["token_type_ids"][0].tolist() == case["types"], case
            with torch.no_grad():
                logits = model(**tokens).logits[0].numpy()
            assert np.abs(logits - case["logits"]).max() < 1e-5, (case, logits)
            if len(case["texts"]) == 2:
                wanted = 1 / (1 + np.exp(-np.array(case["logits"]))) if len(logits) == 1 else case["logits"]
                assert np.abs(encoder.predict([case["texts"]])[0] - wanted).max() < 1e-5, case
        print(f"{name}: {len(cases)} cases")


def main():
    if "--check" in sys.argv:
        return check()
    for seed, (name, values) in enumerate(HEADS.items(), 1):
        write(name, *values, seed)
    write_with_texts("reranker", dict(ONE, sentence_transformers={
        "activation_fn": "torch.nn.modules.activation.Sigmoid", "version": "5.0.0"}), 32, PAIRS, 99)
    write_with_texts("moods", THREE, 10 ** 30, TEXTS, 98)


main()
