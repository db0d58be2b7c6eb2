#!/usr/bin/env python3
"""An MCP server on a pipe that does what its tools are told, also what no server should.

Speaks 2025-11-25, one JSON object a line.  Argument 1: how it behaves from the start.
  good      as it should
  crash     ends at once, with status 3
  silent    reads, and never says anything
  garbage   says lines that are no messages, for ever
  long      says one line that never ends
  stubborn  ignores signals and the end of its input, and has children in other sessions
"""
import json
import os
import signal
import subprocess
import sys
import time

mode = sys.argv[1] if len(sys.argv) > 1 else "good"
mark = sys.argv[2] if len(sys.argv) > 2 else ""


def say(message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def result(request, value):
    say({"jsonrpc": "2.0", "id": request["id"], "result": value})


def text(request, value):
    result(request, {"content": [{"type": "text", "text": value}]})


if mode == "crash":
    sys.exit(3)
if mode == "silent":
    while sys.stdin.readline():
        pass
    sys.exit(0)
if mode == "garbage":
    while True:
        sys.stdout.write("this is no message\n" * 100)
        sys.stdout.flush()
if mode == "long":
    while True:
        sys.stdout.write("x" * 100000)
        sys.stdout.flush()
if mode == "stubborn":
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    subprocess.Popen(["setsid", "sh", "-c", "trap '' TERM; sleep 1000; : " + mark])

identity = os.urandom(8).hex()          # each has its own, when process ids are those of a namespace
cancelled = []
waiting = {}
calls = 0
initialized = 0
for line in sys.stdin:
    message = json.loads(line)
    method = message.get("method")
    if method == "initialize":
        initialized += 1
        result(message, {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}},
                         "serverInfo": {"name": "child", "version": str(os.getpid())}})
    elif method == "ping":
        result(message, {})
    elif method == "tools/list":                        # of those below, what tests call by name
        result(message, {"tools": [{"name": name, "description": name, "inputSchema": {
            "type": "object", "properties": {"text": {"type": "string"}}}} for name in ("echo", "wait")]})
    elif method == "notifications/cancelled":
        cancelled.append(message["params"]["requestId"])
    elif method is None:                                # an answer to what it asked
        request = waiting.pop(message["id"], None)
        if request is not None:
            text(request, json.dumps(message.get("result", message.get("error"))))
    elif method == "tools/call":
        calls += 1
        name, arguments = message["params"]["name"], message["params"].get("arguments", {})
        meta = message["params"].get("_meta", {})
        if name == "echo":
            text(message, arguments.get("text", ""))
        elif name == "state":
            text(message, "child %s, initialized %d, cancelled %d" % (identity, initialized, len(cancelled)))
        elif name == "progress":
            for i in (1, 2):
                say({"jsonrpc": "2.0", "method": "notifications/progress",
                     "params": {"progressToken": meta["progressToken"], "progress": i}})
            text(message, "done")
        elif name == "log":
            say({"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": "said"}})
            text(message, "done")
        elif name == "changed":
            say({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"})
            text(message, "done")
        elif name == "ask":
            waiting["q%d" % calls] = message
            say({"jsonrpc": "2.0", "id": "q%d" % calls, "method": "elicitation/create",
                 "params": {"message": arguments.get("text", ""), "requestedSchema": {"type": "object", "properties": {}}}})
        elif name == "wait":
            pass                                        # never answered
        elif name == "exit":
            os._exit(arguments.get("status", 0))
        elif name == "hang":
            time.sleep(1000)
        elif name == "errors":
            for i in range(arguments.get("lines", 1)):
                sys.stderr.write("line %d of what it says %s\n" % (i, "x" * 1000))
            sys.stderr.write("told with " + os.environ.get("KEY", "nothing") + "\n")
            sys.stderr.flush()
            text(message, "done")
        elif name == "large":
            text(message, "x" * arguments["bytes"])
        else:
            say({"jsonrpc": "2.0", "id": message["id"], "error": {"code": -32602, "message": "no such tool"}})
    elif "id" in message:
        say({"jsonrpc": "2.0", "id": message["id"], "error": {"code": -32601, "message": "no such method"}})
if mode == "stubborn":
    time.sleep(1000)
