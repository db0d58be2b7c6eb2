"""A worker's side of sallyport-keeper, for tests: connections that speak MCP, and TAP."""
import atexit
import json
import os
import socket
import subprocess
import sys
import time

PATIENCE = 60                       # seconds for what comes at once, if nobody else runs
count = failed = 0


def ok(condition, name, detail=""):
    global count, failed
    count += 1
    print("%sok %d - %s" % ("" if condition else "not ", count, name))
    if not condition:
        failed += 1
        print("# " + str(detail).replace("\n", "\n# "))
    sys.stdout.flush()


def equal(got, expected, name):
    ok(got == expected, name, "expected %r\n     got %r" % (expected, got))


def done():
    print("1..%d" % count)
    sys.exit(1 if failed else 0)


def until(condition, seconds=PATIENCE):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def living(mark):
    """How many processes have this in their command line."""
    n = 0
    for pid in os.listdir("/proc"):
        if pid.isdigit():
            try:
                with open("/proc/%s/cmdline" % pid, "rb") as f:
                    n += mark.encode() in f.read()
            except OSError:
                pass
    return n


class Peer:
    def __init__(self, path, start):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(path)
        self.lines = self.socket.makefile("rb")
        self.n = 0
        self.send(start)
        self.ready = self.receive()

    def send(self, message):
        self.socket.sendall((message if isinstance(message, str) else json.dumps(message)).encode() + b"\n")

    def receive(self):
        line = self.lines.readline()
        return json.loads(line) if line else None

    def ask(self, method, params=None, **more):
        """Sends a request; its id."""
        self.n += 1
        self.send(dict({"jsonrpc": "2.0", "id": "r%d" % self.n, "method": method, "params": params or {}}, **more))
        return "r%d" % self.n

    def answer(self, number):
        """The answer to it; what comes before that is in self.before."""
        self.before = []
        while True:
            message = self.receive()
            if message is None or "trouble" in message or (message.get("id") == number and "method" not in message):
                return message
            self.before.append(message)

    def initialize(self, capabilities=None):
        answer = self.answer(self.ask("initialize", {"protocolVersion": "2025-11-25", "capabilities": capabilities or {},
                                                     "clientInfo": {"name": "test", "version": "1"}}))
        if answer and "result" in answer:
            self.send({"jsonrpc": "2.0", "method": "notifications/initialized"})
        return answer

    def begin(self, name, meta=None, **arguments):
        params = {"name": name, "arguments": arguments}
        if meta is not None:
            params["_meta"] = meta
        return self.ask("tools/call", params)

    def call(self, name, meta=None, **arguments):
        answer = self.answer(self.begin(name, meta, **arguments))
        if answer and "result" in answer:
            return answer["result"]["content"][0]["text"]
        return answer

    def close(self):
        self.lines.close()
        self.socket.close()


class Keeper:
    """The program itself, with settings of this test."""

    def __init__(self, program, supervisor, directory, dirs, children=4):
        self.path = os.path.join(directory, "keeper.sock")
        self.log = os.path.join(directory, "keeper.log")
        config = os.path.join(directory, "keeper.conf")
        with open(config, "w") as f:
            f.write("issuer = http://localhost:8080\ndatabase = dbname=none\nkeeper_socket = %s\nkeeper_children = %d\n"
                    "executable_dirs = %s\nsupervisor = %s\n" % (self.path, children, dirs, supervisor))
        env = {name: value for name, value in os.environ.items() if not name.startswith("SALLYPORT_")}
        env["SALLYPORT_CONFIG"] = config
        self.process = subprocess.Popen([program], env=env, stderr=open(self.log, "a"))
        atexit.register(self.process.kill)      # also when a test breaks off; of one that has ended it does nothing
        if not until(self.listens):
            raise SystemExit("the keeper did not start")

    def listens(self):
        try:
            with socket.socket(socket.AF_UNIX) as s:
                s.connect(self.path)
            return True
        except OSError:
            return False

    def peer(self, *argv, name="test", **more):
        return Peer(self.path, dict({"name": name, "argv": list(argv)}, **more))

    def descriptors(self):
        return len(os.listdir("/proc/%d/fd" % self.process.pid))

    def memory(self):
        """Resident, in MiB."""
        with open("/proc/%d/statm" % self.process.pid) as f:
            return int(f.read().split()[1]) * 4096 / 1048576

    def said(self):
        with open(self.log) as f:
            return f.read()

    def stop(self, number=15):
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)
