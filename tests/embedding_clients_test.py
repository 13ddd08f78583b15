#!/usr/bin/env python3
"""The published clients of OpenAI and Hugging Face, unchanged, against our server: embedding_clients_test.py PROGRAM

With the tiny models of tests/data/encoder. What is not installed (openai and huggingface_hub for Python, openai for
node where $PENCHANT_NODE_MODULES or the usual places have it) is skipped with a word.
"""
import json
import math
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent
TEXTS = ["the red book", "a night at the station", "the red book"]

NODE_SCRIPT = """
const OpenAI = require(process.argv[2] + '/openai').default;
const client = new OpenAI({apiKey: 'none', baseURL: process.argv[3] + '/v1'});
(async () => {
  const answer = await client.embeddings.create({model: 'tiny-bert', input: ['the red book', 'night']});
  const models = (await client.models.list()).data.map(model => model.id);
  let status = 0;
  try { await client.embeddings.create({model: 'none', input: 'x'}); } catch (error) { status = error.status; }
  console.log(JSON.stringify({vectors: answer.data.map(one => Array.from(one.embedding)), models, status}));
})();
"""


def close(one, other):
    return len(one) == len(other) and all(abs(a - b) < 1e-6 for a, b in zip(one, other))


def openai_python(url):
    import openai
    client = openai.OpenAI(api_key="none", base_url=f"{url}/v1", max_retries=0)
    assert [model.id for model in client.models.list()] == ["static-zh-en", "tiny-bert", "tiny-model2vec"]
    assert client.models.retrieve("tiny-bert").id == "tiny-bert"
    packed = client.embeddings.create(model="tiny-bert", input=TEXTS)  # base64, as the client likes it
    plain = client.embeddings.create(model="tiny-bert", input=TEXTS, encoding_format="float")
    assert packed.usage.prompt_tokens == packed.usage.total_tokens > 10
    for i, (one, other) in enumerate(zip(packed.data, plain.data)):
        assert one.index == i and close(one.embedding, other.embedding)
        assert abs(math.hypot(*one.embedding) - 1) < 1e-5
    assert packed.data[0].embedding == packed.data[2].embedding
    short = client.embeddings.create(model="tiny-bert", input=TEXTS[0], dimensions=8)
    assert len(short.data[0].embedding) == 8 and abs(math.hypot(*short.data[0].embedding) - 1) < 1e-5
    ids = client.embeddings.create(model="tiny-model2vec", input=[[5, 6, 7], [8]])
    assert ids.usage.prompt_tokens == 4 and len(ids.data) == 2
    for wrong, error in ((dict(model="none", input="x"), openai.NotFoundError),
                         (dict(model="tiny-bert", input=""), openai.BadRequestError),
                         (dict(model="tiny-bert", input=["x"] * 2049), openai.BadRequestError),
                         (dict(model="tiny-bert", input="x", dimensions=33), openai.BadRequestError)):
        try:
            client.embeddings.create(**wrong)
            raise AssertionError(f"{wrong} was accepted")
        except error as refused:
            assert refused.body["message"] and refused.body["type"] == "invalid_request_error", refused.body
    return plain.data[0].embedding


def huggingface(url, expected):
    import huggingface_hub
    from huggingface_hub.errors import HfHubHTTPError
    client = huggingface_hub.InferenceClient(model=f"{url}/embed")
    assert close(client.feature_extraction(TEXTS[0])[0].tolist(), expected)
    assert client.feature_extraction(TEXTS[0], normalize=True, truncate=True).shape == (1, 32)
    scores = huggingface_hub.InferenceClient(model=f"{url}/similarity").sentence_similarity(
        TEXTS[0], other_sentences=TEXTS)
    assert abs(scores[0] - 1) < 1e-5 and scores[1] < 0.9999, scores
    try:
        client.feature_extraction("x", prompt_name="none")
        raise AssertionError("an unknown prompt was accepted")
    except HfHubHTTPError as refused:
        assert refused.response.status_code == 422


def openai_node(url, expected, modules):
    script = pathlib.Path(tempfile.mkdtemp()) / "client.js"
    script.write_text(NODE_SCRIPT)
    said = subprocess.run(["node", script, modules, url], capture_output=True, text=True, timeout=120)
    shutil.rmtree(script.parent)
    assert said.returncode == 0, said.stderr
    answer = json.loads(said.stdout)
    assert close(answer["vectors"][0], expected) and answer["status"] == 404, answer
    assert answer["models"] == ["static-zh-en", "tiny-bert", "tiny-model2vec"]


def node_modules():
    for folder in (os.environ.get("PENCHANT_NODE_MODULES", ""), ROOT.parent / "node_modules"):
        if shutil.which("node") and folder and (pathlib.Path(folder) / "openai").is_dir():
            return str(folder)
    return ""


def installed(name):
    try:
        __import__(name)
        return True
    except ImportError:
        print(f"{name}: SKIPPED, not installed (./dev setup does)")
        return False


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    run = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in ("tiny-bert", "tiny-model2vec"):
            shutil.copytree(ROOT / "data/encoder" / name, f"{folder}/models/{name}")
        server = subprocess.Popen([program, "serve", "--data", f"{folder}/data", "--models", f"{folder}/models",
                                   "--model", "tiny-bert", "--precision", "fp32", "--port", "0"],
                                  stderr=subprocess.PIPE, text=True)
        try:
            url = re.search(r"http://127.0.0.1:\d+", server.stderr.readline())[0]
            expected = None
            if installed("openai"):
                expected = openai_python(url)
                run += 1
            if expected and installed("huggingface_hub"):
                huggingface(url, expected)
                run += 1
            if expected and node_modules():
                openai_node(url, expected, node_modules())
                run += 1
            else:
                print("openai of npm: SKIPPED, not in $PENCHANT_NODE_MODULES")
            server.send_signal(signal.SIGTERM)
            assert server.wait(60) == 0
        finally:
            server.kill()
    print(f"{run} clients")
    sys.exit(0 if run else 77)


main()
