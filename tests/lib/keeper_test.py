"""What 0640-keeper.t asks of sallyport-keeper; arguments: program, supervisor, a directory of its own, python3."""
import os
import stat
import sys
import time

from keeper_client import Peer, done, equal, living, ok, until
import keeper_client

program, supervisor, directory, python = sys.argv[1:5]
server = os.path.join(os.path.dirname(os.path.abspath(__file__)), "mcp_child.py")
mark = "mark-%d-%d" % (os.getpid(), time.monotonic_ns())
keeper = keeper_client.Keeper(program, supervisor, directory, os.path.dirname(python))


def peer(mode="good", **more):
    return keeper.peer(python, server, mode, mark, **more)


def which(p):
    return p.call("state").split(",")[0]


# ---- the socket ----

equal(stat.S_IMODE(os.stat(keeper.path).st_mode), 0o600, "the socket is for its user alone")
equal(Peer(keeper.path, "no JSON").ready is not None, True, "a first line that is no JSON is answered")
ok("executable_dirs" in keeper.peer("/nowhere/program").ready["trouble"], "a program that the operator has not opened")
ok("trouble" in Peer(keeper.path, {"name": "x", "argv": []}).ready, "no program at all")

# ---- one child for all ----

a, b = peer(), peer()
equal(a.ready, {"ready": True}, "the keeper is ready")
first = a.initialize()
equal(first["result"]["serverInfo"]["name"], "child", "initialize is answered by the server")
equal(b.initialize()["result"], first["result"], "once for all")
equal((which(a), "initialized 1" in a.call("state")), (which(b), True), "both use one child, which was initialized once")
equal((a.call("echo", text="ä"), b.call("echo", text="b")), ("ä", "b"), "each gets its own answer")
numbers = [(p, p.begin("echo", text=str(i)), str(i)) for i in range(50) for p in (a, b)]
equal([p.answer(n)["result"]["content"][0]["text"] for p, n, _ in numbers], [t for _, _, t in numbers],
      "a hundred at a time, under ids that both use")
equal(a.call("progress", {"progressToken": "mine"}), "done", "a call with progress")
equal([m["params"] for m in a.before], [{"progressToken": "mine", "progress": 1}, {"progressToken": "mine", "progress": 2}],
      "which comes under the caller's token")
a.call("log")
equal([m["method"] for m in a.before], ["notifications/message"], "a log message goes to the only one who waits")
a.call("changed")
equal(b.receive()["method"], "notifications/tools/list_changed", "news go to all")
answer = b.answer(b.begin("ask", text="who?"))
ok("nobody can be asked" in answer["result"]["content"][0]["text"], "a client without capabilities is asked nothing", answer)
equal(a.answer(a.ask("nonsense"))["error"]["code"], -32601, "an error is passed on")

# ---- who leaves ----

b.begin("wait")
b.close()
ok(until(lambda: "cancelled 1" in a.call("state")), "what nobody waits for is cancelled")
number = a.begin("wait")
a.send({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": number}})
ok(until(lambda: "cancelled 2" in a.call("state")), "and what its caller cancels")
before = which(a)
a.close()
a = peer()
a.initialize()
equal(which(a), before, "the child stays when all have gone")

# ---- questions ----

able = {"elicitation": {}}
c, d = peer(), peer()
c.initialize(able)
d.initialize(able)
ok(len({which(p) for p in (a, c, d)}) == 3, "a client that can be asked has a child to itself")
number, other = c.begin("ask", text="c?"), d.begin("ask", text="d?")
question, question_d = c.receive(), d.receive()
equal((question["params"]["message"], question_d["params"]["message"]), ("c?", "d?"), "each is asked what was meant for it")
d.send({"jsonrpc": "2.0", "id": "q999", "result": {"action": "accept"}})
c.send({"jsonrpc": "2.0", "id": question["id"], "result": {"action": "decline"}})
equal(c.answer(number)["result"]["content"][0]["text"], '{"action": "decline"}', "its answer goes back")
kept, left = which(c), question_d
c.close()
d.close()
e = peer()
e.initialize(able)
equal(which(e), kept, "the one that had nothing open is used again")
f = peer()
f.initialize(able)
equal([m for m in (f.call("echo", text="x"),)] + f.before, ["x"], "and nobody is asked what another left open")
e.close()
f.close()

# ---- ends ----

number = a.begin("exit", status=7)
answer = a.answer(number)
ok("status 7" in answer["trouble"], "a child that ends says so", answer)
equal(a.receive(), None, "and the connection ends")


def paused():
    """Each end that comes soon makes the pause twice as long, so that at last it is seen on any machine."""
    p = peer(envp=["ENDING=1"])
    if "again in" in p.ready.get("trouble", ""):
        return True
    if "trouble" in p.initialize():
        return False
    p.answer(p.begin("exit", status=7))
    return False


def again():
    global a
    a = peer(envp=["ENDING=1"])
    return "ready" in a.ready


ok(until(paused), "one that ends soon is not started again at once")
ok(until(again), "but in a while")
equal("result" in a.initialize(), True, "and answers")
crash = peer("crash")
answer = crash.initialize()
ok("status 3" in answer["trouble"], "one that cannot start", answer)
equal("result" in a.answer(a.ask("ping")), True, "does not disturb the others")
ok("message that is too long" in peer("long", message_max=100000).initialize()["trouble"], "one that never ends its line")
ok("nobody asked" in peer("garbage").initialize()["trouble"], "one that talks nonsense")
equal(len(a.call("large", bytes=3000000)), 3000000, "a large answer")
a.call("errors", lines=5000)
said = keeper.said()
ok(said.count('"server says"') <= 1000 and "line 0 of what it says" in said, "what it writes to standard error is logged, in measure",
   said.count('"server says"'))
ok(max(len(line) for line in said.split("\n")) < 2000, "and cut")
telling = peer(envp=["STARS=********", "KEY=a-secret-value"])
telling.initialize()
telling.call("errors", lines=0)
ok(until(lambda: "told with ****" in keeper.said()) and "a-secret-value" not in keeper.said(), "without what it was given in secret")
telling.close()
missing = keeper.peer(os.path.join(os.path.dirname(python), "no-such-program-here"))
ok("ENOENT" in missing.initialize()["trouble"], "a program that is not there")

# ---- one that hangs ----

h = peer(name="hanging", envp=["H=1"])
h.initialize()
hanging = which(h)
h.begin("hang")
h.close()
ok(until(lambda: '"it does not answer any more"' in keeper.said()), "one that hangs is ended when nobody waits for it")
h = peer(name="hanging", envp=["H=1"])
h.initialize()
ok(which(h) != hanging, "and another takes its place")
h.close()

# ---- how many, and how long ----

many = [peer(envp=["N=%d" % i]) for i in range(3)]
for p in many:
    p.initialize()
equal(len({which(p) for p in many}), 3, "another environment is another child")
extra = [peer(envp=["N=%d" % i]) for i in range(10, 12)]
answers = [p.initialize() for p in extra]
ok(any("as many servers" in (x or {}).get("trouble", "") for x in answers), "not more than keeper_children", answers)
for p in many + extra:
    p.close()
short = peer(idle_ms=100, envp=["SHORT=1"])
short.initialize()
old = which(short)
short.close()
ok(until(lambda: '"nobody used it"' in keeper.said()), "one that nobody uses is ended")
brief = peer(lifetime_ms=300, envp=["BRIEF=1"])
brief.initialize()
old = which(brief)
time.sleep(0.4)
other = peer(lifetime_ms=300, envp=["BRIEF=1"])
other.initialize()
ok(which(other) != old, "one whose time is over gets no new caller")
equal(which(brief), old, "but keeps the one it has")
brief.close()
other.close()

# ---- the end ----

s = peer("stubborn")
s.initialize()
ok(until(lambda: living(mark) > 0), "a server with children in other sessions")
a.begin("wait")
w = a.begin("echo", text="last")
keeper.process.send_signal(15)
equal(a.answer(w)["result"]["content"][0]["text"], "last", "SIGTERM: what is under way is answered")
ok(until(lambda: not os.path.exists(keeper.path)), "nobody else is taken")
a.close()
s.close()
equal(keeper.process.wait(keeper_client.PATIENCE), 0, "it ends")
equal(living(mark), 0, "and leaves no process")

# ---- killed ----

keeper = keeper_client.Keeper(program, supervisor, directory, os.path.dirname(python))
for mode in ("good", "stubborn", "silent"):
    p = peer(mode)
    p.ask("initialize", {})
ok(until(lambda: living(mark) >= 6), "more servers")
keeper.stop(9)
ok(until(lambda: living(mark) == 0), "a keeper that is killed leaves no process")
keeper = keeper_client.Keeper(program, supervisor, directory, os.path.dirname(python))
p = peer()
ok("result" in p.initialize(), "the next one takes the socket over")
p.close()
equal(keeper.stop(), 0, "and ends")
equal(living(mark), 0, "with all of its own")
done()
