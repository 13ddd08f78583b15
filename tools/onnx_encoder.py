"""An encoder's folder as ONNX files, so that ONNX Runtime can run the same model beside Penchant.

    files = write_onnx(folder, scratch)     # {("fp32", "plain"): path, ("int8", "fused"): path, ...}

The graph is the one a framework would export: [texts, tokens] ids and attention mask in, mean over the
mask and L2 norm inside, vectors out. "plain" leaves all optimisation to the session that loads it;
"fused" has been through onnxruntime.transformers.optimizer (Attention, SkipLayerNormalization, BiasGelu as
single operators). "int8" is quantize_dynamic of either: weights per channel, activations on the fly. Which
of them is fastest depends on machine and shape.
"""
import json
import logging
import math
from pathlib import Path

from reference_encoder import read_safetensors  # before numpy, whose threads it settles

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET, IR = 17, 8


class Graph:
    """Nodes in order; a call adds one and gives the name of its output."""

    def __init__(self):
        self.nodes, self.initializers = [], []

    def __call__(self, operator, *inputs, **attributes):
        name = f"{operator}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [name], name=name, **attributes))
        return name

    def constant(self, array, name=None):
        name = name or f"constant_{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def number(self, value):
        return self.constant(np.array(value, np.float32))

    def integers(self, *values):
        return self.constant(np.array(values, np.int64))


class Builder:
    def __init__(self, folder):
        self.config = json.loads((folder / "config.json").read_text())
        if self.config["model_type"] != "bert":
            raise SystemExit(f"{folder}: model_type {self.config['model_type']}, only bert is written as ONNX")
        tensors = read_safetensors(folder / "model.safetensors")
        prefix = "" if "embeddings.word_embeddings.weight" in tensors else "bert."
        self.weights = {name.removeprefix(prefix): np.asarray(value, np.float32) for name, value in tensors.items()}
        self.g = Graph()

    def dense(self, name, x):
        w = self.g.constant(self.weights[name + ".weight"].T, name + ".weight")
        return self.g("Add", self.g("MatMul", x, w), self.g.constant(self.weights[name + ".bias"], name + ".bias"))

    def norm(self, name, x):
        gamma = self.g.constant(self.weights[name + ".weight"], name + ".weight")
        beta = self.g.constant(self.weights[name + ".bias"], name + ".bias")
        return self.g("LayerNormalization", x, gamma, beta, axis=-1, epsilon=self.config["layer_norm_eps"])

    def embeddings(self):
        g, w = self.g, self.weights
        words = g("Gather", g.constant(w["embeddings.word_embeddings.weight"], "words"), "input_ids")
        length = g("Slice", g("Shape", "input_ids"), g.integers(1), g.integers(2))
        rows = w["embeddings.position_embeddings.weight"] + w["embeddings.token_type_embeddings.weight"][0]
        positions = g("Slice", g.constant(rows, "positions"), g.integers(0), length, g.integers(0))
        return self.norm("embeddings.LayerNorm", g("Add", words, positions))

    def attention(self, name, x, mask):
        g = self.g
        hidden, heads = self.config["hidden_size"], self.config["num_attention_heads"]
        size = hidden // heads

        def split(part, order):
            y = g("Reshape", self.dense(f"{name}.self.{part}", x), g.integers(0, 0, heads, size))
            return g("Transpose", y, perm=order)

        query, key = split("query", (0, 2, 1, 3)), split("key", (0, 2, 3, 1))
        scores = g("Div", g("MatMul", query, key), g.number(math.sqrt(size)))
        weights = g("Softmax", g("Add", scores, mask), axis=-1)
        y = g("Transpose", g("MatMul", weights, split("value", (0, 2, 1, 3))), perm=(0, 2, 1, 3))
        y = g("Reshape", y, g.integers(0, 0, hidden))
        return self.norm(name + ".output.LayerNorm", g("Add", self.dense(name + ".output.dense", y), x))

    def feed_forward(self, name, x):
        g = self.g
        y = self.dense(name + ".intermediate.dense", x)
        erf = g("Erf", g("Div", y, g.number(math.sqrt(2))))
        y = g("Mul", g("Mul", y, g("Add", erf, g.number(1))), g.number(0.5))
        return self.norm(name + ".output.LayerNorm", g("Add", self.dense(name + ".output.dense", y), x))

    def pool(self, x):
        g = self.g
        mask = g("Cast", g("Unsqueeze", "attention_mask", g.integers(-1)), to=TensorProto.FLOAT)
        total = g("ReduceSum", g("Mul", x, mask), g.integers(1), keepdims=0)
        mean = g("Div", total, g("ReduceSum", mask, g.integers(1), keepdims=0))
        length = g("Sqrt", g("ReduceSum", g("Mul", mean, mean), g.integers(-1), keepdims=1))
        g.nodes.append(helper.make_node("Div", [mean, length], ["vectors"], name="vectors"))

    def model(self):
        g = self.g
        mask = g("Unsqueeze", g("Unsqueeze", "attention_mask", g.integers(1)), g.integers(2))
        mask = g("Sub", g.number(1), g("Cast", mask, to=TensorProto.FLOAT))
        mask = g("Mul", mask, g.number(-10000))
        x = self.embeddings()
        for layer in range(self.config["num_hidden_layers"]):
            name = f"encoder.layer.{layer}"
            x = self.feed_forward(name, self.attention(name + ".attention", x, mask))
        self.pool(x)
        inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, ["texts", "tokens"])
                  for name in ("input_ids", "attention_mask")]
        output = helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["texts", self.config["hidden_size"]])
        graph = helper.make_graph(g.nodes, "encoder", inputs, [output], g.initializers)
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR)
        onnx.checker.check_model(made)
        return made


def write_fused(folder, plain, path):
    from onnxruntime.transformers import optimizer
    from onnxruntime.transformers.fusion_options import FusionOptions
    config = json.loads((folder / "config.json").read_text())
    options = FusionOptions("bert")
    options.use_raw_attention_mask(True)
    fused = optimizer.optimize_model(str(plain), "bert", num_heads=config["num_attention_heads"],
                                     hidden_size=config["hidden_size"], optimization_options=options,
                                     opt_level=0)
    found = sum(node.op_type == "Attention" for node in fused.model.graph.node)
    if found != config["num_hidden_layers"]:
        raise SystemExit(f"onnxruntime's optimizer fused {found} of {config['num_hidden_layers']} attentions")
    fused.save_model_to_file(str(path))


def write_onnx(folder, scratch):
    from onnxruntime.quantization import QuantType, quantize_dynamic
    logging.getLogger("onnxruntime").setLevel(logging.ERROR)
    logging.getLogger().setLevel(logging.ERROR)  # the quantiser asks for its own preparation step
    folder, scratch = Path(folder), Path(scratch)
    files = {key: scratch / f"{folder.name}-{'-'.join(key)}.onnx"
             for key in ((p, g) for p in ("fp32", "int8") for g in ("plain", "fused"))}
    onnx.save(Builder(folder).model(), str(files["fp32", "plain"]))
    write_fused(folder, files["fp32", "plain"], files["fp32", "fused"])
    for graph in ("plain", "fused"):
        quantize_dynamic(files["fp32", graph], files["int8", graph], weight_type=QuantType.QInt8,
                         per_channel=True, op_types_to_quantize=["MatMul", "Attention"],
                         extra_options={"DefaultTensorType": TensorProto.FLOAT})
    return files
