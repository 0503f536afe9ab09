#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Usage: programs.py SOCKRUN [--install] [PROGRAM ...]
Unmodified programs under sockrun. Each conversation is held in up to three directions: `client`, where sockrun runs the
client and this machine the server, at 10.0.2.2; `server`, where sockrun -p runs the server and this machine the client; and
`both`. What arrives is compared, octet by octet where the program lets it through. One line says how each went. A program
that is not installed is skipped; --install asks Debian for all of them first, as root. programs-expected.tsv names what is
known to fail, with a reason each; anything else that fails, and what is named there and does not, is an error.

Nothing leaves 127.0.0.1. Where the kernel allows it, the runner has a network and an /etc/passwd of its own."""
import ctypes
import dataclasses
import hashlib
import json
import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback

PATIENCE = 60  # seconds, for each command
HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
PYTHON = "/usr/bin/python3" if os.access("/usr/bin/python3", os.X_OK) else sys.executable
ALONE = "PROGRAMS_ALONE"  # in the environment: the runner has namespaces of its own

os.environ["PATH"] += ":/usr/local/sbin:/usr/sbin:/sbin"


class Wrong(Exception):
    """What arrived is not what was sent."""


class Missing(Exception):
    """It cannot be tried here."""


def until(condition, what):
    for _ in range(PATIENCE * 20):
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise Wrong(f"{what} does not happen")


def same(got, wanted, what):
    if got != wanted:
        raise Wrong(f"{what}: {len(got)} octets {hashlib.sha256(got).hexdigest()[:8]} {got[-200:]!r}, "
                    f"not {len(wanted)} {hashlib.sha256(wanted).hexdigest()[:8]}")


def same_tree(got, wanted):
    names = sorted(str(path.relative_to(wanted)) for path in wanted.rglob("*") if path.is_file())
    found = sorted(str(path.relative_to(got)) for path in got.rglob("*") if path.is_file())
    if names != found:
        raise Wrong(f"files {found}, not {names}")
    for name in names:
        same((got / name).read_bytes(), (wanted / name).read_bytes(), name)


def holds(text, pattern, what):
    text = text.decode(errors="replace") if isinstance(text, bytes) else text
    if not re.search(pattern, text, re.M):
        raise Wrong(f"{what}: no {pattern!r} in {text[-400:]!r}")


def is_listening(port, kind):
    """Whether a socket of the kernel waits there; sockrun's forwarded port is one, from listen on."""
    for family in kind, kind + "6":
        try:
            rows = [row.split() for row in pathlib.Path("/proc/net", family).read_text().splitlines()[1:]]
        except FileNotFoundError:
            continue
        if any(int(row[1].rsplit(":", 1)[1], 16) == port and (kind == "udp" or row[3] == "0A") for row in rows):
            return True
    return False


def free_port(taken=set()):
    while True:
        with socket.socket() as s, socket.socket(type=socket.SOCK_DGRAM) as d:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
            try:
                d.bind(("127.0.0.1", port))
            except OSError:
                continue
            if port not in taken:
                taken.add(port)
                return port


class Setting:
    """A conversation's place: a folder, and how its two sides are run."""

    def __init__(self, sockrun, direction, common):
        self.sockrun, self.direction, self.common = sockrun, direction, common
        self.work = pathlib.Path(tempfile.mkdtemp(dir=common.work))
        self.work.chmod(0o755)
        self.serves_inside, self.asks_inside = direction != "client", direction != "server"
        self.server = "10.0.2.2" if self.asks_inside else "127.0.0.1"  # as the client sees it
        self.behind = "10.0.2.2" if self.serves_inside else "127.0.0.1"  # what the server sees of this machine
        self.bind = "0.0.0.0" if self.serves_inside else "127.0.0.1"
        self.n_logs = 0

    def _command(self, inside, options, command):
        command = [str(word) for word in command]
        run = [self.sockrun, *options, "--", *command] if inside else command
        return ["timeout", "-k", "5", str(PATIENCE), *run]

    def _env(self):
        return {name: value for name, value in os.environ.items() if not name.startswith("LIBSOCK_")} | {
            "HOME": str(self.common.home), "LC_ALL": "C", "GIT_CONFIG_NOSYSTEM": "1"}

    def _open_log(self):
        self.n_logs += 1
        return open(self.work / f"log{self.n_logs}", "w+b")

    def logs(self):
        texts = [path.read_text(errors="replace").strip() for path in sorted(self.work.glob("log*"))]
        return " | ".join(text[-300:] for text in texts if text)

    def start(self, *command, inside=None, options=(), stdin=subprocess.DEVNULL, stdout=None):
        inside = self.asks_inside if inside is None else inside
        log = self._open_log()
        return subprocess.Popen(self._command(inside, options, command), stdin=stdin, stdout=stdout or log, stderr=log,
                                cwd=self.work, env=self._env(), start_new_session=True)

    def serve(self, *command, port, udp=False, more=(), inside=None, daemon=False, stdin=subprocess.DEVNULL, stdout=None):
        """Starts a server, and waits until it waits on `port`, and udp alone or beside it."""
        inside = self.serves_inside if inside is None else inside
        options = [word for p in (port, *more) for word in ("-p", f"{p}:{p}")] + (["-p", f"{port}:{port}/udp"] if udp else [])
        process = self.start(*command, inside=inside, options=options, stdin=stdin, stdout=stdout)

        def ready():
            if process.poll() is not None and (process.returncode or not daemon):
                raise Wrong(f"{command[0]} ends at once: {process.returncode}")
            return is_listening(port, "udp" if udp == "only" else "tcp")

        until(ready, f"{command[0]} waiting on {port}")
        return process

    def ask(self, *command, stdin=b"", status=0, options=()):
        """What a client writes to its standard output."""
        process = self.start(*command, options=options, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        got = process.communicate(stdin, timeout=PATIENCE + 10)[0]
        if process.returncode != status:
            raise Wrong(f"{' '.join(map(str, command))[:200]}: status {process.returncode}: {got[-200:]!r}")
        return got

    def ask_many(self, n, *command, stdin=b""):
        """The same from several clients at once."""
        (self.work / "stdin").write_bytes(stdin)
        processes = []
        for i in range(n):
            with open(self.work / "stdin", "rb") as source, open(self.work / f"got{i}", "wb") as out:
                processes.append(self.start(*command, stdin=source, stdout=out))
        for i, process in enumerate(processes):
            if process.wait(timeout=PATIENCE + 10):
                raise Wrong(f"client {i}: status {process.returncode}")
        return [(self.work / f"got{i}").read_bytes() for i in range(n)]

    def stop(self, process):
        """A server ends when it is asked to."""
        os.kill(process.pid, signal.SIGTERM)
        until(lambda: process.poll() is not None, "the end after SIGTERM")

    def file(self, name, text):
        path = self.work / name
        path.write_text(text)
        return path


class Common:
    """Files that all use."""

    def __init__(self, work):
        self.work, self.www, self.home = work, work / "www", work / "home"
        work.chmod(0o755)
        self.home.mkdir()
        (self.www / "sub").mkdir(parents=True)
        self.blob, self.page = os.urandom(4 << 20), b"<p>a page</p>\n"
        (self.www / "blob").write_bytes(self.blob)
        (self.www / "page").write_bytes(self.page)
        (self.www / "sub" / "small").write_bytes(self.blob[:3000])
        (self.www / "sub" / "index.html").write_text('<a href="small">small</a>\n')
        (self.www / "index.html").write_text('<a href="page">page</a> <a href="blob">blob</a> <a href="sub/index.html">sub</a>\n')
        self.key, self.cert = work / "key.pem", work / "cert.pem"
        if shutil.which("openssl"):
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                            "2", "-keyout", self.key, "-out", self.cert, "-subj", "/CN=programs.test", "-addext",
                            "subjectAltName=IP:10.0.2.2,IP:127.0.0.1"], check=True, stderr=subprocess.DEVNULL)
            self.key.chmod(0o644)


# ---- Servers that several use ----


def start_http(t, port=None, inside=None):
    """Python's, which every installation has."""
    inside = t.serves_inside if inside is None else inside
    port = port or free_port()
    t.serve(PYTHON, "-u", "-m", "http.server", "--bind", "0.0.0.0" if inside else "127.0.0.1", "--directory", t.common.www, port,
            port=port, inside=inside)
    return port


def start_nginx(t, behind=None):
    """As Debian has it: a daemon of a master and workers, user www-data, sendfile and tcp_nopush. Its ports for HTTP and TLS."""
    port, tls = free_port(), free_port()
    put = t.work / "put"
    put.mkdir()
    put.chmod(0o777)
    places = "".join(f"{kind}_temp_path {t.work}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    config = t.file("nginx.conf", f"""
        {'user www-data;' if os.geteuid() == 0 else ''}
        daemon on; master_process on; worker_processes 2; pid {t.work}/nginx.pid; error_log {t.work}/log-nginx;
        events {{ worker_connections 768; }}
        http {{
            sendfile on; tcp_nopush on; gzip on; access_log {t.work}/access; {places} default_type application/octet-stream;
            client_max_body_size 100m;
            server {{
                listen {t.bind}:{port}; listen {t.bind}:{tls} ssl http2; root {t.common.www};
                ssl_certificate {t.common.cert}; ssl_certificate_key {t.common.key};
                location /put/ {{ root {t.work}; dav_methods PUT; }}
                location /proxy/ {{ proxy_pass http://{t.behind}:{behind or 9}/; }}
            }}
        }}""")
    t.serve("nginx", "-c", config, "-e", t.work / "log-nginx", port=port, more=[tls], daemon=True)
    return port, tls


def start_dropbear(t):
    if os.environ.get(ALONE) != "yes":
        raise Missing("no /etc/passwd of its own")
    home, port = t.common.home, free_port()
    (home / ".ssh").mkdir(exist_ok=True)
    home.chmod(0o755)
    (home / ".ssh").chmod(0o700)
    subprocess.run(["dropbearkey", "-t", "ed25519", "-f", t.work / "host"], check=True, capture_output=True)
    said = subprocess.run(["dropbearkey", "-t", "ed25519", "-f", t.work / "id"], check=True, capture_output=True, text=True).stdout
    keys = [line for line in said.splitlines() if line.startswith("ssh-")]
    if shutil.which("ssh-keygen"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", t.work / "openssh"], check=True)
        keys.append((t.work / "openssh.pub").read_text())
    (home / ".ssh" / "authorized_keys").write_text("\n".join(keys) + "\n")
    (home / ".ssh" / "authorized_keys").chmod(0o600)
    server = t.serve("dropbear", "-F", "-E", "-r", t.work / "host", "-p", f"{t.bind}:{port}", "-P", t.work / "pid", port=port)
    return port, server


# ---- The programs ----


@dataclasses.dataclass
class Program:
    name: str
    packages: str  # Debian's
    needs: list
    directions: list
    talk: object


PROGRAMS = []


def program(name, packages, needs, directions="client server both"):
    def add(talk):
        PROGRAMS.append(Program(name, packages, needs.split(), directions.split(), talk))
        return talk

    return add


@program("curl", "curl nginx-light", "curl nginx openssl", "client")
def curl(t):
    port, tls = start_nginx(t)
    base, secure = f"http://{t.server}:{port}", f"https://{t.server}:{tls}"
    same(t.ask("curl", "-sS", "--fail", "--http1.1", f"{base}/blob"), t.common.blob, "HTTP/1.1")
    ca = ["--cacert", t.common.cert]
    got = t.ask("curl", "-sS", "--fail", "--http2", *ca, "-w", "HTTP/%{http_version}", f"{secure}/blob")
    same(got, t.common.blob + b"HTTP/2", "HTTP/2")
    same(t.ask("curl", "-sS", "--fail", "--http1.1", *ca, f"{secure}/blob"), t.common.blob, "TLS")
    for name, options in ("plain", [f"{base}/blob?[1-8]"]), ("h2", ["--http2", *ca, f"{secure}/blob?[1-8]"]):
        t.ask("curl", "-sS", "--fail", "-Z", *options, "-o", f"{name}#1")
        for i in range(1, 9):
            same((t.work / f"{name}{i}").read_bytes(), t.common.blob, f"parallel {name}")
    t.ask("curl", "-sS", "--fail", "-T", t.common.www / "blob", f"{base}/put/up")
    same((t.work / "put" / "up").read_bytes(), t.common.blob, "an upload")
    same(t.ask("curl", "-sS", "--fail", f"{base}/page", f"{base}/page"), 2 * t.common.page, "one connection twice")


@program("wget", "wget", "wget", "client server both")
def wget(t):
    port = start_http(t)
    t.ask("wget", "-q", "-r", "-nH", "-P", t.work / "out", f"http://{t.server}:{port}/index.html")
    same_tree(t.work / "out", t.common.www)


@program("git", "git", "git")
def git(t):
    identity = ["-c", "user.name=a", "-c", "user.email=a@a.test", "-c", "init.defaultBranch=main"]

    def local(*words, at=t.work):
        return subprocess.run(["git", *identity, *words], cwd=at, env=t._env(), check=True, capture_output=True).stdout

    source = t.work / "source"
    shutil.copytree(t.common.www, source)
    local("init", "-q", at=source)
    local("add", ".", at=source)
    local("commit", "-q", "-m", "all", at=source)
    local("clone", "-q", "--bare", "source", "served.git")
    local("update-server-info", at=t.work / "served.git")
    port, http = free_port(), free_port()
    t.serve("git", "daemon", "--reuseaddr", "--export-all", "--enable=receive-pack", f"--base-path={t.work}",
            f"--listen={t.bind}", f"--port={port}", t.work, port=port)
    t.serve(PYTHON, "-m", "http.server", "--bind", t.bind, "--directory", t.work, http, port=http)
    for name, url in ("git", f"git://{t.server}:{port}/served.git"), ("http", f"http://{t.server}:{http}/served.git"):
        t.ask("git", "clone", "-q", url, t.work / name)
        same(local("rev-parse", "HEAD", at=t.work / name), local("rev-parse", "HEAD", at=source), name)
        same((t.work / name / "blob").read_bytes(), t.common.blob, name)
        local("fsck", "--strict", at=t.work / name)
    (t.work / "git" / "more").write_bytes(os.urandom(1 << 20))
    local("add", ".", at=t.work / "git")
    local("commit", "-q", "-m", "more", at=t.work / "git")
    t.ask("git", "-C", t.work / "git", "push", "-q", "origin", "main")
    same(local("rev-parse", "main", at=t.work / "served.git"), local("rev-parse", "main", at=t.work / "git"), "push")


@program("dropbear", "dropbear-bin", "dropbear dbclient")
def dropbear(t):
    port, server = start_dropbear(t)
    user = f"{pwd.getpwuid(os.geteuid()).pw_name}@{t.server}"
    command = ["dbclient", "-y", "-y", "-i", t.work / "id", "-p", str(port), "-T", user]
    same(t.ask(*command, "cat; echo end", stdin=t.common.blob), t.common.blob + b"end\n", "a command")
    same(t.ask(*command, "exit 7", status=7), b"", "a status")
    for got in t.ask_many(4, *command, "cat", stdin=t.common.page * 1000):
        same(got, t.common.page * 1000, "of four")
    t.stop(server)


@program("ssh", "openssh-client dropbear-bin", "ssh ssh-keygen dropbear", "client both")
def ssh(t):
    port, _ = start_dropbear(t)
    user = f"{pwd.getpwuid(os.geteuid()).pw_name}@{t.server}"
    options = "BatchMode=yes StrictHostKeyChecking=no UserKnownHostsFile=/dev/null LogLevel=ERROR".split()
    command = ["ssh", "-F", "/dev/null", *(word for option in options for word in ("-o", option)), "-i", t.work / "openssh",
               "-p", str(port), "-T", user]
    same(t.ask(*command, "cat; echo end", stdin=t.common.blob), t.common.blob + b"end\n", "a command")


@program("nginx", "nginx-light curl", "nginx curl openssl", "server both")
def nginx(t):
    port, tls = start_nginx(t, behind=start_http(t, inside=False))
    base, secure = f"http://{t.server}:{port}", f"https://{t.server}:{tls}"
    same(t.ask("curl", "-sS", "--fail", f"{base}/blob"), t.common.blob, "a file")
    got = t.ask("curl", "-sS", "--fail", "--http2", "--cacert", t.common.cert, "-w", "%{http_version}", f"{secure}/blob")
    same(got, t.common.blob + b"2", "HTTP/2")
    same(t.ask("curl", "-sS", "--fail", f"{base}/proxy/blob"), t.common.blob, "as a proxy")
    t.ask("curl", "-sS", "--fail", "-T", t.common.www / "blob", f"{base}/put/up")
    same((t.work / "put" / "up").read_bytes(), t.common.blob, "an upload")
    for got in t.ask_many(4, "curl", "-sS", "--fail", f"{base}/blob"):
        same(got, t.common.blob, "of four")
    quit_nginx(t)


def quit_nginx(t):
    pid = int((t.work / "nginx.pid").read_text())
    os.kill(pid, signal.SIGQUIT)
    until(lambda: not (t.work / "nginx.pid").exists(), "the end of nginx")


@program("wrk", "wrk nginx-light", "wrk nginx openssl")
def wrk(t):
    port, _ = start_nginx(t)
    said = t.ask("wrk", "-t2", "-c20", "-d2s", f"http://{t.server}:{port}/page").decode()
    n = int(re.search(r"^ *(\d+) requests in", said, re.M)[1])
    if n == 0 or "Socket errors" in said or "Non-2xx" in said:
        raise Wrong(said[-400:])
    answered = re.findall(rf'"GET /page HTTP/1.1" 200 {len(t.common.page)} ', (t.work / "access").read_text())
    if len(answered) < n:
        raise Wrong(f"{n} answers, and {len(answered)} in the server's log")


@program("ab", "apache2-utils nginx-light", "ab nginx openssl")
def ab(t):
    port, _ = start_nginx(t)
    for keep in [], ["-k"]:
        said = t.ask("ab", "-q", *keep, "-n", "500", "-c", "20", f"http://{t.server}:{port}/page")
        holds(said, r"^Complete requests: +500$", "ab")
        holds(said, r"^Failed requests: +0$", "ab")
        holds(said, rf"^HTML transferred: +{500 * len(t.common.page)} bytes$", "ab")


@program("redis", "redis-server redis-tools", "redis-server redis-cli redis-benchmark")
def redis(t):
    port = free_port()
    server = t.serve("redis-server", "--port", port, "--bind", t.bind, "--protected-mode", "no", "--save", "", "--dir", t.work,
                     port=port)
    command = ["redis-cli", "-h", t.server, "-p", str(port)]
    same(t.ask(*command, "-x", "set", "blob", stdin=t.common.blob), b"OK\n", "set")
    same(t.ask(*command, "get", "blob"), t.common.blob + b"\n", "get")
    lines = "".join(f"incr n\n" for _ in range(100)).encode()
    same(t.ask(*command, stdin=lines), b"".join(b"%d\n" % i for i in range(1, 101)), "a hundred")
    said = t.ask("redis-benchmark", "-h", t.server, "-p", str(port), "-n", "2000", "-c", "20", "-P", "4", "-q", "-t", "set,get,incr")
    holds(said, r"SET: .*requests per second", "redis-benchmark")
    same(t.ask(*command, "get", "counter:__rand_int__"), b"2000\n", "redis-benchmark's count")
    t.stop(server)


@program("memcached", "memcached", "memcached", "server both")
def memcached(t):
    port = free_port()
    user = ["-u", pwd.getpwuid(0).pw_name] if os.geteuid() == 0 else []
    server = t.serve("memcached", *user, "-l", t.bind, "-p", port, "-U", port, port=port, udp=True)
    same(t.ask(PYTHON, HERE / "programs" / "memcached_client.py", t.server, port, stdin=t.common.blob), b"all of it\n", "its client")
    t.stop(server)


@program("mosquitto", "mosquitto mosquitto-clients", "mosquitto mosquitto_pub mosquitto_sub")
def mosquitto(t):
    port = free_port()
    user = "user root\n" if os.geteuid() == 0 else ""
    config = t.file("mosquitto.conf", f"{user}listener {port} {t.bind}\nallow_anonymous true\npersistence false\nmax_queued_messages 0\n")
    server = t.serve("mosquitto", "-c", config, port=port)
    to = ["-h", t.server, "-p", str(port), "-q", "2"]
    for topic in "lines", "blob":
        t.ask("mosquitto_sub", *to, "-i", topic, "-c", "-t", topic, "-E")
    lines = b"".join(b"line %d\n" % i for i in range(100))
    t.ask("mosquitto_pub", *to, "-t", "lines", "-l", stdin=lines)
    t.ask("mosquitto_pub", *to, "-t", "blob", "-f", t.common.www / "blob")
    same(t.ask("mosquitto_sub", *to, "-i", "lines", "-c", "-t", "lines", "-C", "100"), lines, "a hundred messages, once each")
    same(t.ask("mosquitto_sub", *to, "-i", "blob", "-c", "-t", "blob", "-C", "1", "-N"), t.common.blob, "a long message")
    t.stop(server)


def measure(t, port, *options):
    """What iperf3 says; a server may be busy yet with the end of the last time."""
    def once():
        told = json.loads(t.ask("iperf3", "-4", "-c", t.server, "-p", port, "-J", *options))
        if "busy" not in told.get("error", ""):
            return told
        return None

    told = until(once, "iperf3's turn")
    if "error" in told:
        raise Wrong(f"{options}: {told['error']}")
    return told["end"]


@program("iperf3", "iperf3", "iperf3")
def iperf3(t):
    port, octets = free_port(), 64 << 20
    server = t.serve("iperf3", "-s", "-B", t.bind, "-p", port, port=port, udp=True)
    for options in [], ["-R"], ["-P", "4"]:
        told = measure(t, port, "-n", octets, *options)
        # What is on the way when the client has sent all is not counted.
        if not octets / 2 <= told["sum_received"]["bytes"] <= told["sum_sent"]["bytes"] < octets * 1.1:
            raise Wrong(f"{options}: {told['sum_sent']} {told['sum_received']}")
    for options in [], ["-R"]:
        told = measure(t, port, "-u", "-n", "4M", "-b", "40M", "-l", "1400", *options)["sum"]
        if told["bytes"] < 4 << 20 or told["lost_percent"] > 5:
            raise Wrong(f"datagrams: {told}")
    t.stop(server)


@program("socat", "socat", "socat")
def socat(t):
    port = free_port()
    server = t.serve("socat", f"TCP4-LISTEN:{port},bind={t.bind},reuseaddr,fork", "EXEC:/bin/cat", port=port)
    same(t.ask("socat", "-t", "30", "-", f"TCP4:{t.server}:{port}", stdin=t.common.blob), t.common.blob, "cat")
    for got in t.ask_many(4, "socat", "-t", "30", "-", f"TCP4:{t.server}:{port}", stdin=t.common.blob):
        same(got, t.common.blob, "of four")
    t.stop(server)
    port = free_port()
    t.serve("socat", f"UDP4-RECVFROM:{port},bind={t.bind},fork", "EXEC:/bin/cat", port=port, udp="only")
    for word in b"first", b"other":
        same(t.ask("socat", "-t", "30", "-", f"UDP4:{t.server}:{port},readbytes=5", stdin=word), word, "a datagram")


@program("ncat", "ncat", "ncat openssl")
def ncat(t):
    port, tls = free_port(), free_port()
    servers = [t.serve("ncat", "-4", "-l", "-k", "-e", "/bin/cat", t.bind, port, port=port),
               t.serve("ncat", "-4", "-l", "-k", "--ssl", "--ssl-cert", t.common.cert, "--ssl-key", t.common.key, "-e", "/bin/cat",
                       t.bind, tls, port=tls)]
    # ncat -e ends with whichever side ends first: the input of these has no end.
    lines = t.common.page * 2000
    for _ in range(3):
        same(hold(t, ["ncat", "-4", t.server, port], lines), lines, "cat")
    same(hold(t, ["ncat", "-4", "--ssl", t.server, tls], lines), lines, "TLS")
    port = free_port()
    with open(t.common.www / "blob", "rb") as source:
        t.serve("ncat", "-4", "-l", "--send-only", t.bind, port, port=port, stdin=source)
    same(t.ask("ncat", "-4", "--recv-only", t.server, port), t.common.blob, "a file")
    for server in servers:
        t.stop(server)


def hold(t, command, octets):
    """What comes back to a client, the input of which ends when all did."""
    with open(t.work / "input", "wb") as file:
        file.write(octets)
    feeder = t.start("sh", "-c", 'cat "$1"; exec sleep 60', "sh", t.work / "input", inside=False, stdout=subprocess.PIPE)
    process = t.start(*command, stdin=feeder.stdout, stdout=subprocess.PIPE)
    feeder.stdout.close()
    got = process.stdout.read(len(octets))
    os.kill(process.pid, signal.SIGTERM)
    os.kill(feeder.pid, signal.SIGTERM)
    return got


@program("openssl", "openssl", "openssl")
def openssl(t):
    port = free_port()
    (t.work / "blob").write_bytes(t.common.blob)
    server = t.serve("openssl", "s_server", "-4", "-accept", f"{t.bind}:{port}", "-WWW", "-cert", t.common.cert, "-key", t.common.key,
                     port=port)
    for version in "-tls1_2", "-tls1_3":
        got = t.ask("openssl", "s_client", "-4", version, "-connect", f"{t.server}:{port}", "-CAfile", t.common.cert,
                    "-verify_return_error", "-verify_ip", t.server, "-quiet", "-ign_eof", stdin=b"GET /blob HTTP/1.0\r\n\r\n")
        same(got.partition(b"\r\n\r\n")[2], t.common.blob, version)
    t.stop(server)


@program("dig", "bind9-dnsutils", "dig host", "client")
def dig(t):
    t.start(PYTHON, TOP / "tests" / "support" / "dnsd.py", "--port-file", t.work / "port", "files.test=192.0.2.7",
            "other.test=>files.test", inside=False)
    port = until(lambda: (t.work / "port").exists() and (t.work / "port").read_text(), "dnsd.py").strip()
    at = [f"@{t.server}", "-p", port, "+short"]
    same(t.ask("dig", *at, "files.test"), b"192.0.2.7\n", "an address")
    same(t.ask("dig", *at, "other.test"), b"files.test.\n192.0.2.7\n", "an alias")
    holds(t.ask("dig", f"@{t.server}", "-p", port, "no.test"), "status: NXDOMAIN", "a name that is not there")
    same(t.ask("dig", *at, "files.test", "other.test"), b"192.0.2.7\nfiles.test.\n192.0.2.7\n", "two")
    holds(t.ask("host", "-t", "a", "-p", port, "files.test", t.server), "^files.test has address 192.0.2.7$", "host")


@program("asyncio", "python3", "python3")
def asyncio(t):
    port = free_port()
    server = t.serve(PYTHON, HERE / "programs" / "asyncio_echo.py", "serve", t.bind, port, port=port, udp=True)
    same(t.ask(PYTHON, HERE / "programs" / "asyncio_echo.py", "ask", t.server, port, stdin=t.common.blob), b"all of it\n", "its client")
    t.stop(server)


@program("http.server", "python3 curl", "python3 curl", "server both")
def http_server(t):
    port = start_http(t)
    for got in t.ask_many(4, "curl", "-sS", "--fail", f"http://{t.server}:{port}/blob"):
        same(got, t.common.blob, "of four")


@program("node", "nodejs", "node")
def node(t):
    http, handed = free_port(), free_port()
    scripts = HERE / "programs"
    servers = [t.serve("node", scripts / "node_http.js", "serve", t.bind, http, t.common.www / "blob", port=http),
               t.serve("node", scripts / "node_handed.js", t.bind, handed, port=handed)]
    same(t.ask("node", scripts / "node_http.js", "ask", t.server, http), 2 * t.common.blob, "fetched and posted")
    same(t.ask(PYTHON, "-c", "import socket, sys; s = socket.create_connection((sys.argv[1], int(sys.argv[2])));"
               "s.sendall(sys.stdin.buffer.read()); s.shutdown(1); f = s.makefile('rb'); sys.stdout.buffer.write(f.read())",
               t.server, handed, stdin=t.common.blob), b"child\n" + t.common.blob, "a socket that a child got")
    for server in servers:
        t.stop(server)


@program("lighttpd", "lighttpd curl", "lighttpd curl", "server both")
def lighttpd(t):
    port = free_port()
    errors = t.file("log-lighttpd", "")
    errors.chmod(0o666)
    user = 'server.username = "www-data"\nserver.groupname = "www-data"\n' if os.geteuid() == 0 else ""
    config = t.file("lighttpd.conf", f'server.document-root = "{t.common.www}"\nserver.bind = "{t.bind}"\nserver.port = {port}\n'
                    f'{user}server.errorlog = "{errors}"\n')
    server = t.serve("lighttpd", "-D", "-f", config, port=port)
    same(t.ask("curl", "-sS", "--fail", f"http://{t.server}:{port}/blob"), t.common.blob, "a file")
    for got in t.ask_many(4, "curl", "-sS", "--fail", f"http://{t.server}:{port}/blob"):
        same(got, t.common.blob, "of four")
    t.stop(server)


@program("rsync", "rsync", "rsync")
def rsync(t):
    port = free_port()
    stored = t.work / "stored"
    stored.mkdir()
    stored.chmod(0o777)
    config = t.file("rsyncd.conf", f"use chroot = no\nport = {port}\n[files]\npath = {t.common.www}\n"
                    f"[stored]\npath = {stored}\nread only = no\n")
    server = t.serve("rsync", "--daemon", "--no-detach", f"--config={config}", f"--address={t.bind}", port=port)
    url = f"rsync://{t.server}:{port}"
    t.ask("rsync", "-r", "--checksum", f"{url}/files/", t.work / "out/")
    same_tree(t.work / "out", t.common.www)
    t.ask("rsync", "-r", "-z", f"{t.common.www}/", f"{url}/stored/")
    same_tree(stored, t.common.www)
    t.stop(server)


@program("nc", "netcat-openbsd", "nc")
def nc(t):
    port = free_port()
    with open(t.common.www / "blob", "rb") as source, open(t.work / "got", "wb") as out:
        server = t.serve("nc", "-4", "-N", "-l", t.bind, port, port=port, stdin=source, stdout=out)
    same(t.ask("nc", "-4", "-N", t.server, str(port), stdin=t.common.blob[::-1]), t.common.blob, "to the client")
    until(lambda: server.poll() is not None, "the server's end")
    same((t.work / "got").read_bytes(), t.common.blob[::-1], "to the server")
    port = free_port()
    with open(t.work / "datagrams", "wb") as out:
        t.serve("nc", "-4", "-u", "-l", t.bind, port, port=port, udp="only", stdout=out)
    client = t.start("nc", "-4", "-u", t.server, str(port), stdin=subprocess.PIPE)
    client.stdin.write(t.common.page)
    client.stdin.flush()
    until(lambda: (t.work / "datagrams").read_bytes() == t.common.page, "a datagram's arrival")


@program("telnet", "telnet", "telnet", "client server both")
def telnet(t):
    port = free_port()
    t.serve(PYTHON, "-u", "-c", "import socketserver, sys\n"
            "class Shout(socketserver.StreamRequestHandler):\n"
            " def handle(self):\n  for line in self.rfile: self.wfile.write(line.upper())\n"
            "socketserver.ThreadingTCPServer((sys.argv[1], int(sys.argv[2])), Shout).serve_forever()", t.bind, port, port=port)
    process = t.start("telnet", t.server, str(port), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    said = b""
    for word in b"first", b"second":
        process.stdin.write(word + b"\n")
        process.stdin.flush()
        while word.upper() not in said:
            line = process.stdout.readline()
            if not line:
                raise Wrong(f"telnet ends: {said!r}")
            said += line
    process.stdin.close()


@program("ftp", "tnftp vsftpd", "tnftp vsftpd")
def ftp(t):
    port, data = free_port(), free_port()
    root = t.work / "root"
    stored = root / "stored"
    stored.mkdir(parents=True)
    stored.chmod(0o777)
    (t.work / "empty").mkdir()
    launching = "" if os.geteuid() == 0 else "run_as_launching_user=YES\n"
    config = t.file("vsftpd.conf", f"{launching}listen=YES\nlisten_port={port}\nlisten_address={t.bind}\nanonymous_enable=YES\n"
                    f"write_enable=YES\nanon_upload_enable=YES\nno_anon_password=YES\nanon_root={root}\n"
                    f"pasv_min_port={data}\npasv_max_port={data}\npasv_address={t.server}\nsecure_chroot_dir={t.work}/empty\n"
                    "allow_writeable_chroot=YES\nseccomp_sandbox=NO\nisolate=NO\nisolate_network=NO\nbackground=NO\nftp_username=" +
                    f"{'www-data' if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name}\nanon_umask=022\n")
    t.serve("vsftpd", config, port=port, more=[data])
    shutil.copy(t.common.www / "blob", root / "blob")
    if os.geteuid():
        root.chmod(0o555)
    said = t.ask("tnftp", "-n", "-v", "-i", t.server, str(port),
                 stdin=f"user anonymous a@a.test\nbinary\nget blob got\ncd stored\nput {t.common.www}/blob up\nbye\n".encode())
    for path in t.work / "got", stored / "up":
        if not path.exists():
            raise Wrong(f"no {path.name}: {said[-600:]!r}")
        same(path.read_bytes(), t.common.blob, path.name)


@program("haproxy", "haproxy curl", "haproxy curl", "server both")
def haproxy(t):
    port, behind = free_port(), start_http(t, inside=False)
    config = t.file("haproxy.cfg", "defaults\n mode http\n timeout connect 20s\n timeout client 20s\n timeout server 20s\n"
                    f"frontend f\n bind {t.bind}:{port}\n default_backend b\nbackend b\n server s {t.behind}:{behind}\n")
    server = t.serve("haproxy", "-W", "-db", "-f", config, port=port)
    same(t.ask("curl", "-sS", "--fail", f"http://{t.server}:{port}/blob"), t.common.blob, "a file")
    for got in t.ask_many(4, "curl", "-sS", "--fail", f"http://{t.server}:{port}/blob"):
        same(got, t.common.blob, "of four")
    t.stop(server)


@program("perl", "perl", "perl")
def perl(t):
    port = free_port()
    server = t.serve("perl", HERE / "programs" / "forking.pl", "serve", t.bind, port, port=port)
    for got in t.ask_many(3, "perl", HERE / "programs" / "forking.pl", "ask", t.server, port, stdin=b"a\nb\nc\n"):
        same(got, b"A\nB\nC\n", "lines through stdio")
    t.stop(server)


@program("nginx-ipv6", "nginx-light curl", "nginx curl", "server")
def nginx_ipv6(t):
    """Debian's site listens on 80 and on [::]:80."""
    port = free_port()
    places = "".join(f"{kind}_temp_path {t.work}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    config = t.file("nginx.conf", f"pid {t.work}/nginx.pid; error_log stderr; events {{}} http {{ access_log off; {places} "
                    f"server {{ listen {port}; listen [::]:{port}; root {t.common.www}; }} }}")
    t.serve("nginx", "-c", config, port=port, daemon=True)
    same(t.ask("curl", "-sS", "--fail", f"http://{t.server}:{port}/blob"), t.common.blob, "a file")


# In sh: until what follows succeeds, ten seconds at most, then $server ends.
TRY = "try() { for i in $(seq 100); do \"$@\" && return; sleep 0.1; done; kill $server; exit 1; }; try"


# ---- The promises of the README, as they are typed there ----


def typed_lines():
    """What the README types after `$ `, without the comments."""
    lines = re.findall(r"^\$ (sockrun .*)$", (TOP / "README").read_text(), re.M)
    return [re.sub(r" +# .*", "", line) for line in lines]


class Typed:
    """Runs the lines as they are, in a folder that looks like the sources', with `build/host` in front of PATH. Each is asked
    for by what it has in common with no other."""

    def __init__(self, t):
        self.t, self.left = t, typed_lines()
        (t.work / "build").mkdir()
        (t.work / "examples").mkdir()
        shutil.copy(TOP / "examples" / "nginx.conf", t.work / "examples")
        for folder in t.work, t.work / "build":
            shutil.copy(t.common.www / "index.html", folder)

    def line(self, part):
        found = [line for line in self.left if part in line]
        if len(found) != 1:
            raise Wrong(f"the README types {part!r} {len(found)} times")
        self.left.remove(found[0])
        return ["sh", "-c", f'PATH="$0:$PATH"; exec {found[0]}', str(pathlib.Path(self.t.sockrun).parent)]

    def ask(self, part, wanted):
        """A server beside it may have said something before."""
        got = self.t.start(*self.line(part), inside=False, stdout=subprocess.PIPE).communicate(timeout=PATIENCE + 10)[0]
        same(got[-len(wanted):], wanted, part)

    def serve(self, part, port, question, wanted):
        process = self.t.start(*self.line(part), inside=False)
        until(lambda: process.poll() is not None or is_listening(port, "tcp"), part)
        got = subprocess.run(["timeout", "20", *question], capture_output=True, check=False)
        same(got.stdout, wanted, part)
        self.t.stop(process)
        until(lambda: not is_listening(port, "tcp"), f"the end of port {port}")


@program("readme", "", "python3 curl redis-server redis-cli nginx wget", "both")
def readme(t):
    for port in 8000, 8080, 6379, 8888:
        if is_listening(port, "tcp"):
            raise Missing(f"port {port} is taken")
    index = (t.common.www / "index.html").read_bytes()
    fetch = "curl", "-sS", "--fail", "http://127.0.0.1:8080/"
    start_http(t, 8000, inside=False)
    typed = Typed(t)
    typed.ask("sockrun curl http://10.0.2.2:8000/", index)
    typed.ask("--loss 1%", index)
    typed.serve("http.server 80", 8080, fetch, index)
    typed.serve("nginx", 8080, fetch, index)
    typed.serve("redis-server", 6379, ["redis-cli", "ping"], b"PONG\n")
    typed.ask("sockrun sh -c", index)
    beyond = typed.line("--outbound=any")
    if os.environ.get(ALONE) == "yes":
        process = t.start(*beyond, inside=False, stdout=subprocess.PIPE)
        process.communicate(timeout=PATIENCE + 10)
        if process.returncode != 4:  # wget(1): no network
            raise Wrong(f"{beyond[-2]}: status {process.returncode}")
    if typed.left:
        raise Wrong(f"the README types what is not tried: {typed.left}")
    beside = (f"redis-server --bind 127.0.0.1 --dir {t.work} --save '' >/dev/null & server=$!; {TRY} redis-cli ping >/dev/null; "
              "redis-cli set a b; redis-cli get a; kill $server; wait")
    same(t.ask("sh", "-c", beside), b"OK\nb\n", "sockrun sh -c 'server & client'")
    beside = (f"python3 -m http.server -d {t.common.www} 80 >/dev/null & server=$!; {TRY} curl -sS --fail http://127.0.0.1:8080/ -o got; "
              "cat got; kill $server; wait")
    same(t.ask("sh", "-c", beside, options=("-p", "8080:80")), index, "sockrun -p 8080:80 sh -c 'server & client'")


@program("siblings", "", "python3 curl", "both")
def siblings(t):
    """A server of every address, and a client that is another process."""
    port = free_port()
    beside = (f"python3 -m http.server -d {t.common.www} {port} >/dev/null & server=$!; {TRY} curl -sS --fail http://127.0.0.1:{port}/ -o got; "
              "cat got; kill $server; wait")
    same(t.ask("sh", "-c", beside), (t.common.www / "index.html").read_bytes(), "sockrun sh -c 'server & client'")


# ---- The runner ----


def be_alone():
    """Becomes the same in namespaces of its own, in which loopback is all there is and this user has a home in the test's work
    folder; or in none, where the kernel refuses."""
    work = pathlib.Path(tempfile.mkdtemp(prefix="programs-"))
    account = pwd.getpwuid(os.geteuid()).pw_name
    lines = [line for line in pathlib.Path("/etc/passwd").read_text().splitlines() if not line.startswith(f"{account}:")]
    lines.insert(0, f"{account}:x:{os.geteuid()}:{os.getegid()}::{work}/home:/bin/sh")
    (work / "passwd").write_text("\n".join(lines) + "\n")
    (work / "passwd").chmod(0o644)
    enter = ["unshare", "-nm", *(["-c", "--keep-caps"] if os.geteuid() else []), "sh", "-c",
             'ip link set lo up && mount --bind "$0/passwd" /etc/passwd && exec "$@"', str(work)]
    drop = ["setpriv", "--ambient-caps=-all", "--inh-caps=-all"] if os.geteuid() else []
    alone = subprocess.run([*enter, *drop, "true"], capture_output=True, check=False).returncode == 0
    environment = os.environ | {ALONE: "yes" if alone else "no", "PROGRAMS_WORK": str(work)}
    again = [sys.executable, *sys.argv]
    command = [*enter, *drop, *again] if alone else again
    os.execvpe(command[0], command, environment)


def children(pid):
    try:
        return [int(word) for path in pathlib.Path(f"/proc/{pid}/task").glob("*/children") for word in path.read_text().split()]
    except OSError:  # it ended meanwhile
        return []


def descendants():
    found = children(os.getpid())
    for pid in found:
        found += children(pid)
    return found


def end_all():
    """Daemons, too: orphans are this process's, which is their reaper."""
    while True:
        pids = descendants()
        if not pids:
            return
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            pass
        time.sleep(0.01)


def hold_conversation(p, direction, sockrun, common):
    missing = [name for name in p.needs if not shutil.which(name)]
    if missing:
        return f"skipped: no {' '.join(missing)} (Debian: {p.packages})"
    t = Setting(sockrun, direction, common)
    try:
        p.talk(t)
        return "ok"
    except Missing as e:
        return f"skipped: {e}"
    except Exception as e:  # pylint: disable=broad-except # whatever it is, the others are tried
        known = isinstance(e, (Wrong, subprocess.TimeoutExpired))
        return f"failed: {e if known else traceback.format_exc()} [{t.logs()}]"
    finally:
        end_all()
        shutil.rmtree(t.work, ignore_errors=True)


def install():
    packages = sorted({word for p in PROGRAMS for word in p.packages.split()})
    if os.geteuid() or not shutil.which("apt-get"):
        print(f"not root, or no Debian: apt-get install --no-install-recommends {' '.join(packages)}")
        return
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "-q", "update"], stdout=subprocess.DEVNULL, check=False)
    for package in packages:
        subprocess.run(["apt-get", "-q", "-y", "install", "--no-install-recommends", package], env=environment,
                       stdout=subprocess.DEVNULL, check=False)


def expected():
    rows = (HERE / "programs-expected.tsv").read_text().splitlines()[1:]
    return dict(row.split("\t") for row in rows)


def documented():
    """The programs that docs/posix.md names."""
    section = (TOP / "docs" / "posix.md").read_text().partition("\n## Programs\n")[2].partition("\n## ")[0]
    return set(re.findall(r"^\| `([^`]*)` ", section, re.M))


def main():
    words = sys.argv[1:]
    if "--install" in words and ALONE not in os.environ:
        install()
    if ALONE not in os.environ:
        be_alone()
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
    words = [word for word in words if word != "--install"]
    sockrun, chosen = str(pathlib.Path(words[0]).resolve()), words[1:]
    work = pathlib.Path(os.environ["PROGRAMS_WORK"])
    known, wrong = expected(), []
    names = {p.name for p in PROGRAMS if p.name not in ("readme", "siblings")}
    if documented() != names:
        wrong.append(f"docs/posix.md and the runner differ in {' '.join(sorted(documented() ^ names))}")
    try:
        common = Common(work)
        for p in PROGRAMS:
            for direction in p.directions if not chosen or p.name in chosen else []:
                case = f"{p.name}: {direction}"
                outcome = hold_conversation(p, direction, sockrun, common)
                if case in known and outcome.startswith("failed"):
                    outcome = f"known: {known[case]}"
                elif outcome.startswith("failed") or (case in known and outcome == "ok"):
                    wrong.append(f"{case}: {outcome}")
                print(f"{case}: {outcome}", flush=True)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print("\n".join(["", *(f"wrong: {line}" for line in wrong)]) if wrong else "all as expected")
    sys.exit(bool(wrong))


main()
