#!/usr/bin/env python3
"""What clients do that no client should: hostile_clients_test.py PROGRAM

A real server on a free port of 127.0.0.1 meets slow, silent, half-closed, pipelining, oversized, lying and random
clients. After each the server must still answer, and it must end with 0 on SIGTERM.
"""
import atexit
import fcntl
import json
import os
import pathlib
import random
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time

HOST = b"Host: localhost\r\n"
JSON = HOST + b"Content-Type: application/json\r\n"
PATIENCE = 60  # seconds after which a test says that the server hangs


class Server:
    def __init__(self, program, folder, *options, timeout=2):
        self.process = subprocess.Popen(
            [program, "serve", "--data", folder, "--port", "0", "--timeout", str(timeout), *options],
            stderr=subprocess.PIPE, text=True, env={**os.environ, "PENCHANT_MODELS": f"{folder}/no-models"})
        atexit.register(self.process.kill)  # a failed test leaves no server behind
        line = self.process.stderr.readline()
        found = re.search(r"http://127.0.0.1:(\d+)", line)
        assert found, f"the server said: {line}{self.process.stderr.read()}"
        self.port = int(found[1])
        self.said = []
        threading.Thread(target=lambda: self.said.extend(self.process.stderr), daemon=True).start()

    def connect(self):
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(PATIENCE) == 0, f"exit {self.process.returncode}: {self.said}"


class Reader:
    """Answers of one connection, read one by one."""

    def __init__(self, connection):
        self.file = connection.makefile("rb")

    def next(self, with_body=True):
        """(status, headers, body), or None at the end of the connection."""
        line = self.file.readline()
        if not line:
            return None
        status, headers = int(line.split()[1]), {}
        while (line := self.file.readline()) not in (b"\r\n", b""):
            name, value = line.decode("latin-1").split(":", 1)
            headers[name.lower()] = value.strip()
        length = int(headers.get("content-length", 0)) if with_body and status != 100 else 0
        return status, headers, self.file.read(length)


def ask(server, request, with_body=True):
    """The one answer to these bytes, on a connection of its own."""
    with server.connect() as connection:
        connection.sendall(request)
        return Reader(connection).next(with_body)


def status(server, request):
    answer = ask(server, request)
    if answer[0] >= 400:
        problem = json.loads(answer[2])
        assert problem["status"] == answer[0] and problem["detail"] and problem["title"], problem
        assert answer[1]["content-type"] == "application/problem+json"
    return answer[0]


def post(path, body, extra=b""):
    return b"POST %s HTTP/1.1\r\n%s%sContent-Length: %d\r\n\r\n%s" % (path, JSON, extra, len(body), body)


def get(target, extra=b""):
    return b"GET %s HTTP/1.1\r\n%s%s\r\n" % (target, HOST, extra)


def unread_bytes(connection):
    """How much of what was sent the other side's system has not taken yet."""
    return struct.unpack("i", fcntl.ioctl(connection, termios.TIOCOUTQ, b"\0" * 4))[0]


def many_items(count, start=0):
    return json.dumps([{"id": f"i{start + i}", "title": f"item number {i}", "text": "word " * 20}
                       for i in range(count)]).encode()


# ---- The tests: each gets a running server


def slow_head_is_ended(server):
    with server.connect() as connection:
        reader = Reader(connection)
        try:
            for byte in get(b"/healthz", b"X-Slow: " + b"x" * 1000):
                connection.sendall(bytes([byte]))
                threading.Event().wait(0.1)
            raise AssertionError("a head of a minute was accepted")
        except (BrokenPipeError, ConnectionResetError):
            pass
        assert reader.next()[0] == 408
        # Whoever goes on sending after that is reset at last; the answer was there before.


def slow_body_is_ended(server):
    with server.connect() as connection:
        connection.sendall(b"POST /v1/items HTTP/1.1\r\n" + JSON + b"Content-Length: 1000\r\n\r\n[")
        reader = Reader(connection)
        assert reader.next()[0] == 408
        assert reader.next() is None


def idle_connection_is_closed(server):
    with server.connect() as connection:
        assert connection.recv(1) == b""
    with server.connect() as connection:
        connection.sendall(get(b"/healthz"))
        reader = Reader(connection)
        assert reader.next()[0] == 200
        assert reader.next() is None


def half_closed_client_gets_its_answer(server):
    with server.connect() as connection:
        connection.sendall(get(b"/healthz"))
        connection.shutdown(socket.SHUT_WR)
        assert Reader(connection).next()[0] == 200


def half_a_request_is_refused(server):
    for part in (b"GET /heal", get(b"/healthz")[:-2], post(b"/v1/items", b'{"id":"x"}')[:-3]):
        with server.connect() as connection:
            connection.sendall(part)
            connection.shutdown(socket.SHUT_WR)
            assert Reader(connection).next()[0] == 400, part


def pipelined_requests_are_answered_in_order(server):
    count = 500
    requests = b"".join(get(b"/v1/items/none" if i % 3 else b"/healthz", b"X-Request-Id: r%d\r\n" % i)
                        for i in range(count))
    with server.connect() as connection:
        threading.Thread(target=connection.sendall, args=(requests,), daemon=True).start()
        reader = Reader(connection)
        for i in range(count):
            code, headers, _ = reader.next()
            assert headers["x-request-id"] == f"r{i}" and code == (404 if i % 3 else 200), (i, code, headers)


def client_that_never_reads_holds_nobody_up(server):
    connections = [server.connect() for _ in range(20)]
    for connection in connections:
        connection.setblocking(False)
        try:
            for _ in range(1000):
                connection.send(get(b"/v1/openapi.json") * 20)
        except BlockingIOError:
            pass
    assert status(server, get(b"/healthz")) == 200
    for connection in connections:
        connection.close()


def lengths_beyond_the_limits_are_refused(server):
    assert status(server, get(b"/v1/items/" + b"x" * 9000)) == 414
    assert status(server, b"GET /" + b"x" * 100_000) == 414
    assert status(server, get(b"/healthz", b"X: " + b"x" * 17_000 + b"\r\n")) == 431
    assert status(server, get(b"/healthz", b"X: y\r\n" * 5_000)) == 431
    assert status(server, b"GET / HTTP/1.1\r\nX: " + b"x" * 100_000) == 431
    for length in (33 << 20, 1 << 40, (1 << 64) - 1):
        head = b"POST /v1/items HTTP/1.1\r\n" + JSON + b"Content-Length: %d\r\n\r\n" % length
        assert status(server, head) == 413, length


def hundred_megabytes_get_their_refusal(server):
    """Also when the client sends everything before it reads."""
    for chunked in (False, True):
        with server.connect() as connection:
            size = 100 << 20
            coding = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % size
            connection.sendall(b"POST /v1/items HTTP/1.1\r\n" + JSON + coding + b"\r\n\r\n")
            piece = b"x" * (1 << 20)
            for _ in range(100):
                connection.sendall(b"100000\r\n" + piece + b"\r\n" if chunked else piece)
            answer = Reader(connection).next()
            assert answer[0] == 413 and answer[1]["connection"] == "close", answer


def ambiguous_bodies_are_refused(server):
    for lines, code in (
            (b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", 400),
            (b"Content-Length: 5\r\nContent-Length: 6\r\n", 400),
            (b"Content-Length: -1\r\n", 400),
            (b"Content-Length: 0x5\r\n", 400),
            (b"Content-Length: 99999999999999999999999\r\n", 400),
            (b"Transfer-Encoding: gzip\r\n", 501),
            (b"Transfer-Encoding: gzip, chunked\r\n", 501),
            (b"Content-Length: 2\r\nContent-Encoding: gzip\r\n", 415)):
        request = b"POST /v1/items HTTP/1.1\r\n" + JSON + lines + b"\r\n0\r\n\r\n"
        assert status(server, request) == code, (lines, status(server, request))
    for chunk in (b"zz\r\n", b"-1\r\n", b"fffffffffffffffff\r\n", b"5\r\nabc"):
        request = b"POST /v1/items HTTP/1.1\r\n" + JSON + b"Transfer-Encoding: chunked\r\n\r\n" + chunk
        assert status(server, request + b"\r\n\r\n") in (400, 408, 413), chunk


def malformed_requests_are_refused(server):
    for request, code in (
            (b"GET\r\n\r\n", 400), (b"\x00\x01\x02\r\n\r\n", 400), (b"GET / HTTP/3.7\r\n\r\n", 505),
            (b"GET / HTTP/1.1\r\n\r\n", 400), (b"GET / HTTP/1.1\r\n" + HOST + HOST + b"\r\n", 400),
            (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505), (b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n", 400),
            (b"GET / HTTP/1.1\r\n" + HOST + b"A b: c\r\n\r\n", 400),
            (get(b"/v1/items/%zz"), 400), (get(b"/v1/items/%ff"), 400), (get(b"/v1/items/%e4%b8"), 400),
            (get(b"/v1/items/a?n=%f"), 400), (get(b"/v1/items/\xff"), 400), (get(b"/v1/items/"), 404),
            (get(b"//v1/items/a"), 404), (get(b"/v1/items/../users/a"), 404),
            (post(b"/v1/items", b'{"id":"a\xff"}'), 400), (post(b"/v1/items", b'{"id":"a"'), 400),
            (post(b"/v1/items", b"[" * 100_000), 400), (post(b"/v1/items", b""), 400),
            (post(b"/v1/items", b"null"), 400), (post(b"/v1/search", b"[]"), 400)):
        assert status(server, request) == code, (request[:80], status(server, request))


def only_this_machine_is_answered(server):
    for host, code in ((b"localhost", 200), (b"LocalHost:8080", 200), (b"127.0.0.1", 200), (b"[::1]:80", 200),
                       (b"evil.example", 421), (b"localhost.evil.example", 421), (b"127.0.0.1.nip.io:80", 421),
                       (b"localhost:80@evil.example", 421), (b"", 200), (b"\xff", 421), (b"[::1", 421)):
        assert status(server, b"GET /healthz HTTP/1.1\r\nHost: " + host + b"\r\n\r\n") == code, host
    assert status(server, b"GET http://evil.example/healthz HTTP/1.1\r\n" + HOST + b"\r\n") == 421
    assert status(server, b"GET http://localhost/healthz HTTP/1.1\r\n" + HOST + b"\r\n") == 200


def expectations_are_met_or_refused(server):
    body = b'{"id":"expected"}'
    request = post(b"/v1/items", body, b"Expect: 100-continue\r\n")
    with server.connect() as connection:
        reader = Reader(connection)
        connection.sendall(request[:-len(body)])
        assert reader.next()[0] == 100
        connection.sendall(body)
        assert reader.next()[0] == 200
    for head, code in ((b"POST /v1/nothing HTTP/1.1\r\n" + JSON + b"Content-Length: 9\r\n", 404),
                       (b"POST /v1/items HTTP/1.1\r\n" + HOST + b"Content-Length: 9\r\n", 415),
                       (b"POST /v1/items HTTP/1.1\r\n" + JSON + b"Content-Length: 99999999\r\n", 413)):
        assert status(server, head + b"Expect: 100-continue\r\n\r\n") == code, head
    assert status(server, post(b"/v1/items", body, b"Expect: wonders\r\n")) == 417


def old_and_terse_clients_are_served(server):
    with server.connect() as connection:
        connection.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
        reader = Reader(connection)
        assert reader.next()[1]["connection"] == "close"
        assert reader.next() is None
    with server.connect() as connection:
        connection.sendall(b"\r\n\r\nHEAD /v1/openapi.json HTTP/1.1\r\n" + HOST + b"\r\n" + get(b"/healthz"))
        reader = Reader(connection)
        code, headers, _ = reader.next(with_body=False)
        assert code == 200 and int(headers["content-length"]) > 1000
        assert reader.next()[2] == b'{"status":"ok"}\n'


def random_bytes_do_no_harm(server):
    seed = random.randrange(1 << 32)
    print(f"seed {seed}", end=" ")
    source = random.Random(seed)
    seeds = [path.read_bytes() for path in
             sorted((pathlib.Path(__file__).parent.parent / "fuzz/corpus/http").iterdir())]
    for i in range(300):
        if i % 3 == 0:
            data = source.randbytes(source.randrange(1, 5000))
        else:
            changed = bytearray(source.choice(seeds))
            for _ in range(source.randrange(1, 8)):
                changed[source.randrange(len(changed))] = source.randrange(256)
            data = bytes(changed)
        with server.connect() as connection:
            try:
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(1 << 16):
                    pass
            except (ConnectionResetError, BrokenPipeError):
                pass
        if i % 50 == 0:
            assert status(server, get(b"/healthz")) == 200


def health_answers_while_others_work(server):
    done = []
    threads = [threading.Thread(target=lambda i=i: done.append(
        status(server, post(b"/v1/items", many_items(5000, 5000 * i))))) for i in range(6)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        assert status(server, get(b"/healthz")) == 200
        assert status(server, get(b"/metrics")) == 200
    for thread in threads:
        thread.join()
    assert done == [200] * 6, done


def writes_from_many_connections_all_count(server):
    def write(client):
        with server.connect() as connection:
            reader = Reader(connection)
            for i in range(20):
                event = {"user": f"u{client}", "item": f"i{i}", "type": "view", "time": 1_700_000_000 + i}
                connection.sendall(post(b"/v1/events", json.dumps(event).encode()))
                assert reader.next()[0] == 200

    threads = [threading.Thread(target=write, args=(client,)) for client in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for client in range(30):
        events = json.loads(ask(server, get(b"/v1/users/u%d/events" % client))[2])["events"]
        assert [event["item"] for event in events] == [f"i{i}" for i in reversed(range(20))], events


def metrics_count_what_happened(server):
    text = ask(server, get(b"/metrics"))[2].decode()
    for line in text.splitlines():
        assert re.fullmatch(r'#.*|[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? [-+.e0-9]+', line), line
    assert re.search(r'penchant_requests_total\{operation="put_events",status="200"\} 600', text)
    assert re.search(r"process_resident_memory_bytes \d{7,}", text.replace("e+", "0" * 7))


def too_many_connections_are_turned_away(program, folder):
    server = Server(program, folder, "--connections", "20", timeout=30)
    held = [server.connect() for _ in range(20)]
    for connection in held:
        connection.sendall(b"GET /hea")
    turned_away = 0
    for _ in range(10):
        with server.connect() as connection:
            answer = Reader(connection).next()
            turned_away += answer is not None and answer[0] == 503
    assert turned_away == 10, turned_away
    held[0].sendall(b"lthz HTTP/1.1\r\n" + HOST + b"\r\n")
    assert Reader(held[0]).next()[0] in (200, 404)
    for connection in held:
        connection.close()
    server.stop()


def running_requests_finish_after_sigterm(program, folder):
    server = Server(program, folder)
    with server.connect() as connection, server.connect() as idle:
        connection.sendall(post(b"/v1/items", many_items(10_000)))
        while unread_bytes(connection) > 0:
            time.sleep(0.01)
        time.sleep(0.2)  # from the last byte to the work
        server.process.send_signal(signal.SIGTERM)
        code, headers, body = Reader(connection).next()
        assert code == 200 and json.loads(body) == {"accepted": 10_000} and headers["connection"] == "close"
        assert idle.recv(1) == b""
        assert server.process.wait(PATIENCE) == 0
    again = Server(program, folder)
    assert status(again, get(b"/v1/items/i9999")) == 200
    again.stop()


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as folder:
        server = Server(program, folder)
        for test in (slow_head_is_ended, slow_body_is_ended, idle_connection_is_closed,
                     half_closed_client_gets_its_answer, half_a_request_is_refused,
                     pipelined_requests_are_answered_in_order, client_that_never_reads_holds_nobody_up,
                     lengths_beyond_the_limits_are_refused, hundred_megabytes_get_their_refusal,
                     ambiguous_bodies_are_refused, malformed_requests_are_refused, only_this_machine_is_answered,
                     expectations_are_met_or_refused, old_and_terse_clients_are_served,
                     health_answers_while_others_work, writes_from_many_connections_all_count,
                     metrics_count_what_happened,
                     random_bytes_do_no_harm):  # behind the counting: some of them are good events
            print(test.__name__, end=" ", flush=True)
            test(server)
            assert status(server, get(b"/healthz")) == 200
            print("ok")
        server.stop()
    for test in (too_many_connections_are_turned_away, running_requests_finish_after_sigterm):
        print(test.__name__, end=" ", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            test(program, folder)
        print("ok")


main()
