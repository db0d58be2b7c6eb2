#!/usr/bin/env python3
"""Clients that list and call tools while the catalog changes under them.

hot_apply.py URL TOKEN-FILE CLIENTS STOP-FILE

Each client lists the tools, whose descriptions must be of one edition, and calls
one of them, whose answer names its edition and its request.  A line "EDITION
REQUEST" for each call on standard output; whatever is wrong ends the program.
"""
import http.client
import json
import os
import sys
import threading
import urllib.parse

url, token_file, clients, stop_file = urllib.parse.urlsplit(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
token = open(token_file).read().strip()
meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}
lock = threading.Lock()
faults, calls, lists = [], [], 0


def ask(connection, method, params, name=None):
    headers = {"Authorization": "Bearer " + token, "Content-Type": "application/json",
               "Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": method}
    if name:
        headers["Mcp-Name"] = name
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": dict(params, _meta=meta)})
    connection.request("POST", url.path, body, headers)
    answer = connection.getresponse()
    text = answer.read()
    if answer.status != 200:
        raise ValueError("%s: %d %s" % (method, answer.status, text[:200]))
    message = json.loads(text)
    if "result" not in message:
        raise ValueError("%s: %s" % (method, text[:200]))
    return message["result"]


def client(number):
    global lists
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=60)
    seen = 0
    try:
        while not os.path.exists(stop_file) and not faults:
            tools = ask(connection, "tools/list", {})["tools"]
            editions = {t["description"] for t in tools}
            if len(editions) != 1 or len(tools) != 3:
                raise ValueError("a list of %d tools of the editions %s" % (len(tools), sorted(editions)))
            listed = int(editions.pop())
            name = ("one", "two", "three")[(number + seen) % 3]
            row = ask(connection, "tools/call", {"name": name, "arguments": {}}, name)["structuredContent"]
            seen += 1
            with lock:
                lists += 1
                calls.append((row["edition"], row["request"]))
    except Exception as e:  # whatever it is, the test tells of it
        with lock:
            faults.append("client %d: %s: %s" % (number, type(e).__name__, e))


threads = [threading.Thread(target=client, args=(n,)) for n in range(clients)]
for t in threads:
    t.start()
for t in threads:
    t.join()
for edition, request in calls:
    print(edition, request)
for fault in faults:
    print(fault, file=sys.stderr)
sys.exit(1 if faults or not calls else 0)
