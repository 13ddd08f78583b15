#!/usr/bin/env python3
"""Transcripts of the command line and of REST: transcripts_test.py PROGRAM [NAME...]

tests/transcripts/*.txt are lists of entries, each a request, `----`, and what must come back:

    # a comment
    $ penchant export --data shop items          a shell command; stdout and stderr are one text
    ---- 1                                       exit code, 0 when left out
    penchant export: shop is no data folder; ...

    @serve --data shop                           a server on a free port of 127.0.0.1 ($PORT), until the file ends
    POST /v1/match                               a request: headers ("Name: value"), then the body
    {"text":"a fast laptop"}
    ---- 400                                     status, 200 when left out
    {"type":...,"detail":"...interests..."}

`...` stands for any text within a line, a line of `...` alone for any lines. Further directives: `@needs model NAME`
and `@needs data NAME` skip the file where that is not there, `@needs speed` in builds with sanitizers; `@stop` ends the server and wants exit code 0. Each file
runs in a fresh folder with $FILES = tests/data, $DATA = $PENCHANT_TEST_DATA, and no models unless it needs one.
UPDATE=1 writes what came back into the file; NAME... runs only those files.
"""
import concurrent.futures
import http.client
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
COMMAND_SECONDS = 1200  # only a command that hangs gets there, though sanitizers and a loaded machine take their time
SHOWN_HEADERS = ("Allow", "Retry-After")
STARTS = re.compile(r"^(\$ |#|@|(" + "|".join(METHODS) + r") /)")


class Skip(Exception):
    pass


def matches(expected, actual):
    pattern = ""
    for line in expected:
        if line.strip() == "...":
            pattern += r"(?:.*\n)*?"
        else:
            pattern += ".*?".join(re.escape(part) for part in line.split("...")) + r"\n"
    return re.fullmatch(pattern, "".join(line + "\n" for line in actual)) is not None


def parse(lines):
    """Yields (lines before ----, its line or None, expected lines); what is put together again is the file."""
    at = 0
    while at < len(lines):
        head = [lines[at]]
        at += 1
        if not re.match(r"^(\$ |(" + "|".join(METHODS) + r") /)", head[0]):
            yield head, None, []
            continue
        while at < len(lines) and not lines[at].startswith("----"):
            head.append(lines[at])
            at += 1
        rule, expected = (lines[at] if at < len(lines) else "----"), []
        at += 1
        while at < len(lines) and not STARTS.match(lines[at]):
            expected.append(lines[at])
            at += 1
        yield head, rule, expected


class Run:
    """One transcript file: its folder, its environment, its server."""

    def __init__(self, program, folder):
        self.folder, self.program, self.server = folder, program, None
        self.environment = {**os.environ, "PATH": f"{folder}/.bin:{os.environ['PATH']}", "LANG": "C", "LC_ALL": "C",
                            "FILES": str(ROOT / "data"), "DATA": os.environ.get("PENCHANT_TEST_DATA", ""),
                            "PENCHANT_MODELS": f"{folder}/.no-models"}
        (folder / ".bin").mkdir()
        (folder / ".bin/penchant").symlink_to(program)

    def needs(self, what, name=""):
        if what == "speed":
            if os.environ.get("PENCHANT_SANITIZED"):
                raise Skip("needs a build without sanitizers")
            return
        place = os.environ.get({"model": "PENCHANT_MODELS", "data": "PENCHANT_TEST_DATA"}[what], "")
        if not place or not (pathlib.Path(place) / name).exists():
            raise Skip(f"needs the {what} {name}")
        if what == "model":
            self.environment["PENCHANT_MODELS"] = place

    def serve(self, options):
        self.stop()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.environment["PORT"] = str(self.port)
        self.server = subprocess.Popen(
            f"exec penchant serve --port {self.port} {options}", shell=True, cwd=self.folder, text=True,
            env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        line = self.server.stdout.readline()
        if str(self.port) not in line:
            raise AssertionError(f"the server said: {line}{self.server.stdout.read()}")

    def stop(self):
        if self.server is None:
            return
        server, self.server = self.server, None
        server.send_signal(signal.SIGTERM)
        try:
            said, _ = server.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            server.kill()
            raise AssertionError("the server did not end within 30 s of SIGTERM") from None
        if server.returncode != 0:
            raise AssertionError(f"the server ended with {server.returncode}: {said}")

    def command(self, head):
        process = subprocess.Popen(["bash", "-c", "\n".join(head)[2:]], cwd=self.folder, env=self.environment,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                   start_new_session=True)
        try:
            text, _ = process.communicate(timeout=COMMAND_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            text, _ = process.communicate()
            raise AssertionError(f"not done after {COMMAND_SECONDS} s at load {os.getloadavg()[0]:.1f}: {head[0]}\n"
                                 + text.decode(errors="backslashreplace")) from None
        return process.returncode, 0, text.decode(errors="backslashreplace").replace(str(self.folder), "...")

    def request(self, head):
        method, target = head[0].split(" ", 1)
        headers, at = {}, 1
        while at < len(head) and (found := re.match(r"^([A-Za-z-]+): (.*)", head[at])):
            headers[found[1]] = found[2]
            at += 1
        body = "\n".join(head[at:]).encode() or None
        if body and "Content-Type" not in headers:
            headers["Content-Type"] = "application/json"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, target, body, headers)
            answer = connection.getresponse()
            text = "".join(f"{name}: {answer.headers[name]}\n" for name in SHOWN_HEADERS if name in answer.headers)
            return answer.status, 200, text + answer.read().decode(errors="backslashreplace")
        finally:
            connection.close()

    def directive(self, words):
        if words[0] == "@needs":
            self.needs(*words[1:])
        elif words[0] == "@serve":
            self.serve(" ".join(words[1:]))
        elif words[0] == "@stop":
            self.stop()
        else:
            raise AssertionError(f"unknown directive {words[0]}")

    def entry(self, head, rule, expected):
        """The rule and the expected lines as they should be, and what is wrong with those that are there."""
        code, usual, text = self.command(head) if head[0].startswith("$") else self.request(head)
        actual = text.splitlines()
        wanted = int(rule[4:].strip() or usual)
        end = len(expected) - next((i for i, line in enumerate(reversed(expected)) if line.strip()), len(expected))
        if code == wanted and matches(expected[:end], actual):
            return rule, expected, None
        new_rule = "----" if code == usual else f"---- {code}"
        shown = "\n".join([*head, "---- expected " + rule[4:], *expected[:end], f"---- got {code}", *actual[:200]])
        return new_rule, actual + (expected[end:] or [""]), shown


def run_file(program, path):
    """(failures, entries, skipped because)"""
    lines = path.read_text().split("\n")[:-1]
    out, wrong, count = [], [], 0
    with tempfile.TemporaryDirectory() as name:
        run = Run(program, pathlib.Path(name))
        try:
            for head, rule, expected in parse(lines):
                if head[0].startswith("@"):
                    run.directive(head[0].split())
                if rule is not None:
                    count += 1
                    rule, expected, failure = run.entry(head, rule, expected)
                    wrong += [failure] if failure else []
                out += head + ([rule] if rule is not None else []) + expected
            run.stop()
        except Skip as reason:
            return [], 0, str(reason)
        except (AssertionError, OSError, http.client.HTTPException, subprocess.TimeoutExpired) as error:
            wrong.append(f"{out[-1] if out else ''}\n{type(error).__name__}: {error}")
        else:
            if wrong and os.environ.get("UPDATE") == "1":
                path.write_text("\n".join(out).rstrip("\n") + "\n")
        finally:
            if run.server is not None:
                run.server.kill()
                run.server.wait()
            subprocess.run(["chmod", "-R", "u+w", name], check=False)
    return wrong, count, None


def main():
    program, names = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2:]
    files = [path for path in sorted((ROOT / "transcripts").glob("*.txt")) if not names or path.stem in names]
    failed = passed = skipped = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for path, (wrong, count, why) in zip(files, pool.map(lambda path: run_file(program, path), files)):
            for text in wrong:
                print(f"== {path.name}\n{text}\n")
            if why:
                print(f"{path.name}: SKIPPED, {why}")
            failed, passed, skipped = failed + len(wrong), passed + count - len(wrong), skipped + bool(why)
    print(f"{passed} passed, {failed} failed, {skipped} of {len(files)} files skipped")
    sys.exit(1 if failed else 77 if skipped == len(files) else 0)


main()
