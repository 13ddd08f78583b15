#!/usr/bin/env python3
"""Penchant's encoder beside ONNX Runtime and OpenVINO, all on all cores, and beside the machine's ceiling.

    ./dev bench encoder [--models FOLDER] [--data FOLDER] [--only MODEL] [--rounds 5]

What is timed, for all alike: from a list of texts in memory to their normalised vectors in memory, in a
process that has loaded the model before and has run once. That includes tokenising, since Penchant's
Encoder::encode starts from text; the others get their tokens from the `tokenizers` package
(encode_batch_fast, all cores). The column "tokenising" gives its share of each one's time, so that either
can be judged without it. Texts: real ones cut to exactly 32 and exactly 128 tokens, and the sentences of
STS-B as they are; then one text of 32 tokens at a time, for latency.

ONNX Runtime runs tools/onnx_encoder.py's graphs of the same weights, with pooling and norm inside, texts
sorted by length and padded to the longest of their batch, at graph optimisation level "all". For each row it
runs in whichever way a trial found fastest: graph plain or (BERT) fused by its transformers optimizer, one session
on all cores or each core with a batch of its own, batches of 8 or 32. int8 is its dynamic quantisation.
Its fp32 vectors are checked first: cosine to Penchant's above 0.9999.

OpenVINO runs the plain fp32 graph at bfloat16, and quantised to int8 by NNCF (transformer mode, 300 of the
timed texts for calibration) with the rest at fp32 or bfloat16, whichever a trial found fastest; its shapes are static
for texts of one length, batches of 8 or 32, as many at a time as its throughput hint wants (one for latency).
CTranslate2 is not in the run: its converter needs a whole torch; it was measured behind OpenVINO elsewhere.

Systems take turns in every round. Printed: sentences/s, best and median of the rounds; "time", the median
over rounds of a system's time over Penchant's of the same kind (fp32: fp32, int8: fast) in that round; the
share of the ceiling, measured before and behind in the same run (bench/ceiling_bench.cc): operations of the
model's matrices, two for each multiply-add, whole time, over the arithmetic on registers alone and over the
best products (oneDNN's or Penchant's) of one layer, of the same kind, on all cores. A token costs
12 x layers x H x H multiply-adds in matrices (H = 384: 10.6 million in 6 layers, 21.2 in 12); attention's
own products, 1 % more at 32 tokens and 6 % at 128, are not counted. Needs about 6 GB of memory.
"""
import argparse
import concurrent.futures
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
from onnx_encoder import write_onnx  # before numpy, whose threads it settles
from compare_encoder import MODELS, cosines, csv_column, json_field, max_tokens, penchant, tab_column

import numpy as np
import nncf
import onnxruntime
import openvino

import ceiling

CORES = len(os.sched_getaffinity(0))
PAUSE = 0.05  # seconds: ONNX Runtime's threads spin on for a while after a run
KINDS = {"fp32": "fp32", "bf16": "bf16", "fast": "int8"}


# --- Texts.

def cut(texts, tokenizer, length, count):
    """`count` texts, cut so that they have exactly `length` tokens."""
    made = []
    for text in texts:
        encoding = tokenizer.encode(text)
        if len(encoding.ids) < length:
            continue
        part = text[:encoding.offsets[length - 2][1]]  # a token stands before the text, one behind
        if len(tokenizer.encode(part).ids) == length:
            made.append(part)
            if len(made) == count:
                return made
    sys.exit(f"only {len(made)} of {count} texts of {length} tokens")


def mixed(lists):
    return [" ".join(text.split()) for texts in zip(*lists) for text in texts]


def workloads_of(data, tokenizer, is_multilingual):
    """{name: texts}"""
    articles = [json_field(data / "bbc-news/bbc-news.jsonl.gz", "text")]
    sentences = [csv_column(data / "stsb-en/stsb-en-test.csv", column) for column in (0, 1)]
    if is_multilingual:
        articles.append(tab_column(data / "csl-zh/kg-test.tsv", 1))
        sentences[1] = csv_column(data / "stsb-zh/stsb-mt-zh-test.csv", 1)
    articles = mixed(articles)
    return {"32 tokens": cut(articles, tokenizer, 32, 256),
            "128 tokens": cut(articles, tokenizer, 128, 64),
            "STS-B sentences": mixed(sentences)[:512]}


# --- Systems: run(texts) gives the seconds of the whole and of tokenising, each(texts) the seconds of each
# text by itself.

class Penchant:
    def __init__(self, program, folder, precision, scratch):
        self.process = subprocess.Popen([program, str(folder), precision, str(CORES)], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.path = Path(scratch, f"{precision}.txt")

    def ask(self, how, texts):
        self.path.write_text("\n".join(texts) + "\n", encoding="utf-8")
        self.process.stdin.write(f"{how} {self.path}\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def tokens(self, texts):
        return self.ask("all", texts)["tokens"]

    def run(self, texts):
        answer = self.ask("all", texts)
        return answer["seconds"][0], answer["tokenise_seconds"]

    def each(self, texts):
        return self.ask("each", texts)["seconds"]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Peer:
    """A system fed with padded batches, the longest first; a way to run it ends with the batch's size."""

    def __init__(self, tokenizer):
        self.tokenizer = tokenizer
        self.way = None

    def tokens(self, texts):
        return sum(len(encoding.ids) for encoding in self.tokenizer.encode_batch_fast(texts))

    def vectors(self, texts, way):
        """Vectors, and when tokenising ended."""
        ids = [encoding.ids for encoding in self.tokenizer.encode_batch_fast(texts)]
        tokenised = time.perf_counter()
        order = sorted(range(len(ids)), key=lambda i: -len(ids[i]))
        vectors = np.empty((len(ids), self.dimensions), np.float32)
        size = way[-1]

        def batch(begin):
            some = order[begin:begin + size]
            padded = np.zeros((len(some), len(ids[some[0]])), np.int64)
            mask = np.zeros_like(padded)
            for row, i in enumerate(some):
                padded[row, :len(ids[i])] = ids[i]
                mask[row, :len(ids[i])] = 1
            return some, {"input_ids": padded, "attention_mask": mask}

        self.infer(way, map(batch, range(0, len(ids), size)), vectors)
        return vectors, tokenised

    def run(self, texts, way=None):
        start = time.perf_counter()
        _, tokenised = self.vectors(texts, way or self.way)
        return time.perf_counter() - start, tokenised - start

    def each(self, texts, way=None):
        return [self.run([text], way)[0] for text in texts]

    def choose(self, seconds_of, batches):
        """Takes the fastest way by seconds_of(way)."""
        self.way = min(self.ways(batches), key=seconds_of)


class OnnxRuntime(Peer):
    """One precision of a model, and the ways it can be run."""

    def __init__(self, files, precision, tokenizer):
        super().__init__(tokenizer)
        self.sessions = {(graph, threads): self.open(path, threads)
                         for (kind, graph), path in files.items() if kind == precision for threads in {1, CORES}}
        self.dimensions = next(iter(self.sessions.values())).get_outputs()[0].shape[1]
        self.executor = concurrent.futures.ThreadPoolExecutor(CORES)

    @staticmethod
    def open(path, threads):
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def ways(self, batches):
        return [(*key, batch) for key in sorted(self.sessions) for batch in batches]

    def infer(self, way, batches, vectors):
        graph, threads, size = way

        def run(batch):
            vectors[batch[0]] = self.sessions[graph, threads].run(None, batch[1])[0]

        list(self.executor.map(run, batches) if threads < CORES and len(vectors) > size else map(run, batches))

    def told(self):
        graph, threads, batch = self.way
        how = f"one session on {CORES} cores" if threads == CORES else "a batch on each core"
        return f"{graph} graph, {how}, batches of {batch}" if batch > 1 else f"{graph} graph, {threads} cores"


class OpenVino(Peer):
    """One precision of a model: {inference precision: model}; compiled for each shape it meets."""

    def __init__(self, models, tokenizer):
        super().__init__(tokenizer)
        self.models, self.compiled = models, {}
        self.dimensions = next(iter(models.values())).outputs[0].partial_shape[1].get_length()
        self.core = openvino.Core()

    def ways(self, batches):
        hints = ("LATENCY",) if batches == (1,) else ("THROUGHPUT", "LATENCY")
        return [(precision, hint, batch) for precision in self.models for hint in hints for batch in batches]

    def queue(self, way, shape):
        """Requests in flight on the model compiled for a static shape, or for any when it is None."""
        if (way, shape) not in self.compiled:
            precision, hint, _ = way
            model = self.models[precision].clone()
            if shape:
                model.reshape({name: list(shape) for name in ("input_ids", "attention_mask")})
            compiled = self.core.compile_model(model, "CPU", {"PERFORMANCE_HINT": hint,
                                                              "INFERENCE_PRECISION_HINT": precision})
            self.compiled[way, shape] = openvino.AsyncInferQueue(
                compiled, compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS"))
        return self.compiled[way, shape]

    def infer(self, way, batches, vectors):
        batches = list(batches)
        shapes = {batch[1]["input_ids"].shape for batch in batches}
        queue = self.queue(way, shapes.pop() if len(shapes) == 1 else None)

        def keep(request, some):
            vectors[some] = request.get_output_tensor(0).data

        queue.set_callback(keep)
        for some, batch in batches:
            queue.start_async(batch, some)
        queue.wait_all()

    def told(self):
        precision, hint, batch = self.way
        return f"rest in {precision}, hint {hint}, batches of {batch}"


def openvino_models(path, tokenizer, texts):
    """{precision: {inference precision: model}} of an ONNX file."""
    model = openvino.Core().read_model(str(path))
    inputs = [{"input_ids": np.array([encoding.ids]), "attention_mask": np.ones((1, len(encoding.ids)), np.int64)}
              for encoding in tokenizer.encode_batch(texts[:300])]
    quantised = nncf.quantize(model, nncf.Dataset(inputs), model_type=nncf.ModelType.TRANSFORMER,
                              subset_size=len(inputs))
    return {"bf16": {"bf16": model}, "int8": {"f32": quantised, "bf16": quantised}}


# --- Measuring.

def rounds_of(systems, measure, rounds):
    """{name: what measure(system) gave in each round}; the systems by turns."""
    results = {name: [] for name in systems}
    for name, system in systems.items():
        measure(system)  # warm
    for _ in range(rounds):
        for name, system in systems.items():
            time.sleep(PAUSE)
            results[name].append(measure(system))
    return results


def rival(name):
    """Penchant's of the same kind."""
    kind = kind_of(name)
    return next(f"penchant {precision}" for precision in KINDS if KINDS[precision] == kind)


def kind_of(name):
    precision = name.split()[-1]
    return KINDS.get(precision, precision)


def ratio(seconds, name):
    return statistics.median(t / p for t, p in zip(seconds[name], seconds[rival(name)]))


def check_tokens(systems, workload, texts):
    counts = {name: system.tokens(texts) for name, system in systems.items()}
    if len(set(counts.values())) > 1:
        sys.exit(f"{workload}: not the same tokens: {counts}")
    return next(iter(counts.values()))


def check_vectors(program, folder, systems, texts):
    fp32 = penchant(program, folder, "fp32", texts)
    print("Cosine to Penchant's fp32 on STS-B sentences, minimum and mean:", end=" ")
    found = {f"Penchant {precision}": penchant(program, folder, precision, texts) for precision in ("bf16", "fast")}
    for name in ("openvino bf16", "openvino int8"):
        found[name] = systems[name].vectors(texts, ("bf16", "LATENCY", 32))[0]
    for name in ("onnxruntime fp32", "onnxruntime int8"):
        for graph in sorted({graph for graph, _ in systems[name].sessions}):
            found[f"{name} ({graph} graph)"] = systems[name].vectors(texts, (graph, CORES, 32))[0]
    print("; ".join(f"{name} {cosines(v, fp32).min():.5f} {cosines(v, fp32).mean():.5f}"
                    for name, v in found.items()) + ".\n", flush=True)
    for name, vectors in found.items():
        if "fp32" in name and cosines(vectors, fp32).min() <= 0.9999:
            sys.exit(f"{name} does not compute the same model")


def measure_throughput(systems, workload, texts, rounds, operations):
    tokens = check_tokens(systems, workload, texts)
    for name, system in systems.items():
        if isinstance(system, Peer):
            system.choose(lambda way: system.run(texts, way)[0], (8, 32))
            print(f"{workload}: {name}: {system.told()}", file=sys.stderr)
    results = rounds_of(systems, lambda system: system.run(texts), rounds)
    seconds = {name: [whole for whole, _ in found] for name, found in results.items()}
    rows = []
    for name, found in results.items():
        tokenising = statistics.median(part / whole for whole, part in found)
        rows.append({"workload": workload, "system": name, "best": len(texts) / min(seconds[name]),
                     "median": len(texts) / statistics.median(seconds[name]), "ratio": ratio(seconds, name),
                     "tokenising": tokenising, "rate": operations * tokens / min(seconds[name])})
    for row in rows:
        print(f"{workload}: {row['system']}: {row['best']:,.0f} sentences/s", file=sys.stderr)
    return rows


def measure_latency(systems, texts, rounds):
    for name, system in systems.items():
        if isinstance(system, Peer):
            system.choose(lambda way: statistics.median(system.each(texts[:16], way)), (1,))
            print(f"one text: {name}: {system.told()}", file=sys.stderr)
    results = rounds_of(systems, lambda system: system.each(texts), rounds)
    medians = {name: [statistics.median(found) for found in each] for name, each in results.items()}
    return [{"system": name, "best": 1e3 * min(min(found) for found in results[name]),
             "median": 1e3 * statistics.median(medians[name]), "ratio": ratio(medians, name)}
            for name in systems]


def print_throughput(rows, ceilings):
    print("| texts | system | sentences/s, best | median | time | tokenising | of registers' peak | of best products |")
    print("|---|---|--:|--:|--:|--:|--:|--:|")
    for row in rows:
        kind = kind_of(row["system"])
        peak, product = ceiling.peak(ceilings, kind), ceiling.best_layer_rate(ceilings, kind)
        of_peak = f"{row['rate'] / peak:.0%}" if peak else "-"
        print(f"| {row['workload']} | {row['system']} | {row['best']:,.0f} | {row['median']:,.0f} | "
              f"{row['ratio']:.2f} x | {row['tokenising']:.0%} | "
              f"{of_peak} | {row['rate'] / product:.0%} |")
    print()


def print_latency(rows):
    print("| one text of 32 tokens | best, ms | median, ms | time |")
    print("|---|--:|--:|--:|")
    for row in rows:
        print(f"| {row['system']} | {row['best']:.2f} | {row['median']:.2f} | {row['ratio']:.2f} x |")
    print(flush=True)


def measure_model(folder, options):
    from tokenizers import Tokenizer
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens(folder))
    config = json.loads((folder / "config.json").read_text())
    matrices = 4 * config["hidden_size"] ** 2 + 2 * config["hidden_size"] * config["intermediate_size"]
    operations = 2 * config["num_hidden_layers"] * matrices
    workloads = workloads_of(options.data, tokenizer, config["vocab_size"] > 100_000)
    before = ceiling.measure()
    with tempfile.TemporaryDirectory(prefix="penchant-bench-") as scratch:
        files = write_onnx(folder, scratch)
        systems = {f"penchant {precision}": Penchant(options.bench, folder, precision, scratch)
                   for precision in KINDS}
        systems |= {f"onnxruntime {kind}": OnnxRuntime(files, kind, tokenizer) for kind in ("fp32", "int8")}
        models = openvino_models(files["fp32", "plain"], tokenizer, mixed(workloads.values()))
        systems |= {f"openvino {kind}": OpenVino(models[kind], tokenizer) for kind in models}
        print(f"### {folder.name}\n")
        print(f"{ceiling.machine()}; onnxruntime {onnxruntime.__version__}; openvino "
              f"{openvino.__version__}; {options.rounds} rounds.")
        check_vectors(options.program, folder, systems, workloads["STS-B sentences"][:64])
        rows = []
        for workload, texts in workloads.items():
            rows += measure_throughput(systems, workload, texts, options.rounds, operations)
        latency = measure_latency(systems, workloads["32 tokens"][:64], options.rounds)
        for precision in KINDS:
            systems[f"penchant {precision}"].close()
        print_throughput(rows, ceiling.better(before, ceiling.measure()))
        print_latency(latency)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--models", type=Path, default=Path(os.environ.get("PENCHANT_MODELS", ".")))
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("PENCHANT_TEST_DATA") or "."))
    parser.add_argument("--program", default="build/release/penchant")
    parser.add_argument("--bench", default="build/release/bench/encoder_bench")
    parser.add_argument("--only", help="one model")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    if not (options.data / "stsb-en").is_dir():
        sys.exit("no test data: set PENCHANT_TEST_DATA to its folder")
    for name in [options.only] if options.only else MODELS:
        if (options.models / name).is_dir():
            measure_model(options.models / name, options)
        else:
            print(f"{name} is not installed: penchant model add {name}", file=sys.stderr)


if __name__ == "__main__":
    main()
