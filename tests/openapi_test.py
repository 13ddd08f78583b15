#!/usr/bin/env python3
"""The OpenAPI description is valid, and answers are as it says: openapi_test.py PROGRAM

Every operation of the description is called on a real server; its answer must fit the schema the description gives,
and be a problem document where it is refused. Answers that need a model are called with one where one is installed.
"""
import http.client
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import urllib.parse

try:
    from jsonschema import Draft202012Validator
    from openapi_spec_validator import OpenAPIV31SpecValidator
except ImportError:
    print("SKIPPED, openapi-spec-validator is not installed (./dev setup does)")
    sys.exit(77)

ITEMS = [
    {"id": "b1", "title": "The Left Hand of Darkness", "text": "An envoy visits a planet without fixed gender.",
     "categories": ["Science fiction"], "labels": {"year": 1969, "prizes": ["Hugo", "Nebula"]},
     "time": "1969-03-01T00:00:00Z", "url": "https://example.org/b1"},
    {"id": "b/2", "title": "A Wizard of Earthsea", "text": "A boy learns magic and meets his shadow.",
     "categories": ["Fantasy"], "time": 1_700_000_000},
    {"id": "b3", "title": "Salt, Fat, Acid, Heat", "categories": ["Cooking"], "hidden": True},
    {"id": "b4", "title": "The Dispossessed", "text": "A physicist between two planets.",
     "categories": ["Science fiction"]},
]
USERS = {"id": "ann", "interests": ["science fiction"], "labels": {"age": 40}}
EVENTS = [{"user": "ann", "item": "b1", "type": "like", "time": "2026-01-01T00:00:00Z"},
          {"user": "bob", "item": "b/2", "type": "rate", "value": 4.5}]

MODEL = "all-minilm-l6-v2"  # answers where it is installed

# operationId -> calls: (path values, query, body)
CALLS = {
    "put_items": [({}, {}, ITEMS), ({}, {}, ITEMS[0])],
    "put_users": [({}, {}, USERS)],
    "put_events": [({}, {}, EVENTS)],
    "item": [({"id": "b1"}, {}, None), ({"id": "b/2"}, {}, None), ({"id": "none"}, {}, None)],
    "user": [({"id": "ann"}, {}, None), ({"id": "none"}, {}, None)],
    "user_events": [({"id": "bob"}, {"n": 1}, None), ({"id": "none"}, {}, None)],
    "interests": [({"id": "ann"}, {"language": "zh"}, None), ({"id": "none"}, {}, None)],
    "recommend": [({"id": "ann"}, {"n": 3, "explain": "true", "language": "en"}, None),
                  ({"id": "ann"}, {"explain": "false", "category": ["Fantasy", "Cooking"], "exclude": "b1"}, None),
                  ({"id": "none"}, {}, None), ({"id": "ann"}, {"n": -1}, None)],
    "explain": [({"id": "ann"}, {"item": "b4"}, None), ({"id": "ann"}, {"item": "b3"}, None),
                ({"id": "ann"}, {"item": "none"}, None), ({"id": "ann"}, {}, None),
                ({"id": "ann"}, {"item": "b4", "contributions": "true"}, None)],
    "similar": [({"id": "b1"}, {"n": 2}, None), ({"id": "none"}, {}, None)],
    "search": [({}, {}, {"query": "planet", "n": 2}), ({}, {}, {"query": "", "n": 2})],
    "match": [({}, {}, {"text": "a fast laptop", "interests": ["laptops", "cooking"]}), ({}, {}, {"text": "x"}),
              ({}, {}, {"text": "一款高性能的笔记本电脑", "interests": ["laptops"], "contributions": True})],
    "embed": [({}, {}, {"texts": ["a", "b"]}), ({}, {}, {"texts": ["a"], "model": "another"})],
    "mine": [({}, {}, {"texts": ["A boy learns magic on an island.", "月球上的城市"], "n": 3})],
    "delete_item": [({"id": "b3"}, {}, None), ({"id": "b3"}, {}, None)],
    "delete_user": [({"id": "ann"}, {}, None), ({"id": "ann"}, {}, None)],
    "openai_embeddings": [({}, {}, {"model": MODEL, "input": ["a", "b"]}),
                          ({}, {}, {"model": MODEL, "input": "a", "encoding_format": "base64", "dimensions": 8}),
                          ({}, {}, {"model": MODEL, "input": [[5, 6]]}), ({}, {}, {"model": MODEL, "input": []}),
                          ({}, {}, {"model": "none", "input": "a"})],
    "openai_embeddings_unversioned": [({}, {}, {"model": MODEL, "input": "a"}), ({}, {}, [])],
    "openai_models": [({}, {}, None)],
    "openai_model": [({"model": MODEL}, {}, None), ({"model": "none"}, {}, None)],
    "tei_embed": [({}, {}, {"inputs": ["a", "b"], "prompt_name": None}), ({}, {}, {"inputs": "a", "truncate": "x"}),
                  ({}, {}, {"inputs": ["a"] * 33}), ({}, {}, {"inputs": "a", "normalize": False})],
    "tei_embed_all": [({}, {}, {"inputs": "a b"}), ({}, {}, {"inputs": ""})],
    "tei_similarity": [({}, {}, {"inputs": {"source_sentence": "a", "sentences": ["b", "c"]}}),
                       ({}, {}, {"inputs": "a"})],
    "tei_rerank": [({}, {}, {"query": "a", "texts": ["b"]}), ({}, {}, {"query": "a"})],
    "tei_predict": [({}, {}, {"inputs": "a"}), ({}, {}, {"inputs": 5})],
    "tei_tokenize": [({}, {}, {"inputs": "a b"}), ({}, {}, {"inputs": 5})],
    "tei_decode": [({}, {}, {"ids": [5, 6]}), ({}, {}, {"ids": "a"})],
    "tei_info": [({}, {}, None)], "tei_health": [({}, {}, None)],
    "healthz": [({}, {}, None)], "readyz": [({}, {}, None)], "metrics": [({}, {}, None)], "openapi": [({}, {}, None)],
}


def call(port, method, path, body):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Content-Type": "application/json"} if body is not None else {}
    connection.request(method, path, None if body is None else json.dumps(body), headers)
    answer = connection.getresponse()
    return answer.status, answer.headers.get_content_type(), answer.read().decode()


def resolve(description, entry):
    """The entry itself, or what its reference names."""
    if "$ref" not in entry:
        return entry
    for part in entry["$ref"].removeprefix("#/").split("/"):
        description = description[part]
    return description


def check(description, responses, status, kind, text):
    """The answer is one that the description foresees."""
    entry = responses.get(str(status)) or responses.get(f"{status // 100}XX")
    assert entry, f"status {status} is not described: {text}"
    entry = resolve(description, entry)
    if not text:
        assert "content" not in entry, f"an empty answer is not described for {status}"
        return
    assert kind in entry["content"], f"{kind} is not described for {status}"
    if kind == "text/plain":
        return
    schema = {**entry["content"][kind]["schema"], "components": description["components"]}
    errors = list(Draft202012Validator(schema).iter_errors(json.loads(text)))
    assert not errors, f"{text}\n{errors[0].json_path}: {errors[0].message}"


def check_all(port):
    status, _, text = call(port, "GET", "/v1/openapi.json", None)
    assert status == 200
    description = json.loads(text)
    OpenAPIV31SpecValidator(description).validate()
    operations = {entry["operationId"]: (method, path, entry) for path, entries in description["paths"].items()
                  for method, entry in entries.items()}
    assert operations.keys() == CALLS.keys(), operations.keys() ^ CALLS.keys()
    count = 0
    for name, calls in CALLS.items():
        method, path, entry = operations[name]
        for values, query, body in calls:
            target = re.sub(r"\{(\w+)\}", lambda found: urllib.parse.quote(values[found[1]], safe=""), path)
            target += "?" + urllib.parse.urlencode(query, doseq=True) if query else ""
            answer = call(port, method.upper(), target, body)
            assert answer[0] != 500, answer
            try:
                check(description, entry["responses"], *answer)
            except AssertionError as error:
                raise AssertionError(f"{name} {target} {body}: {error}") from None
            count += 1
    return count


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    models = os.environ.get("PENCHANT_MODELS", "")
    for with_models in (False, True):
        if with_models and not (os.path.isdir(models) and os.listdir(models)):
            print("the part with a model: SKIPPED, none is installed")
            continue
        with tempfile.TemporaryDirectory() as folder:
            environment = {**os.environ, "PENCHANT_MODELS": models if with_models else f"{folder}/none"}
            server = subprocess.Popen([program, "serve", "--data", f"{folder}/data", "--port", "0"],
                                      stderr=subprocess.PIPE, text=True, env=environment)
            try:
                port = int(re.search(r"http://127.0.0.1:(\d+)", server.stderr.readline())[1])
                count = check_all(port)
                server.send_signal(signal.SIGTERM)
                assert server.wait(60) == 0
                print(f"{count} calls {'with' if with_models else 'without'} a model")
            finally:
                server.kill()


main()
