#!/usr/bin/env python3
"""The house rules, checked: layers, headers, ASCII, printing, left-over markers, links in the docs.

    tools/tidy.py            fails on what STYLE forbids, then prints the longest files and functions
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCES = sorted(p for p in (ROOT / "src").rglob("*") if p.suffix in (".h", ".cc"))
problems = []


def problem(path, line, message):
    problems.append(f"{path.relative_to(ROOT)}:{line}: {message}")


def read_layers():
    """Folder -> every folder it may include, following the arrows of LAYERS."""
    arrows = {}
    for number, line in enumerate((ROOT / "LAYERS").read_text().splitlines(), 1):
        line = line.partition("#")[0].strip()
        if not line:
            continue
        left, arrow, right = line.partition("->")
        if not arrow:
            problem(ROOT / "LAYERS", number, "not an arrow")
        arrows[left.strip()] = right.split()
    reach = {}

    def walk(folder):
        if folder not in reach:
            reach[folder] = {folder}  # also ends a cycle
            for target in arrows.get(folder, []):
                reach[folder] |= walk(target)
        return reach[folder]

    for folder in list(arrows) + ["base"]:
        walk(folder)
    return reach


def check_layers():
    reach = read_layers()
    for path in SOURCES:
        folder = path.relative_to(ROOT / "src").parts[0]
        if folder not in reach:
            problem(path, 1, f"folder {folder}/ is not in LAYERS")
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = re.match(r'#include "([a-z_]+)/', line)
            if match and match[1] not in reach[folder]:
                problem(path, number, f"{folder}/ may not include {match[1]}/ (see LAYERS)")


def check_text():
    """What a glance at one line can tell."""
    for path in SOURCES:
        in_app = "app" in path.relative_to(ROOT / "src").parts
        is_test = path.name.endswith(("_test.cc", "test_folder.h"))
        text = path.read_text(errors="replace")
        if not is_test and path.suffix == ".h":
            if not text.startswith("// "):
                problem(path, 1, "a header opens by saying what it is for")
            if "#pragma once" not in text:
                problem(path, 1, "no #pragma once")
        for number, line in enumerate(text.splitlines(), 1):
            if not line.isascii():
                problem(path, number, "not ASCII")
            if len(line) > 100 and "http" not in line:
                problem(path, number, f"{len(line)} columns, more than 100")
            if re.search(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b", line):
                problem(path, number, "left-over marker")
            if path.suffix == ".h" and re.match(r"#include <(iostream|regex|functional)>", line):
                problem(path, number, "heavy header in a header")
            if in_app or is_test or path.name == "check.cc":
                continue
            if re.search(r"\b(printf|fprintf|puts|exit|abort|getenv)\s*\(|std::c(out|err)\b", line) \
                    and not line.lstrip().startswith("//"):
                problem(path, number, "only app/ prints, exits or reads the environment")


def tracked(pattern):
    out = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", pattern],
                         cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in out.stdout.split() if (ROOT / name).exists()]


def check_links():
    for path in tracked("*.md"):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", line):
                if "://" not in target and not (path.parent / target).exists():
                    problem(path, number, f"broken link {target}")


def functions(path):
    """(lines, name) of each function, found by brace matching at namespace level."""
    lines = path.read_text(errors="replace").splitlines()
    depth, start, name = 0, None, ""
    for number, line in enumerate(lines):
        code = re.sub(r'"(\\.|[^"\\])*"|\'(\\.|[^\'\\])*\'|//.*', "", line)
        match = re.search(r"([A-Za-z0-9_:~]+)\s*\([^;]*$", code)
        if start is None and match and not code.startswith((" ", "#", "}")):
            start, name = number, match[1]
        if start is not None:
            depth += code.count("{") - code.count("}")
            if depth == 0 and ("}" in code or code.rstrip().endswith(";")):
                if "}" in code:
                    yield number - start + 1, name
                start = None
            elif depth < 0:
                depth, start = 0, None


def print_longest():
    files = sorted(((len(p.read_text(errors="replace").splitlines()), p) for p in SOURCES),
                   reverse=True)
    print("longest files:")
    for length, path in files[:8]:
        print(f"  {length:5} {path.relative_to(ROOT)}")
    longest = sorted(((n, name, p) for _, p in files if not p.name.endswith("_test.cc")
                      for n, name in functions(p)), reverse=True, key=lambda x: x[0])
    print("longest functions:")
    for length, name, path in longest[:8]:
        print(f"  {length:5} {name} ({path.relative_to(ROOT)})")


def main():
    check_layers()
    check_text()
    check_links()
    for line in problems:
        print(line)
    print_longest()
    if problems:
        sys.exit(f"tidy: {len(problems)} problems")


main()
