#!/usr/bin/env python3
"""azure.py DIRECTORY - stands in for Azure AI Search, its management API and its directory, and the vendor's MCP server

Written from the public descriptions of the REST APIs: Search Service 2024-07-01,
Management 2023-11-01, and the client-credentials grant of the Microsoft identity
platform.  Listens on a free port of 127.0.0.1, which it writes to DIRECTORY/port.
The last request is in DIRECTORY/request, byte by byte, and each is a line of
DIRECTORY/log.  The documents are those of DIRECTORY/documents.json, if that is there.

Of the service it is what these tools use: the simple query syntax without its
operators (words, "phrases", prefixes*), filters with and, or, comparisons,
search.in and search.ismatch, facets, writes with a status for each key.  What is
not allowed is refused as the service does: members that there are not, fields
without the attribute that an expression needs.

Keys: query-key-0123456789 reads documents, admin-key-0123456789 does everything.
"""
import json
import operator
import os
import re
import socketserver
import sys
import threading
import urllib.parse

directory = sys.argv[1]
lock = threading.RLock()


def field(name, kind="Edm.String", uses=""):
    return {"name": name, "type": kind, "key": name == "id", "searchable": "s" in uses, "filterable": "f" in uses,
            "sortable": "o" in uses, "facetable": "a" in uses, "retrievable": True}


STRINGS = "Collection(Edm.String)"
INDEX = {"name": "codebase", "fields": [
    field("id", uses="fo"), field("content", uses="s"), field("file_path", uses="sfo"), field("function_name", uses="s"),
    field("class_name", uses="s"), field("repository", uses="sfa"), field("language", uses="sfoa"), field("tags", STRINGS, "sf"),
    field("imports", STRINGS, "sf"), field("called_functions", STRINGS, "sf"), field("start_line", "Edm.Int32", "f"),
    field("end_line", "Edm.Int32", "f"), field("docstring", uses="s"), field("signature", uses="s"), field("chunk_type", uses="f"),
    field("chunk_id", uses="f"), field("created_at", "Edm.DateTimeOffset", "fo"), field("last_modified", "Edm.DateTimeOffset", "fo"),
    dict(field("content_vector", "Collection(Edm.Single)", "s"), dimensions=3, vectorSearchProfile="vector-profile")],
    "semantic": {"configurations": [{"name": "semantic-config"}]}}
SERVICE = {"name": "example", "location": "West Europe", "sku": {"name": "basic"}, "properties": {
    "replicaCount": 1, "partitionCount": 1, "status": "running", "provisioningState": "succeeded", "hostingMode": "default",
    "publicNetworkAccess": "Enabled", "semanticSearch": "free"}}
ACCOUNT = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/search/providers/Microsoft.Search/searchServices/example"
SEARCH_MEMBERS = {"search", "searchFields", "searchMode", "queryType", "filter", "orderby", "top", "skip", "count", "select", "facets"}

indexes = {"codebase": INDEX}
documents = {}
indexers = {"shop": {"name": "shop", "dataSourceName": "src", "targetIndexName": "codebase", "schedule": None}}


def load():
    try:
        with open(directory + "/documents.json") as f:
            for d in json.load(f):
                documents[d["id"]] = d
        os.unlink(directory + "/documents.json")
    except FileNotFoundError:
        pass


class Refused(Exception):
    pass


def attribute(name, use):
    if not any(f["name"] == name and f[use] for f in indexes["codebase"]["fields"]):
        raise Refused("Invalid expression: '%s' is not a %s field." % (name, use))


# ---- words ----

def words(value):
    """As the standard analyzer has them: letters, digits, _ and dots between them, in lower case."""
    if isinstance(value, list):
        value = " ".join(value)
    return re.findall(r"\w+(?:\.\w+)*", (value or "").lower())


def terms(query):
    """[(words, is prefix)] of the simple syntax; a backslash takes what a character means."""
    plain = re.sub(r"\\(.)", lambda m: " " if m.group(1) in "+-|()~" else m.group(1), query)
    found = []
    for phrase, word in re.findall(r'"([^"]*)"?|(\S+)', plain):
        if phrase:
            found.append((words(phrase), False))
        elif word.endswith("*"):
            found.append(([word[:-1].lower()], True))
        else:
            found += [([w], False) for w in words(word)]
    return [t for t in found if t[0]]


def has(text, term):
    looked_for, prefix = term
    n = len(looked_for)
    return any(text[i:i + n] == looked_for or (prefix and text[i].startswith(looked_for[0])) for i in range(len(text)))


def score(document, query, fields):
    if query == "*":
        return 1.0
    for name in fields:
        attribute(name, "searchable")
    texts = [words(document.get(name)) for name in fields]
    return round(sum(1.5 for term in terms(query) for text in texts if has(text, term)), 2)


# ---- filters ----

class Filter:
    TOKEN = re.compile(r"\s*(?:('(?:[^']|'')*')|(-?\d+(?:\.\d+)?(?![\w-]))|(\d{4}-\d\d-\d\dT[\d:.]+Z)|(search\.\w+|\w+)|([(),]))")

    def __init__(self, text):
        self.tokens, at = [], 0
        while text[at:].strip():
            m = self.TOKEN.match(text, at)
            if m is None:
                raise Refused("Invalid expression: syntax error at position %d in '%s'." % (at, text))
            self.tokens.append(m.group(0).strip())
            at = m.end()
        self.test = self.either()
        if self.tokens:
            raise Refused("Invalid expression: unexpected '%s'." % self.tokens[0])

    def next(self, expected=None):
        if not self.tokens or (expected and self.tokens[0] != expected):
            raise Refused("Invalid expression: expected %s." % expected)
        return self.tokens.pop(0)

    def value(self):
        token = self.next()
        return token[1:-1].replace("''", "'") if token[0] == "'" else float(token) if re.fullmatch(r"-?\d+(\.\d+)?", token) else token

    def either(self):
        tests = [self.both()]
        while self.tokens[:1] == ["or"]:
            self.next()
            tests.append(self.both())
        return lambda d: any(t(d) for t in tests)

    def both(self):
        tests = [self.one()]
        while self.tokens[:1] == ["and"]:
            self.next()
            tests.append(self.one())
        return lambda d: all(t(d) for t in tests)

    def one(self):
        token = self.next()
        if token == "(":
            test = self.either()
            self.next(")")
            return test
        if token == "search.in":
            self.next("(")
            name = self.next()
            attribute(name, "filterable")
            self.next(",")
            listed = self.value()
            self.next(",")
            values = listed.split(self.value())
            self.next(")")
            return lambda d: d.get(name) in values
        if token == "search.ismatch":
            self.next("(")
            query = self.value()
            self.next(",")
            fields = [f.strip() for f in self.value().split(",")]
            self.next(")")
            return lambda d: score(d, query, fields) > 0
        attribute(token, "filterable")
        compare = self.next()
        if compare not in ("eq", "ne", "gt", "ge", "lt", "le"):
            raise Refused("Invalid expression: '%s' is no operator." % compare)
        compare = getattr(operator, compare)
        wanted = self.value()
        return lambda d: d.get(token) is not None and compare(d[token], wanted)


def search(asked):
    unknown = set(asked) - SEARCH_MEMBERS
    if unknown:
        raise Refused("The parameter '%s' is not valid." % sorted(unknown)[0])
    query = asked.get("search", "*")
    if query == "bad":
        raise Refused("Invalid expression.")
    if not 0 <= asked.get("top", 50) <= 1000:
        raise Refused("The value must be between 0 and 1000.")
    searchable = [f["name"] for f in indexes["codebase"]["fields"] if f["searchable"] and f["type"] != "Collection(Edm.Single)"]
    fields = asked["searchFields"].split(",") if asked.get("searchFields") else searchable
    test = Filter(asked["filter"]).test if asked.get("filter") else lambda d: True
    known = {f["name"] for f in indexes["codebase"]["fields"]}
    select = asked["select"].split(",") if asked.get("select") else sorted(known)
    for name in select:
        if name not in known:
            raise Refused("Could not find a property named '%s'." % name)
    found = sorted(((score(d, query, fields), i, d) for i, d in enumerate(documents.values()) if test(d)), key=lambda x: (-x[0], x[1]))
    found = [(s, d) for s, _, d in found if s > 0]
    if asked.get("orderby"):
        name, _, direction = asked["orderby"].partition(" ")
        attribute(name, "sortable")
        found.sort(key=lambda x: x[1].get(name) or "", reverse=direction == "desc")
    skip = asked.get("skip", 0)
    answer = {"@odata.context": "x"}
    if asked.get("count"):
        answer["@odata.count"] = len(found)
    if asked.get("facets"):
        name = asked["facets"][0].split(",")[0]
        attribute(name, "facetable")
        values = [d.get(name) for _, d in found]
        answer["@search.facets"] = {name: [{"count": values.count(v), "value": v} for v in sorted(set(values))]}
    answer["value"] = [dict({"@search.score": s}, **{n: d.get(n) for n in select}) for s, d in found[skip:skip + asked.get("top", 50)]]
    return 200, answer


def trouble(kind):
    """How often DIRECTORY/trouble ({"kind": times}) wants this kind still; each time is taken off."""
    try:
        with open(directory + "/trouble") as f:
            wanted = json.load(f)
    except FileNotFoundError:
        return False
    times = wanted.get(kind, 0)
    if times > 0:
        wanted[kind] = times - 1
        with open(directory + "/trouble", "w") as f:
            json.dump(wanted, f)
    return times > 0


def write(batch):
    results = []
    if len(batch) > 1000:
        return 400, {"error": {"code": "", "message": "The request has more than 1000 documents."}}
    if trouble("too many requests"):
        return 503, {"error": {"code": "", "message": "The service is busy."}}
    if len(batch) > 4 and trouble("too large"):
        return 413, {"error": {"code": "", "message": "The request is too large."}}
    for d in batch:
        action, key = d.pop("@search.action", "upload"), d.get("id")
        unknown = set(d) - {f["name"] for f in indexes["codebase"]["fields"]}
        status, said = 200, None
        if trouble("busy documents"):
            results.append({"key": key, "status": False, "errorMessage": "busy", "statusCode": 503})
            continue
        if trouble("bad documents"):
            results.append({"key": key, "status": False, "errorMessage": "The field 'x' is malformed.", "statusCode": 400})
            continue
        if not key or not re.fullmatch(r"[A-Za-z0-9_=-]{1,1024}", key):
            status, said = 400, "The key field 'id' is missing or invalid."
        elif unknown:
            return 400, {"error": {"code": "", "message": "The property '%s' does not exist on type 'search.documentFields'." % sorted(unknown)[0]}}
        elif action == "delete":
            documents.pop(key, None)
        elif action in ("merge", "mergeOrUpload") and (key in documents or action == "mergeOrUpload"):
            documents.setdefault(key, {"id": key}).update(d)
        elif action == "merge":
            status, said = 404, "Document not found."
        else:
            status = 200 if key in documents else 201
            documents[key] = d
        results.append({"key": key, "status": status < 300, "errorMessage": said, "statusCode": status})
    return (200 if all(r["status"] for r in results) else 207), {"@odata.context": "x", "value": results}


def error(status, code, message):
    return status, {"error": {"code": code, "message": message}}


def no_index(name):
    return error(404, "", "No index with the name '%s' was found in the service 'example'." % name)


class Handler(socketserver.StreamRequestHandler):
    def answer(self, status, body, **headers):
        data = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else b""
        head = "HTTP/1.1 %d Reason\r\nConnection: close\r\n" % status
        if status not in (202, 204):
            kind = headers.pop("Content_Type", "text/plain" if isinstance(body, bytes) else "application/json; odata.metadata=minimal")
            head += "Content-Type: %s\r\nContent-Length: %d\r\n" % (kind, len(data))
        elif status == 202:
            head += "Content-Length: 0\r\n"
        if status == 503:
            head += "Retry-After: 1\r\n"
        head += "".join("%s: %s\r\n" % (k.replace("_", "-"), v) for k, v in headers.items())
        self.wfile.write(head.encode() + b"\r\n" + data)

    def handle(self):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = self.rfile.readline(65537)
            if not line:
                return
            head += line
        length = re.search(rb"\r\nContent-Length: (\d+)\r\n", head)
        body = self.rfile.read(int(length.group(1))) if length else b""
        with lock:
            with open(directory + "/request", "wb") as f:
                f.write(head + body)
            method, target, _ = head.split(b"\r\n")[0].decode().split(" ")
            with open(directory + "/log", "a") as f:
                f.write("%s %s\n" % (method, target))
            fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:] if line)
            fields = {k.lower(): v for k, v in fields.items()}
            path, _, query = target.partition("?")
            load()
            try:
                answer = self.route(method, path, urllib.parse.parse_qs(query), fields, body)
            except Refused as e:
                answer = error(400, "InvalidRequestParameter", str(e))
            self.answer(*answer[:2], **(answer[2] if len(answer) > 2 else {}))

    def route(self, method, path, query, fields, body):
        version = query.get("api-version", [""])[0]
        if path == "/api/mcp" and method == "POST":
            return self.learn(fields, json.loads(body))
        if path.endswith("/oauth2/v2.0/token"):
            form = dict(urllib.parse.parse_qsl(body.decode()))
            if form != {"grant_type": "client_credentials", "client_id": "00000000-0000-0000-0000-000000000000",
                        "client_secret": "client_secret_0123456789", "scope": "https://management.azure.com/.default"}:
                return 401, {"error": "invalid_client", "error_description": "no"}
            return 200, {"token_type": "Bearer", "expires_in": 3599, "access_token": "management_token_0123456789"}
        if path == ACCOUNT:
            if fields.get("authorization") != "Bearer management_token_0123456789" or version != "2023-11-01":
                return error(401, "AuthenticationFailed", "Authentication failed.")
            if method == "PATCH":
                plan = json.loads(body)
                if list(plan) != ["properties"] or list(plan["properties"]) != ["semanticSearch"]:
                    return error(400, "InvalidRequest", "Other properties cannot be changed.")
                return 200, {**SERVICE, "properties": {**SERVICE["properties"], **plan["properties"]}}
            return 200, SERVICE
        if version != "2024-07-01":
            return error(400, "", "The api-version is missing or unknown.")
        key = fields.get("api-key")
        if key != "admin-key-0123456789" and not (key == "query-key-0123456789" and "/docs/" in path and not path.endswith("/docs/index")):
            return error(403, "Forbidden", "Access denied due to an invalid api-key.")
        parts = path.split("/")[1:]
        handler = getattr(self, "on_" + parts[0], None)
        return handler(method, parts[1:], query, json.loads(body) if body else None) if handler else error(404, "", "There is nothing.")

    def learn(self, fields, message):
        """The vendor's MCP server for its documentation: Streamable HTTP with sessions, answers as streams."""
        if message["method"] == "initialize":
            result = {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": {"name": "docs", "version": "1"}}
        elif fields.get("mcp-session-id") != "session-1" or fields.get("mcp-protocol-version") != "2025-06-18":
            return error(400, "", "no session")
        elif message["method"] == "notifications/initialized":
            return 202, None
        else:
            asked = message["params"]["arguments"]["query"]
            articles = [{"title": "Blobs %d" % i, "content": "About %s." % asked, "contentUrl": "https://learn.example.com/%d" % i} for i in range(4)]
            text = json.dumps(articles) if asked != "odd" else "not today"
            result = {"content": [{"type": "text", "text": text}], "isError": False}
            if asked == "structured":
                result["structuredContent"] = {"results": articles[:1]}
        event = json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result})
        return 200, ("event: message\r\ndata: %s\r\n\r\n" % event).encode(), {"Content_Type": "text/event-stream", "Mcp_Session_Id": "session-1"}

    def on_servicestats(self, method, rest, query, body):
        return 200, {"@odata.context": "x", "counters": {"documentCount": {"usage": len(documents), "quota": 1000000}}, "limits": {"maxFieldsPerIndex": 1000}}

    def on_indexes(self, method, rest, query, body):
        if not rest:
            names = query["$select"][0].split(",")
            return 200, {"@odata.context": "x", "value": [{n: i.get(n) for n in names} for i in indexes.values()]}
        name, what = rest[0], "/".join(rest[1:])
        if not what and method == "PUT":
            is_new = name not in indexes
            if body.get("name") != name or sum(f.get("key") is True for f in body["fields"]) != 1:
                return error(400, "InvalidRequestParameter", "The request is invalid. There must be exactly one key field in index '%s'." % name)
            if not is_new and {f["name"] for f in indexes[name]["fields"]} - {f["name"] for f in body["fields"]}:
                return error(400, "CannotDeleteExistingField", "Existing field(s) cannot be deleted.")
            indexes[name] = body
            return (201 if is_new else 204), (body if is_new else None)
        if name not in indexes:
            return no_index(name)
        if not what and method == "DELETE":
            del indexes[name]
            documents.clear()
            return 204, None
        if not what:
            return 200, dict({"@odata.context": "x", "@odata.etag": "y"}, **indexes[name])
        if what == "stats":
            return 200, {"@odata.context": "x", "documentCount": len(documents), "storageSize": 2097152, "vectorIndexSize": 0}
        if what == "analyze" and method == "POST":
            return 200, {"@odata.context": "x", "tokens": [{"token": w, "startOffset": 0, "endOffset": 0, "position": i} for i, w in enumerate(words(body["text"]))]}
        if what == "docs/search" and method == "POST":
            if body.get("search") == "too much":
                return error(503, "", "You are sending too many requests.")
            return search(body)
        if what == "docs/index" and method == "POST":
            return write(body["value"])
        if what in ("docs/$count", "docs/%24count"):
            return 200, b"\xef\xbb\xbf%d" % len(documents)
        if rest[1] == "docs" and len(rest) == 3 and method == "GET":
            d = documents.get(rest[2])
            return (200, {n: d.get(n) for n in query["$select"][0].split(",")}) if d else (404, None)
        return error(404, "", "There is nothing.")

    def on_indexers(self, method, rest, query, body):
        if not rest:
            return 200, {"@odata.context": "x", "value": list(indexers.values())}
        name, what = rest[0], "/".join(rest[1:])
        if not what and method == "PUT":
            if set(body) - {"name", "dataSourceName", "targetIndexName", "schedule", "parameters"} or not body.get("dataSourceName"):
                return error(400, "", "The request is invalid.")
            is_new = name not in indexers
            indexers[name] = body
            return (201, body) if is_new else (204, None)
        if name not in indexers:
            return error(404, "", "No indexer with the name '%s' was found." % name)
        if not what and method == "DELETE":
            del indexers[name]
            return 204, None
        if what == "status":
            return 200, {"@odata.context": "x", "name": name, "status": "running", "lastResult": {"status": "success"}, "executionHistory": [
                {"status": "success", "itemsProcessed": i, "errorMessage": None, "errors": [{"errorMessage": "e" * 2000}], "warnings": []} for i in range(8)]}
        if what in ("run", "reset") and method == "POST":
            return (202 if what == "run" else 204), None
        return error(404, "", "There is nothing.")

    def on_datasources(self, method, rest, query, body):
        if method == "PUT" and len(rest) == 1 and re.fullmatch(r"[a-z0-9-]+", rest[0]):
            return (201, body) if rest[0] != "busy" else error(409, "ConcurrencyConflict", "It is in use.")
        return error(404, "", "There is nothing.")

    on_skillsets = on_datasources


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


server = Server(("127.0.0.1", 0), Handler)
with open(directory + "/port.new", "w") as f:
    f.write("%d\n" % server.server_address[1])
os.rename(directory + "/port.new", directory + "/port")
server.serve_forever()
