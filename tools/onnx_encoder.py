"""An encoder's folder as ONNX files, so that ONNX Runtime can run the same model beside Penchant.

    files = write_onnx(folder, scratch)     # {("fp32", "plain"): path, ("int8", "fused"): path, ...}

The graph is the one a framework would export: [texts, tokens] ids and attention mask in, mean over the
mask and L2 norm inside, vectors out. "plain" leaves all optimisation to the session that loads it;
"fused" has been through onnxruntime.transformers.optimizer (Attention, SkipLayerNormalization, BiasGelu as
single operators; of BERT only). "int8" is quantize_dynamic of either: weights per channel, activations on the fly. Which
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

    def length(self):
        return self.g("Slice", self.g("Shape", "input_ids"), self.g.integers(1), self.g.integers(2))

    def positions(self):
        w = self.weights
        return w["embeddings.position_embeddings.weight"] + w["embeddings.token_type_embeddings.weight"][0]

    def embeddings(self):
        g = self.g
        words = g("Gather", g.constant(self.weights["embeddings.word_embeddings.weight"], "words"), "input_ids")
        rows = g.constant(self.positions(), "positions")
        positions = g("Slice", rows, g.integers(0), self.length(), g.integers(0))
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

    def mask(self):
        """What is added to the scores: [texts, 1 or heads, 1 or tokens, tokens]."""
        g = self.g
        mask = g("Unsqueeze", g("Unsqueeze", "attention_mask", g.integers(1)), g.integers(2))
        mask = g("Sub", g.number(1), g("Cast", mask, to=TensorProto.FLOAT))
        return g("Mul", mask, g.number(-10000))

    def model(self):
        g = self.g
        mask = self.mask()
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


class MPNetBuilder(Builder):
    """The same with a bias by distance, positions behind the padding's and other names."""

    NAMES = {".attn.q.": ".self.query.", ".attn.k.": ".self.key.", ".attn.v.": ".self.value.",
             ".attn.o.": ".output.dense.", "attention.LayerNorm": "attention.output.LayerNorm"}

    def __init__(self, folder):
        super().__init__(folder)
        for theirs, ours in self.NAMES.items():
            self.weights = {name.replace(theirs, ours): value for name, value in self.weights.items()}

    def positions(self):
        return self.weights["embeddings.position_embeddings.weight"][self.config["pad_token_id"] + 1:]

    def mask(self):
        g = self.g
        table = self.weights["encoder.relative_attention_bias.weight"]
        length, half = self.positions().shape[0], len(table) // 2
        far = np.arange(length)[None, :] - np.arange(length)[:, None]  # behind the query where positive
        size, exact = np.abs(far), half // 2
        octaves = np.log(np.maximum(size, 1) / exact) / math.log(128 / exact)
        wide = np.minimum(exact + (octaves * (half - exact)).astype(int), half - 1)
        bias = table[np.where(size < exact, size, wide) + half * (far > 0)].transpose(2, 0, 1)
        zeros, ends = g.integers(0, 0), g("Concat", self.length(), self.length(), axis=0)
        return g("Add", super().mask(), g("Slice", g.constant(bias, "distances"), zeros, ends, g.integers(1, 2)))


BUILDERS = {"bert": Builder, "mpnet": MPNetBuilder}


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
    family = json.loads((folder / "config.json").read_text())["model_type"]
    if family not in BUILDERS:
        raise SystemExit(f"{folder}: model_type {family}, only {' and '.join(BUILDERS)} are written as ONNX")
    graphs = ("plain", "fused") if family == "bert" else ("plain",)
    files = {(precision, graph): scratch / f"{folder.name}-{precision}-{graph}.onnx"
             for precision in ("fp32", "int8") for graph in graphs}
    onnx.save(BUILDERS[family](folder).model(), str(files["fp32", "plain"]))
    if "fused" in graphs:
        write_fused(folder, files["fp32", "plain"], files["fp32", "fused"])
    for graph in graphs:
        quantize_dynamic(files["fp32", graph], files["int8", graph], weight_type=QuantType.QInt8,
                         per_channel=True, op_types_to_quantize=["MatMul", "Attention"],
                         extra_options={"DefaultTensorType": TensorProto.FLOAT})
    return files
