#!/usr/bin/env python3
"""Makes the static model inside the program anew: ./dev python tools/make_static_model.py DATA

Texts by tools/static_texts.py from DATA (the data sets beside the repository), vectors by `penchant compress distil`
from multilingual-e5-small; the result replaces src/encoder/assets/static-zh-en.*. Some minutes on two cores, 3 GB of
memory. Sums of floats run in another order on another processor, so the last bits may differ there.
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
ASSETS = ROOT / "src/encoder/assets"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        texts, out = pathlib.Path(folder) / "texts", pathlib.Path(folder) / "static-zh-en"
        with open(texts, "wb") as file:
            subprocess.run([sys.executable, ROOT / "tools/static_texts.py", sys.argv[1]], stdout=file, check=True)
        subprocess.run([ROOT / "build/release/penchant", "compress", "distil", "--model", "multilingual-e5-small",
                        "--texts", texts, "--out", out, "--bits", "4"], check=True)
        shutil.copy(out / "model.safetensors", ASSETS / "static-zh-en.safetensors")
        shutil.copy(out / "tokenizer.json", ASSETS / "static-zh-en.tokenizer")


if __name__ == "__main__":
    main()
