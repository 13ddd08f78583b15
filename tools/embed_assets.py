#!/usr/bin/env python3
"""Writes a C++ source that holds the given files: embed_assets.py OUT.cc src/app/assets/x ..."""
import json
import sys


def literal(data: bytes) -> str:
    """Raw bytes as a string literal, in pieces a compiler accepts."""
    table = [f"\\{b:03o}" for b in range(256)]
    for b in range(0x20, 0x7F):
        if chr(b) not in '"\\?':
            table[b] = chr(b)
    lines = []
    for start in range(0, len(data), 80):
        lines.append('"' + "".join(table[b] for b in data[start:start + 80]) + '"')
    return "\n".join(lines) or '""'


def main() -> None:
    out, files = sys.argv[1], sorted(sys.argv[2:])
    text = '#include "base/assets.h"\n\nnamespace penchant::assets {\n'
    entries = []
    for i, name in enumerate(files):
        data = open(name, "rb").read()
        text += f"static const char data_{i}[] =\n{literal(data)};\n"
        module, _, file = name.removeprefix("src/").partition("/assets/")
        entries.append(f"{{{json.dumps(module + '/' + file)}, {{data_{i}, {len(data)}}}}},")
    text += "static const Asset table[] = {" + " ".join(entries) + ' {"", {"", 0}}};\n'
    text += f"std::span<const Asset> all() {{ return {{table, {len(files)}}}; }}\n}}\n"
    with open(out, "w", encoding="ascii") as f:
        f.write(text)


main()
