#!/usr/bin/env python3
"""azure.py DIRECTORY - stands in for Azure AI Search, its management API and its directory

Written from the public descriptions of the REST APIs: Search Service 2024-07-01,
Management 2023-11-01, and the client-credentials grant of the Microsoft identity
platform.  Listens on a free port of 127.0.0.1, which it writes to DIRECTORY/port.
The last request is in DIRECTORY/request, byte by byte, and each is a line of
DIRECTORY/log.

Keys: query-key-0123456789 reads documents, admin-key-0123456789 does everything.
"""
import json
import os
import re
import socketserver
import sys
import urllib.parse

directory = sys.argv[1]
DOCUMENTS = [
    {"@search.score": 7.5, "@search.highlights": {"content": ["hash_lookup(users, id)"]}, "id": "a1", "content": "return hash_lookup(users, id);",
     "file_path": "src/user.c", "repository": "shop", "language": "c", "function_name": "get_user_by_id", "class_name": None,
     "start_line": 9, "end_line": 13},
    {"@search.score": 2.25, "id": "b2", "content": "# Users", "file_path": "README.md", "repository": "shop", "language": "markdown",
     "function_name": None, "class_name": None, "start_line": 1, "end_line": 3},
]
INDEX = {"name": "codebase", "fields": [{"name": "id", "type": "Edm.String", "key": True}, {"name": "content", "type": "Edm.String"}]}
SERVICE = {"name": "example", "location": "West Europe", "sku": {"name": "basic"}, "properties": {
    "replicaCount": 1, "partitionCount": 1, "status": "running", "provisioningState": "succeeded", "hostingMode": "default",
    "publicNetworkAccess": "Enabled", "semanticSearch": "free"}}
ACCOUNT = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/search/providers/Microsoft.Search/searchServices/example"


def error(status, code, message):
    return status, {"error": {"code": code, "message": message}}


class Handler(socketserver.StreamRequestHandler):
    def answer(self, status, body, **headers):
        data = json.dumps(body).encode() if body is not None else b""
        head = "HTTP/1.1 %d Reason\r\nConnection: close\r\n" % status
        if status not in (202, 204):
            head += "Content-Type: application/json; odata.metadata=minimal\r\nContent-Length: %d\r\n" % len(data)
        elif status == 202:
            head += "Content-Length: 0\r\n"
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
        with open(directory + "/request", "wb") as f:
            f.write(head + body)
        method, target, _ = head.split(b"\r\n")[0].decode().split(" ")
        with open(directory + "/log", "a") as f:
            f.write("%s %s\n" % (method, target))
        fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:] if line)
        fields = {k.lower(): v for k, v in fields.items()}
        path, _, query = target.partition("?")
        version = urllib.parse.parse_qs(query).get("api-version", [""])[0]
        self.answer(*self.route(method, path, version, fields, body))

    def route(self, method, path, version, fields, body):
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
        if key != "admin-key-0123456789" and not (key == "query-key-0123456789" and path.endswith("/docs/search")):
            return error(403, "Forbidden", "Access denied due to an invalid api-key.")
        if method == "POST" and path == "/indexes/codebase/docs/search":
            asked = json.loads(body)
            if asked["search"] == "too much":
                return error(503, "", "You are sending too many requests.")
            if asked["search"] == "bad":
                return error(400, "InvalidRequestParameter", "Invalid expression.")
            return 200, {"@odata.context": "x", "@odata.count": 12, "value": DOCUMENTS[asked.get("skip", 0):][:asked["top"]]}
        if method == "GET" and path == "/indexes/codebase":
            return 200, INDEX
        if method == "GET" and path == "/indexes/codebase/stats":
            return 200, {"@odata.context": "x", "documentCount": 12, "storageSize": 2097152, "vectorIndexSize": 0}
        if method == "GET" and path == "/servicestats":
            return 200, {"@odata.context": "x", "counters": {"documentCount": {"usage": 12, "quota": 1000000}}, "limits": {"maxFieldsPerIndex": 1000}}
        if method == "PUT" and re.fullmatch(r"/(datasources|skillsets)/[a-z0-9-]+", path):
            return (201, json.loads(body)) if "busy" not in path else error(409, "ConcurrencyConflict", "It is in use.")
        if method == "GET" and path == "/indexes":
            return 200, {"@odata.context": "x", "value": [{"name": "codebase"}]}
        if method == "POST" and path == "/indexes/codebase/docs/index":
            return 207, {"value": [{"key": d.get("id"), "status": "id" in d, "errorMessage": None if "id" in d else "no key",
                                    "statusCode": 201 if "id" in d else 400} for d in json.loads(body)["value"]]}
        if method == "POST" and re.fullmatch(r"/indexers/[a-z0-9-]+/(reset|run)", path):
            return (202 if path.endswith("run") else 204, None) if "nobody" not in path else error(404, "", "No indexer with the name 'nobody' was found.")
        return error(404, "", "There is nothing.")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


server = Server(("127.0.0.1", 0), Handler)
with open(directory + "/port.new", "w") as f:
    f.write("%d\n" % server.server_address[1])
os.rename(directory + "/port.new", directory + "/port")
server.serve_forever()
