"""Half a minute of servers that behave badly and callers that leave; arguments as of keeper_test.py, and seconds."""
import os
import random
import sys
import threading
import time

import keeper_client
from keeper_client import done, equal, living, ok, until

program, supervisor, directory, python = sys.argv[1:5]
seconds = float(sys.argv[5])
server = os.path.join(os.path.dirname(os.path.abspath(__file__)), "mcp_child.py")
mark = "mark-%d-%d" % (os.getpid(), time.monotonic_ns())
keeper = keeper_client.Keeper(program, supervisor, directory, os.path.dirname(python), 6)
end = time.monotonic() + seconds
calls = [0] * 6
wrong = []


def once(i):
    mode = random.choice(["good"] * 6 + ["stubborn"] * 2 + ["crash", "silent", "garbage", "long"])
    p = keeper.peer(python, server, mode, mark, envp=["N=%d" % random.randrange(3)],
                    idle_ms=random.choice([50, 1000]), lifetime_ms=random.choice([500, 5000]), message_max=1000000)
    p.socket.settimeout(3)
    try:
        if "ready" not in (p.ready or {}):
            return
        answer = p.initialize(random.choice([None, {"elicitation": {}}]))
        if answer is None or "result" not in answer:
            return
        for _ in range(random.randrange(8)):
            what = random.choice(["echo"] * 8 + ["progress", "log", "changed", "errors", "wait", "exit", "hang", "ask", "large"])
            if what in ("wait", "hang", "ask"):
                p.begin(what)
                return
            text = "%d %d" % (i, random.randrange(10 ** 9))
            got = p.call(what, {"progressToken": text}, text=text, bytes=random.choice([1000, 500000, 2000000]))
            if what == "echo" and isinstance(got, str) and got != text:
                wrong.append((text, got))
            if not isinstance(got, str):
                return
        if random.randrange(5) == 0:
            p.socket.sendall(b'{"half a line')
        elif random.randrange(5) == 0:
            p.send("no message at all")
    finally:
        p.close()


def run(i):
    while time.monotonic() < end:
        try:
            once(i)
        except OSError:
            pass
        calls[i] += 1


before = keeper.descriptors()
threads = [threading.Thread(target=run, args=(i,)) for i in range(len(calls))]
for t in threads:
    t.start()
for t in threads:
    t.join()
print("# %d connections in %g s, %d MiB" % (sum(calls), seconds, keeper.memory()))
ok(sum(calls) >= 5, "connections were made")
equal(wrong, [], "nobody got what was another's")
equal(keeper.process.poll(), None, "the keeper lives")
ok(keeper.memory() < 600, "in bounded memory", keeper.memory())
p = None


def answers():
    global p
    p = keeper.peer(python, server, "good", mark, envp=["LAST=%d" % time.monotonic_ns()])
    if p.ready == {"ready": True} and "result" in (p.initialize() or {}):
        return True
    p.close()
    return False


ok(until(answers), "and answers")
equal(p.call("echo", text="still here"), "still here", "as before")
p.close()
ok(until(lambda: keeper.descriptors() <= before + 6 * 4), "descriptors are closed", (before, keeper.descriptors()))
equal(keeper.stop(), 0, "it ends")
ok(until(lambda: living(mark) == 0), "no process is left", living(mark))
done()
