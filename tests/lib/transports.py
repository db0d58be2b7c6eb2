"""Lists and calls tools over every transport, and compares with a rule of its own who may do that.

	transports.py BASE STDIO CASE...

BASE is the issuer, STDIO the command of sallyport-stdio, and CASE a JSON object:
	{"user", "tier", "token", "scopes": [...], "transports": [...],	who asks, and how
	 "read_only", "off": [tool...], "tier_off": [tool...], "only": [tool...] or null, "deny": [...], "allow": [...]}
Prints what differs, then "N compared" and how often each verdict was expected.  A change
of the rules takes a moment: what differs is asked again, for half a minute.
"""
import http.client
import json
import subprocess
import sys
import threading
import time
import urllib.parse

# name: tier, scopes, whether it writes
TOOLS = {
    "read_public": ("public", [], False),
    "write_public": ("public", [], True),
    "read_developer": ("developer", ["m:read"], False),
    "write_developer": ("developer", ["m:write"], True),
    "statement_writes": ("developer", [], True),
    "statement_hinted": ("developer", [], False),
    "read_admin": ("admin", [], False),
    "write_service": ("service", ["m:write"], True),
    "nothing": (None, [], False),
}
IMPLIED = {"m:all": {"m:all", "m:write", "m:read"}, "m:write": {"m:write", "m:read"}, "m:read": {"m:read"}}
RANK = {"public": 0, "developer": 1, "admin": 2, "service": 2}
PATIENCE = 30


def rule(tool, case):
    """docs/policy.md, in so many words."""
    tier, scopes, writes = TOOLS[tool]
    if tier is None or tool in case["off"] or (case["read_only"] and writes):
        return "unknown"
    if tool in case["deny"] or (case["only"] is not None and tool not in case["only"]):
        return "unknown"
    if tool not in case["allow"] and (RANK[case["tier"]] < RANK[tier] or tool in case["tier_off"]):
        return "unknown"
    has = set().union(*(IMPLIED[s] for s in case["scopes"]), set())
    return "ok" if set(scopes) <= has else "scope"


def verdict(status, answer):
    if status == 403 or "the token lacks scope" in json.dumps(answer):
        return "scope"
    error = answer.get("error")
    if error:
        return "unknown" if error.get("code") == -32602 and error["message"].startswith("unknown tool") else json.dumps(error)
    return "error" if answer["result"].get("isError") else "ok"


class Http:
    def __init__(self, base, case):
        url = urllib.parse.urlsplit(base)
        self.host, self.path, self.token = url.netloc, url.path, case["token"]

    def request(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection(self.host, timeout=60)
        connection.request(method, self.path + path, None if body is None else json.dumps(body), {
            "Authorization": "Bearer " + self.token, "Accept": "application/json, text/event-stream",
            "Content-Type": "application/json", **(headers or {})})
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        try:
            answer = json.loads(text) if text else {}
        except ValueError:
            answer = {"text": text}
        return response.status, answer, response.headers

    def close(self):
        pass


class Modern(Http):
    capabilities = {}

    def say(self, method, params, name=None):
        meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": self.capabilities}
        headers = {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": method}
        if name:
            headers["Mcp-Name"] = name
        return self.request("POST", "/mcp", {"jsonrpc": "2.0", "id": 1, "method": method,
                                             "params": {**params, "_meta": meta}}, headers)[:2]

    def list(self):
        return [t["name"] for t in self.say("tools/list", {})[1]["result"]["tools"]]

    def call(self, tool):
        return verdict(*self.say("tools/call", {"name": tool, "arguments": {}}, tool))


class Task(Modern):
    capabilities = {"extensions": {"io.modelcontextprotocol/tasks": {}}}

    def call(self, tool):
        status, answer = self.say("tools/call", {"name": tool, "arguments": {}}, tool)
        task = answer.get("result", {}).get("taskId")
        if task is None:
            return verdict(status, answer)
        until = time.monotonic() + 120
        while time.monotonic() < until:
            status, answer = self.say("tasks/get", {"taskId": task}, task)
            if answer.get("result", {}).get("status") not in ("working", None):
                return "ok" if answer["result"]["status"] == "completed" else answer["result"]["status"]
            time.sleep(0.05)
        return "no answer"


class Session(Http):
    def __init__(self, base, case):
        super().__init__(base, case)
        status, answer, headers = self.request("POST", "/mcp", {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
            "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}})
        self.headers = {"Mcp-Session-Id": headers["Mcp-Session-Id"], "MCP-Protocol-Version": "2025-11-25"}
        self.request("POST", "/mcp", {"jsonrpc": "2.0", "method": "notifications/initialized"}, self.headers)

    def say(self, method, params):
        return self.request("POST", "/mcp", {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}, self.headers)[:2]

    def list(self):
        return [t["name"] for t in self.say("tools/list", {})[1]["result"]["tools"]]

    def call(self, tool):
        return verdict(*self.say("tools/call", {"name": tool, "arguments": {}}))


class Sse(Http):
    """2024-11-05: what is sent is answered on a stream."""

    def __init__(self, base, case):
        super().__init__(base, case)
        self.stream = http.client.HTTPConnection(self.host, timeout=120)
        self.stream.request("GET", self.path + "/mcp/sse", headers={"Authorization": "Bearer " + self.token,
                                                                    "Accept": "text/event-stream"})
        self.response = self.stream.getresponse()
        self.last = 0
        event, self.endpoint = self.event()
        self.say("initialize", {"protocolVersion": "2024-11-05", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}})
        self.request("POST", self.endpoint, {"jsonrpc": "2.0", "method": "notifications/initialized"})

    def event(self):
        event, data = None, ""
        while True:
            line = self.response.readline().decode()
            if not line:
                raise EOFError
            if line.startswith("event: "):
                event = line[7:].strip()
            elif line.startswith("data: "):
                data += line[6:].strip()
            elif line.strip() == "" and data:
                return event, data

    def say(self, method, params):
        self.last += 1
        status, _, _ = self.request("POST", self.endpoint, {"jsonrpc": "2.0", "id": self.last, "method": method, "params": params})
        if status != 202:
            return status, {"error": {"code": 0, "message": "status %d" % status}}
        while True:
            message = json.loads(self.event()[1])
            if message.get("id") == self.last:
                return 200, message

    def list(self):
        return [t["name"] for t in self.say("tools/list", {})[1]["result"]["tools"]]

    def call(self, tool):
        return verdict(*self.say("tools/call", {"name": tool, "arguments": {}}))

    def close(self):
        self.stream.close()


class Plain(Http):
    def list(self):
        return [t["name"] for t in self.request("GET", "/tools")[1]["tools"]]

    def call(self, tool):
        status, answer, _ = self.request("POST", "/tools/" + tool, {})
        return {200: "ok", 403: "scope", 404: "unknown"}.get(status, "%d %s" % (status, answer))


class Stdio:
    """A pipe, whose caller has every scope of the server."""

    def __init__(self, base, case):
        self.process = subprocess.Popen([sys.argv[2], "--as", case["user"]], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)
        self.watch = threading.Timer(120, self.process.kill)
        self.watch.start()

    def say(self, method, params):
        meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": meta}}) + "\n")
        self.process.stdin.flush()
        while True:
            message = json.loads(self.process.stdout.readline())
            if message.get("id") == 1:
                return message

    def list(self):
        return [t["name"] for t in self.say("tools/list", {})["result"]["tools"]]

    def call(self, tool):
        return verdict(200, self.say("tools/call", {"name": tool, "arguments": {}}))

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=60)
        self.watch.cancel()


TRANSPORTS = {"modern": Modern, "session": Session, "sse": Sse, "stdio": Stdio, "plain": Plain, "task": Task}


def ask(name, base, case):
    try:
        transport = TRANSPORTS[name](base, case)
        got = {tool: transport.call(tool) for tool in TOOLS}
        listed = set(transport.list())
        transport.close()
        return got, listed
    except (KeyError, ValueError, OSError, EOFError, http.client.HTTPException) as e:
        return {"trouble": repr(e)}, set()


def main():
    base, cases = sys.argv[1], [json.loads(c) for c in sys.argv[3:]]
    compared, seen = 0, {}
    for case in cases:
        for name in case["transports"]:
            as_seen = {**case, "scopes": ["m:all"]} if name == "stdio" else case
            want = {tool: rule(tool, as_seen) for tool in TOOLS}
            want_list = {tool for tool in TOOLS if want[tool] == "ok"}
            until = time.monotonic() + PATIENCE
            while True:
                got, listed = ask(name, base, case)
                if (got == want and listed == want_list) or time.monotonic() > until:
                    break
                time.sleep(0.2)
            for tool in TOOLS:
                if got.get(tool) != want[tool] or (tool in listed) != (tool in want_list):
                    print("%s %s %s: %s%s and not %s" % (case["user"], name, tool, got.get(tool, got.get("trouble")),
                                                         ", listed" if tool in listed else "", want[tool]))
                compared += 1
                seen[want[tool]] = seen.get(want[tool], 0) + 1
    print("%d compared, %s" % (compared, ", ".join("%s %d" % item for item in sorted(seen.items()))))


main()
