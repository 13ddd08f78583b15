#!/usr/bin/env python3
"""The embedding service under load and with bad input: embedding_load_slow_test.py PROGRAM [SECONDS]

Eight clients ask two tiny encoders and a reranker at once, one text or many; every answer must be, bit for bit, the one
that the same text got alone, and the server's memory must not grow. Meanwhile wrong, huge, hanging and vanishing
clients come by.
SECONDS (default: $PENCHANT_LOAD_SECONDS, else 5) is how long; 60 is for the sanitizers:

    PENCHANT_LOAD_SECONDS=60 ./dev python tests/embedding_load_slow_test.py build/tsan/penchant
"""
import concurrent.futures
import http.client
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent
MODELS = ("tiny-bert", "tiny-xlm-roberta")
RERANKER = "reranker"
KINDS = (*MODELS, "raw", RERANKER)  # raw: vectors as long as they are
MOST = 300  # texts of a request
WORDS = "the red book at night in a station of old stars".split()
CLIENTS = 8
GROWTH = 32 << 20  # bytes that the allocator may keep beyond what the first second left

# path, body, status
BAD = [
    ("/v1/embeddings", b"", 400), ("/v1/embeddings", b"{", 400), ("/v1/embeddings", b"[]", 400),
    ("/v1/embeddings", b'{"model":"tiny-bert","input":NaN}', 400),
    ("/v1/embeddings", b'{"model":"tiny-bert","input":1e999}', 400),
    ("/v1/embeddings", b'{"model":"tiny-bert","input":null}', 400),
    ("/v1/embeddings", b'{"model":"tiny-bert","input":{"a":1}}', 400),
    ("/v1/embeddings", b'{"model":"tiny-bert","input":[[]]}', 400),
    ("/v1/embeddings", b'{"model":"tiny-bert","input":[[1,-1]]}', 400),
    ("/v1/embeddings", b'{"model":"tiny-bert","input":[1.5]}', 400),
    ("/v1/embeddings", b'{"model":"tiny-bert","input":["a",[1]]}', 400),
    ("/v1/embeddings", b'{"model":"tiny-bert","input":[[4,99999999]]}', 400),
    ("/v1/embeddings", b'{"model":5,"input":"a"}', 400), ("/v1/embeddings", b'{"model":"","input":"a"}', 400),
    ("/v1/embeddings", b'{"model":"tiny-bert","input":"a","dimensions":0}', 400),
    ("/v1/embeddings", b'{"model":"tiny-bert","input":"a","dimensions":"x"}', 400),
    ("/v1/embeddings", b'{"model":"tiny-bert","input":"\xff"}', 400),
    ("/v1/embeddings", b'{"model":"/etc/passwd","input":"a"}', 404),
    ("/v1/embeddings", b'{"model":"..","input":"a"}', 404),
    ("/v1/embeddings", json.dumps({"model": "tiny-bert", "input": ["x"] * 10_000}).encode(), 400),
    ("/v1/embeddings", b'{"model":"tiny-bert","input":[[' + b"5," * 100 + b"5]]}", 400),
    ("/v1/embeddings", b" " * 2_000_001, 413), ("/embed", b" " * 2_000_001, 413),
    ("/embed", json.dumps({"inputs": ["x"] * 10_000}).encode(), 413),
    ("/embed", b'{"inputs":""}', 400), ("/embed", b'{"inputs":[[]]}', 400), ("/embed", b"{}", 422),
    ("/embed", b'{"inputs":"a","truncate":"yes"}', 422), ("/embed", b'{"inputs":"a","normalize":1}', 422),
    ("/embed", b'{"inputs":"a","truncation_direction":"up"}', 422),
    ("/embed_all", b'{"inputs":[true]}', 422), ("/similarity", b'{"inputs":"a"}', 422),
    ("/similarity", b'{"inputs":{"source_sentence":"a","sentences":[]}}', 400),
    ("/similarity", b'{"inputs":{"source_sentence":"a","sentences":["b"]},"parameters":3}', 422),
    ("/tokenize", b'{"inputs":[[5]]}', 422), ("/decode", b'{"ids":["a"]}', 422),
    ("/decode", b'{"ids":[-5]}', 422), ("/decode", b'{"ids":[]}', 400),
    ("/rerank", b'{"texts":["a"]}', 422), ("/rerank", b'{"query":"a","texts":[]}', 400),
    ("/rerank", b'{"query":"a","texts":[1]}', 422), ("/rerank", b'{"query":1,"texts":["a"]}', 422),
    ("/rerank", json.dumps({"query": "a", "texts": ["x"] * 10_000}).encode(), 413),
    ("/rerank", b'{"query":"a","texts":["a"],"raw_scores":3}', 422),
    ("/predict", b'{"inputs":[["a"],"b"]}', 422), ("/predict", b'{"inputs":[]}', 400),
    ("/predict", b'{"inputs":[["a","b","c"]]}', 422),
]


def ask(port, path, body, timeout=120):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("POST", path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def ask_rows(port, kind, texts):
    """What the service gives for each of the texts: to be compared, whatever it is."""
    if kind == RERANKER:
        path, body = "/rerank", {"query": "the red book", "texts": texts, "raw_scores": True}
    elif kind == "raw":
        path, body = "/embed", {"inputs": texts, "normalize": False}
    else:
        path, body = "/v1/embeddings", {"model": kind, "input": texts, "encoding_format": "base64"}
    status, text = ask(port, path, json.dumps(body).encode())
    assert status == 200, text
    answer = json.loads(text)
    if kind == RERANKER:
        return [one["score"] for one in sorted(answer, key=lambda one: one["index"])]
    return answer if kind == "raw" else [one["embedding"] for one in answer["data"]]


def refuse_all(port):
    for path, body, wanted in BAD:
        status, answer = ask(port, path, body)
        assert status == wanted, f"{path} {body[:80]}: {status} {answer}"
        problem = json.loads(answer)
        said = problem["error"]["message"] if path.startswith("/v1") else problem["error"]
        assert said and len(said) < 1000, answer


def vanish(port):
    """Clients that reset while they are answered, that hang in their body, that leave at once."""
    for path, body in ((b"/v1/embeddings", {"model": MODELS[0], "input": ["the red book"] * MOST}),
                       (b"/rerank", {"query": "a", "texts": ["the red book"] * MOST})):
        body = json.dumps(body).encode()
        head = b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" % path
        for part, reset in ((len(body), True), (len(body), False), (len(body) // 2, True)):
            connection = socket.create_connection(("127.0.0.1", port))
            connection.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body) + body[:part])
            if reset:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            connection.close()


def make_texts():
    chance = random.Random(1)
    return [" ".join(chance.choices(WORDS, k=chance.randint(1, 30))) for _ in range(200)]


def client(port, number, texts, alone, end):
    chance, count = random.Random(number), 0
    while time.monotonic() < end:
        kind = chance.choice(KINDS)
        chosen = [chance.randrange(len(texts)) for _ in range(chance.choice((1, 1, 3, 30, MOST)))]
        if number == 0 and chance.random() < 0.1:
            vanish(port)
        rows = ask_rows(port, kind, [texts[i] for i in chosen])
        for i, row in zip(chosen, rows):
            assert row == alone[kind, i], f"{kind} gives another row for text {i} among {len(chosen)}"
        count += len(chosen)
    return count


def resident(process):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{process.pid}/status").read_text())[1]) << 10


def load(port, server, seconds):
    texts = make_texts()
    alone = {(kind, i): ask_rows(port, kind, [text])[0] for kind in KINDS for i, text in enumerate(texts)}

    def run(duration):
        end = time.monotonic() + duration
        with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
            return sum(pool.map(lambda number: client(port, number, texts, alone, end), range(CLIENTS)))

    run(max(1, seconds / 4))
    before = resident(server)
    count = run(seconds)
    after = resident(server)
    print(f"{count} texts in {seconds:g} s, resident memory {before / 2**20:.1f} MB at the start, "
          f"{after / 2**20:.1f} MB at the end")
    return after - before


def is_sanitized(program):
    """A sanitizer keeps freed memory back: growth says nothing about the server."""
    code = program.read_bytes()
    return b"__asan_init" in code or b"__tsan_init" in code


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    seconds = float(sys.argv[2] if len(sys.argv) > 2 else os.environ.get("PENCHANT_LOAD_SECONDS", 5))
    with tempfile.TemporaryDirectory() as folder:
        for name in MODELS:
            shutil.copytree(ROOT / "data/encoder" / name, f"{folder}/models/{name}")
        shutil.copytree(ROOT / "data/heads" / RERANKER, f"{folder}/models/{RERANKER}")
        server = subprocess.Popen([program, "serve", "--data", f"{folder}/data", "--models", f"{folder}/models",
                                   "--model", MODELS[0], "--classifier", RERANKER, "--client-batch", str(MOST),
                                   "--port", "0", "--deadline", "600"],
                                  stderr=subprocess.PIPE, text=True)
        try:
            port = int(re.search(r"http://127.0.0.1:(\d+)", server.stderr.readline())[1])
            refuse_all(port)
            grown = load(port, server, seconds)
            assert grown < GROWTH or is_sanitized(program), f"the server grew by {grown} bytes"
            shutil.rmtree(f"{folder}/models")  # all are in use: they stay
            assert all(ask_rows(port, kind, ["the red book"]) for kind in KINDS)
            refuse_all(port)
            server.send_signal(signal.SIGTERM)
            said = server.communicate(timeout=120)[1]
            assert server.returncode == 0, f"exit {server.returncode}: {said}"
        finally:
            server.kill()


main()
