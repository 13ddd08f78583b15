#!/usr/bin/env python3
"""Writes a C++ source that holds the given files as they are: embed_assets.py OUT.cc src/app/assets/x ..."""
import json
import os
import sys


def main() -> None:
    out, files = sys.argv[1], sorted(sys.argv[2:])
    text = '#include "base/assets.h"\n\n'
    entries = []
    for i, name in enumerate(files):
        symbol, path = f"penchant_asset_{i}", json.dumps(os.path.abspath(name))
        # .incbin: the assembler copies the file; as a literal megabytes would keep the compiler busy.
        text += f'asm(R"(.pushsection .rodata\n.balign 16\n.hidden {symbol}\n.global {symbol}\n{symbol}:\n'
        text += f'.incbin {path}\n.popsection)");\nextern "C" const char {symbol}[];\n'
        module, _, file = name.removeprefix("src/").partition("/assets/")
        entries.append(f"{{{json.dumps(module + '/' + file)}, {{{symbol}, {os.path.getsize(name)}}}}},")
    text += "\nnamespace penchant::assets {\nstatic const Asset table[] = {"
    text += " ".join(entries) + ' {"", {"", 0}}};\n'
    text += f"std::span<const Asset> all() {{ return {{table, {len(files)}}}; }}\n}}\n"
    with open(out, "w", encoding="ascii") as f:
        f.write(text)


main()
