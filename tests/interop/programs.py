"""Foreign programs for the interop suites: built or installed by pinned version below one folder, once."""
import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import venv

HERE = os.path.dirname(os.path.realpath(__file__))
FOLDER = os.path.realpath(os.path.join(HERE, "..", "..", "build", "interop"))
FETCH_SECONDS = 600


class Missing(Exception):
    """A runtime is not installed here, or nothing can be fetched: there is nothing to test with."""


def fetch(command, folder=FOLDER, **environment):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=FETCH_SECONDS, check=False,
                          env={**os.environ, **environment})
    if done.returncode != 0:
        raise Missing(f"{' '.join(command)}:\n{done.stdout}{done.stderr}")


def runtime(program):
    path = shutil.which(program)
    if path is None:
        raise Missing(f"{program} is not installed (tools/dev setup)")
    return path


@contextlib.contextmanager
def only_one():
    """Two suites may start at once."""
    os.makedirs(FOLDER, exist_ok=True)
    with open(os.path.join(FOLDER, "lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def install(kind, source, make):
    """Calls make(folder) when what it was made from has changed; the folder."""
    folder = os.path.join(FOLDER, kind)
    with open(source, "rb") as f:
        version = hashlib.sha256(f.read()).hexdigest()
    stamp = os.path.join(folder, "made-from")
    with only_one():
        if os.path.exists(stamp):
            with open(stamp, encoding="utf-8") as f:
                if f.read() == version:
                    return folder
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        make(folder)
        with open(stamp, "w", encoding="utf-8") as f:
            f.write(version)
    return folder


def go_programs():
    """gRPC's own interop client and server, and our compression case on its library; the folder with all three."""
    go = runtime("go")
    binaries = os.path.join(FOLDER, "go-bin")
    cache = {"GOMODCACHE": os.path.join(FOLDER, "go-modules"), "GOCACHE": os.path.join(FOLDER, "go-cache")}
    with only_one():
        fetch([go, "build", "-o", binaries + os.sep, "google.golang.org/grpc/interop/client",
               "google.golang.org/grpc/interop/server", "./compression"], os.path.join(HERE, "go"),
              GOFLAGS="-mod=readonly -modcacherw", GOTOOLCHAIN="local", GOWORK="off", CGO_ENABLED="0", **cache)
    return binaries


def python():
    """A Python interpreter that has the packages of python/requirements.txt."""
    wanted = os.path.join(HERE, "python", "requirements.txt")

    def make(folder):
        try:
            venv.create(folder, with_pip=True)
        except (subprocess.CalledProcessError, SystemExit) as error:
            raise Missing(f"python3 makes no virtual environment (tools/dev setup): {error}") from None
        fetch([os.path.join(folder, "bin", "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", wanted])
    return os.path.join(install("python", wanted, make), "bin", "python")


def node():
    """Node, and the folder whose node_modules has the packages of node/package-lock.json."""
    program, npm = runtime("node"), runtime("npm")
    lock = os.path.join(HERE, "node", "package-lock.json")

    def make(folder):
        for name in ("package.json", "package-lock.json"):
            shutil.copy(os.path.join(HERE, "node", name), folder)
        fetch([npm, "ci", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", "--silent"])
    return program, os.path.join(install("node", lock, make), "node_modules")


def skip_or_fail(missing):
    """In CI everything is there, or CI has lost a test without anybody noticing."""
    print(f"skipped: {missing}")
    return 1 if os.environ.get("CI") else 77


if __name__ == "__main__":
    print(go_programs(), python(), *node(), file=sys.stdout)
