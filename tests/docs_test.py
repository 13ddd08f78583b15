#!/usr/bin/env python3
"""Runs every command of the README and the docs: docs_test.py PROGRAM

Fenced blocks marked `sh` are run in order, file by file, in one scratch folder a file, with the program where
the documents say it is (build/release/penchant). What a block starts in the background is stopped at the end.
`./dev ...` commands are checked against the commands dev knows, not run: they would run this test.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(path):
    for match in re.finditer(r"^```sh\n(.*?)^```", path.read_text(), re.S | re.M):
        yield path.read_text()[:match.start()].count("\n") + 2, match[1]


def dev_commands():
    return set(re.findall(r"^#   \./dev (\w+)", (ROOT / "dev").read_text(), re.M))


def check_dev_words(path):
    known = dev_commands() | {"help", "python"}
    for command in re.findall(r"\./dev (\w+)", path.read_text()):
        assert command in known, f"{path.name}: ./dev {command} is no command of dev"


def run_block(script, folder):
    return subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=folder, text=True,
                          capture_output=True, timeout=600)


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    failed = count = 0
    for path in DOCUMENTS:
        check_dev_words(path)
        with tempfile.TemporaryDirectory() as folder:
            release = pathlib.Path(folder) / "build/release"
            release.mkdir(parents=True)
            (release / "penchant").symlink_to(program)
            for line, script in blocks(path):
                if "./dev " in script:
                    continue
                result = run_block(script, folder)
                count += 1
                if result.returncode != 0:
                    failed += 1
                    print(f"{path.name}:{line}: exit {result.returncode}\n{script}\n"
                          f"{result.stdout[-2000:]}\n{result.stderr[-2000:]}")
    print(f"{count - failed} passed, {failed} failed")
    sys.exit(failed != 0)


main()
