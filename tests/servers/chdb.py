"""ClickHouse servers for tests: the library of an npm package, fetched once into the user's cache.

Its clickhouse-local can open ClickHouse's own HTTP and TCP listeners, which serve until its
standard input ends. Run as a program, this file is such a server.
"""

import base64
import ctypes
import fcntl
import hashlib
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

PACKAGE = "@chdb/lib-linux-x64-gnu"
VERSION = "26.7.3-stable.1"
SHA512 = "XP97mMqnc5tZpKQywR8N7cLTsHNiTmHr30pC5mzo3jWmukjKn2IBa60c2B/gWUNcuFjOMjWoorQICCqBVj5wpw=="
READY_SECONDS = 60
STOP_SECONDS = 20
PR_SET_PDEATHSIG = 1


def library():
    """The path of libchdb.so; fetched when it is not there yet."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    folder = os.path.join(cache, "gnomon-clickhouse")
    path = os.path.join(folder, VERSION, "libchdb.so")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(path):
            fetch(folder, path)
    return path


def fetch(folder, path):
    """Needs no npm, only its registry ($npm_config_registry names another one)."""
    print("fetching", PACKAGE, VERSION, file=sys.stderr)
    registry = os.environ.get("npm_config_registry", "https://registry.npmjs.org").rstrip("/")
    url = f"{registry}/{PACKAGE}/-/{PACKAGE.split('/')[1]}-{VERSION}.tgz"
    with tempfile.TemporaryDirectory(dir=folder) as work:
        archive = os.path.join(work, "package.tgz")
        digest = hashlib.sha512()
        try:
            with urllib.request.urlopen(url) as body, open(archive, "wb") as file:
                while piece := body.read(1 << 20):
                    digest.update(piece)
                    file.write(piece)
        except OSError as error:
            sys.exit(f"tests/servers/chdb.py: {url}: {error}")
        if base64.b64encode(digest.digest()).decode() != SHA512:
            sys.exit(f"tests/servers/chdb.py: {url} is not the package that was expected")
        subprocess.run(["tar", "xzf", archive, "package/libchdb.so"], cwd=work, check=True)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.rename(os.path.join(work, "package", "libchdb.so"), path)


def answers(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/ping", timeout=1) as answer:
            return answer.read() == b"Ok.\n"
    except OSError:
        return False


class Server:
    """A ClickHouse on an HTTP port; with its data in a folder. Not for several threads."""

    def __init__(self, folder, http_port, tcp_port=None, config=None):
        self.folder = folder
        self.http_port = http_port
        self.arguments = ["--path=" + folder, "--listen_host=127.0.0.1", f"--http_port={http_port}"]
        self.listen = "SYSTEM START LISTEN HTTP; "
        if tcp_port is not None:
            self.arguments.append(f"--tcp_port={tcp_port}")
            self.listen = "SYSTEM START LISTEN TCP; " + self.listen
        if config is not None:
            self.arguments.append("--config-file=" + config)
        self.process = None

    def start(self):
        """Returns when it answers."""
        path = library()
        if answers(self.http_port):
            sys.exit(f"port {self.http_port} is taken")
        os.makedirs(self.folder, exist_ok=True)
        query = self.listen + "SELECT count() FROM file('/dev/stdin', LineAsString)"
        self.process = subprocess.Popen(
            [sys.executable, __file__, path, *self.arguments, "--query=" + query],
            cwd=self.folder, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + READY_SECONDS
        while not answers(self.http_port):
            if self.process.poll() is not None:
                sys.exit("ClickHouse ended at once")
            if time.monotonic() > deadline:
                self.kill()
                sys.exit(f"ClickHouse did not answer within {READY_SECONDS} s")
            time.sleep(0.02)

    def stop(self):
        self.process.stdin.close()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self):
        """At once, in the middle of everything."""
        self.process.kill()
        self.process.wait()


def serve(path, arguments):
    """Becomes the server. Ends when standard input ends, or with the parent."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    argv = [b"clickhouse-local", *(argument.encode() for argument in arguments)]
    ctypes.CDLL(path).chdb_query_cmdline(len(argv), (ctypes.c_char_p * len(argv))(*argv))
    os._exit(1)


if __name__ == "__main__":
    serve(sys.argv[1], sys.argv[2:])
