#!/usr/bin/env python3
"""The embedding service at its limits: embedding_limits_test.py PROGRAM

Too much at once (429), too late (503), models that come and go, clients that hang or vanish in the middle: each is
told clearly what happened, and the server goes on and ends with 0 on SIGTERM. With tiny models of tests/data.
"""
import collections
import concurrent.futures
import contextlib
import http.client
import json
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent
TEXTS = 2_048  # the most of one request
LONG = json.dumps({"model": "tiny-bert", "input": ["a " * 38] * TEXTS}).encode()  # 40 tokens each, special ones too
RANKED = 1_000  # the most of one reranking
PAIRS = json.dumps({"query": "a", "texts": ["a " * 28] * RANKED}).encode()  # 32 tokens each
CLIENTS = 60  # twice the tokens that may wait, and fewer requests than may share a call
PATIENCE = 600  # seconds: sanitizers and a loaded machine take their time


@contextlib.contextmanager
def serving(program, *options):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        shutil.copytree(ROOT / "data/encoder/tiny-bert", folder / "models/tiny-bert")
        shutil.copytree(ROOT / "data/heads/reranker", folder / "models/reranker")
        server = subprocess.Popen(
            [program, "serve", "--data", folder / "data", "--models", folder / "models", "--model", "tiny-bert",
             "--classifier", "reranker", "--client-batch", str(TEXTS), "--precision", "fp32", "--threads", "1",
             "--port", "0", *options], stderr=subprocess.PIPE, text=True)
        try:
            server.port = int(re.search(r"http://127.0.0.1:(\d+)", server.stderr.readline())[1])
            yield server, folder
            server.send_signal(signal.SIGTERM)
            said = server.communicate(timeout=PATIENCE)[1]
            assert server.returncode == 0, f"exit {server.returncode}: {said}"
        finally:
            server.kill()


def ask(server, method, path, body=None):
    """(status, headers, answer)"""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    try:
        connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
        answer = connection.getresponse()
        text = answer.read()
        return answer.status, answer.headers, json.loads(text) if text else None
    finally:
        connection.close()


def embed(server, body):
    return ask(server, "POST", "/v1/embeddings", body)


def vector(server, model="tiny-bert"):
    status, _, answer = embed(server, json.dumps({"model": model, "input": "the red book"}).encode())
    assert status == 200, answer
    return answer["data"][0]["embedding"]


def rerank(server, body):
    return ask(server, "POST", "/rerank", body)


def beyond_the_queue_is_429(program):
    said = []
    for asks, body, name, rows in ((embed, LONG, "tiny-bert", TEXTS), (rerank, PAIRS, "reranker", RANKED)):
        with serving(program, "--deadline", "600") as (server, _):
            expected = vector(server)
            with concurrent.futures.ThreadPoolExecutor(CLIENTS + 1) as pool:
                asked = [pool.submit(asks, server, body) for _ in range(CLIENTS)]
                while not all(one.done() for one in asked):
                    assert ask(server, "GET", "/healthz")[0] == 200, "health waits for nobody"
                    time.sleep(0.1)
            counts = collections.Counter()
            for one in asked:
                status, headers, answer = one.result()
                counts[status] += 1
                if status == 200:
                    assert len(answer if asks is rerank else answer["data"]) == rows
                    continue
                assert status == 429 and headers["Retry-After"] == "1", answer
                kind, message = ((answer["error_type"], answer["error"]) if asks is rerank else
                                 (answer["error"]["type"], answer["error"]["message"]))
                assert kind == ("Overloaded" if asks is rerank else "requests"), answer
                assert re.fullmatch(rf"\d+ requests of \d+ tokens wait for {name} already", message), answer
            assert counts[200] and counts[429], counts
            assert vector(server) == expected
        said.append(f"{name}: {counts[200]} answered, {counts[429]} refused")
    return "; ".join(said)


def a_model_with_too_much_to_do_leaves_others_alone(program):
    body = json.dumps({"query": "a", "texts": ["a " * 28] * 100}).encode()
    with serving(program, "--deadline", "600", "--connections", "2000") as (server, _):
        expected, longest, among = vector(server), 0, 0
        with concurrent.futures.ThreadPoolExecutor(300) as pool:  # more than may ask one model
            asked = [pool.submit(rerank, server, body) for _ in range(300)]
            while not all(one.done() for one in asked):
                start = time.monotonic()
                assert vector(server) == expected  # 200, however many reranks are refused
                longest = max(longest, time.monotonic() - start)
                among += not all(one.done() for one in asked)
        counts = collections.Counter(one.result()[0] for one in asked)
        assert among and set(counts) <= {200, 429}, counts
    return f"{counts[200]} reranked, {counts[429]} refused, {among} vectors meanwhile, the slowest in {longest:.2f} s"


def stopped_for(server, seconds):
    """As on a machine that has no time for the server."""
    server.send_signal(signal.SIGSTOP)
    time.sleep(seconds)
    server.send_signal(signal.SIGCONT)


def later_than_the_deadline_is_503(program):
    late = "the request's time is over; try again"
    raw = json.dumps({"inputs": ["a " * 38] * TEXTS, "normalize": False}).encode()
    said = []
    for path, body, wanted in (
            ("/v1/embeddings", LONG,
             {"error": {"message": late, "type": "server_error", "param": None, "code": None}}),
            ("/embed", raw, {"error": late, "error_type": "Unhealthy"}),
            ("/rerank", PAIRS, {"error": late, "error_type": "Unhealthy"})):
        with serving(program, "--deadline", "1") as (server, _):
            expected = vector(server)
            counts = collections.Counter()
            for patience in range(1, 30):
                with concurrent.futures.ThreadPoolExecutor(8) as pool:
                    asked = [pool.submit(ask, server, "POST", path, body) for _ in range(8)]
                    time.sleep(0.02 * patience)
                    stopped_for(server, 1.2)
                for one in asked:
                    status, _, answer = one.result()
                    counts[status] += 1
                    assert status == 200 or (status == 503 and answer == wanted), answer
                if counts[503]:
                    break
            assert counts[503], counts
            assert vector(server) == expected
        said.append(f"{path}: {counts[200]} answered, {counts[503]} too late")
    return "; ".join(said)


def models_come_and_go(program):
    with serving(program) as (server, folder):
        expected = vector(server)
        models = folder / "models"

        def names():
            return [one["id"] for one in ask(server, "GET", "/v1/models")[2]["data"]]

        shutil.copytree(ROOT / "data/encoder/tiny-model2vec", models / "later")
        assert names() == ["later", "reranker", "static-zh-en", "tiny-bert"]
        shutil.rmtree(models / "later")  # nobody has asked for it: it is gone
        assert names() == ["reranker", "static-zh-en", "tiny-bert"]
        status, _, answer = embed(server, b'{"model":"later","input":"x"}')
        assert status == 404 and answer["error"]["code"] == "model_not_found", answer
        shutil.copytree(ROOT / "data/encoder/tiny-model2vec", models / "later")
        later = vector(server, "later")
        with concurrent.futures.ThreadPoolExecutor(4) as pool:  # removed while in use: it stays
            asked = [pool.submit(embed, server, LONG) for _ in range(4)]
            shutil.rmtree(models)
            assert all(one.result()[0] == 200 for one in asked)
        assert vector(server) == expected and vector(server, "later") == later
        shutil.copytree(ROOT / "data/encoder/tiny-model2vec", models / "broken")
        (models / "broken/model.safetensors").write_bytes(b"")
        for _ in range(2):
            status, _, answer = embed(server, b'{"model":"broken","input":"x"}')
            assert status == 503 and "model.safetensors" in answer["error"]["message"], answer
        shutil.copytree(ROOT / "data/encoder/tiny-model2vec", models / "broken", dirs_exist_ok=True)
        assert vector(server, "broken") == later, "a model that is mended is opened"
    return "added, removed, broken, mended"


def clients_that_hang_or_vanish_cost_nothing(program):
    head = b"POST /v1/embeddings HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    head += b"Content-Length: %d\r\n\r\n" % len(LONG)
    with serving(program, "--timeout", "2", "--deadline", "600") as (server, _):
        expected = vector(server)
        hanging = []
        for part, reset in ((0, False), (len(LONG) // 2, False), (len(LONG) // 2, True), (len(LONG), True)):
            for _ in range(5):
                connection = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
                connection.sendall(head + LONG[:part])
                if reset:  # answered with RST whatever the server still sends
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                    connection.close()
                else:
                    hanging.append(connection)
        assert vector(server) == expected
        for connection in hanging:  # told so, then closed
            assert connection.makefile("rb").readline().split()[1] == b"408"
            connection.close()
        unread = socket.create_connection(("127.0.0.1", server.port))  # asks and never reads
        unread.sendall((head + LONG) * 3)
        assert vector(server) == expected
        unread.close()
    return "5 before the body, 5 in it, 10 reset, 1 that never reads"


def wrong_sizes_are_refused(program):
    with serving(program) as (server, _):
        for body, message in ((b'{"model":"tiny-bert","input":""}', "input: is empty, or has an empty text"),
                              (b'{"model":"tiny-bert","input":[]}', "input: is empty, or has an empty text"),
                              (b'{"model":"tiny-bert","input":["a",""]}', "input: is empty, or has an empty text"),
                              (json.dumps({"model": "tiny-bert", "input": ["x"] * 10_000}).encode(),
                               "input: 10000 texts, the limit is 2048")):
            status, _, answer = embed(server, body)
            assert status == 400 and answer["error"]["message"] == message, answer
            assert answer["error"]["type"] == "invalid_request_error" and answer["error"]["param"] == "input"
        for body, wanted, kind in ((b'{"inputs":""}', 400, "Empty"),
                                   (json.dumps({"inputs": ["x"] * 10_000}).encode(), 413, "Validation")):
            status, _, answer = ask(server, "POST", "/embed", body)
            assert status == wanted and answer["error_type"] == kind, answer
        vector(server)
    return "nothing, an empty text, 10,000 texts"


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    for test in (beyond_the_queue_is_429, a_model_with_too_much_to_do_leaves_others_alone,
                 later_than_the_deadline_is_503, models_come_and_go, clients_that_hang_or_vanish_cost_nothing,
                 wrong_sizes_are_refused):
        start = time.monotonic()
        said = test(program)
        print(f"{test.__name__}: {said} ({time.monotonic() - start:.1f} s)", flush=True)


main()
