#!/usr/bin/env python3
"""http_service.py DIRECTORY - an HTTP service for tests, written from public descriptions.

Listens on a free port of 127.0.0.1, which it writes to DIRECTORY/port.  Each request is
a line of JSON in DIRECTORY/requests.  It has an API of jobs and customers, a token
endpoint (RFC 6749 section 4.4), a place that checks AWS signatures by itself, and paths
that misbehave.
"""
import base64
import email
import email.policy
import hashlib
import hmac
import json
import os
import re
import sys
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

directory = sys.argv[1]
lock = threading.Lock()
counts = {}
tokens = {"issued": 0, "good": set()}
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
JOBS = [
    {"id": 7000001, "jobNo": "500", "title": "Roof", "jobType": "Quote", "description": "Slates", "customerId": 4},
    {"id": 7000002, "jobNo": "5001", "title": "Drain", "jobType": "Charge Up"},
]
XML = """<?xml version="1.0" encoding="UTF-8"?>
<DescribeSecurityGroupsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">
    <requestId>r-1</requestId>
    <securityGroupInfo>
        <item><groupId>sg-1</groupId><groupName>web</groupName>
            <ipPermissions><item><ipProtocol>tcp</ipProtocol><fromPort>443</fromPort>
                <ipRanges><item><cidrIp>203.0.113.7/32</cidrIp></item></ipRanges></item></ipPermissions>
        </item>
    </securityGroupInfo>
</DescribeSecurityGroupsResponse>"""


def count(key):
    with lock:
        counts[key] = counts.get(key, 0) + 1
        return counts[key]


def quote(text):
    return urllib.parse.quote(text, safe="-._~")


def sign(method, target, headers, body, authorization):
    """The signature that the request should have (Signature Version 4), and the one it has."""
    m = re.fullmatch(r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request, "
                     r"SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})", authorization or "")
    if m is None:
        return "malformed", ""
    _, day, region, service, names, signature = m.groups()
    path, _, query = target.partition("?")
    pairs = sorted((quote(urllib.parse.unquote(n)), quote(urllib.parse.unquote(v)))
                   for n, _, v in (p.partition("=") for p in query.split("&") if p))
    canonical = "\n".join([
        method, "/".join(quote(s) for s in path.split("/")), "&".join(f"{n}={v}" for n, v in pairs),
        "".join(f"{n}:{' '.join(headers[n].split())}\n" for n in names.split(";")), names,
        hashlib.sha256(body).hexdigest()])
    scope = f"{day}/{region}/{service}/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", headers["x-amz-date"], scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = ("AWS4" + SECRET_KEY).encode()
    for step in (day, region, service, "aws4_request", text):
        key = hmac.new(key, step.encode(), hashlib.sha256).digest()
    return key.hex(), signature


class Service(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "service"

    def log_message(self, *args):
        pass

    def answer(self, status, body=b"", kind="application/json", **fields):
        if isinstance(body, (dict, list, int)):
            body = json.dumps(body)
        if isinstance(body, str):
            body = body.encode()
        self.send_response(status)
        if body or status == 200:
            self.send_header("Content-Type", kind)
        for name, value in fields.items():
            self.send_header(name.replace("_", "-"), value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def raw(self, data):
        self.close_connection = True
        self.wfile.write(data)

    def handle_one(self):
        length = self.headers.get("Content-Length")
        self.body = self.rfile.read(int(length)) if length else b""
        self.fields = {n.lower(): v for n, v in self.headers.items()}
        line = json.dumps({"method": self.command, "target": self.path, "headers": self.fields,
                           "body": self.body.decode("utf-8", "replace"), "length": length})
        with lock, open(os.path.join(directory, "requests"), "a") as log:
            log.write(line + "\n")
        path, _, query = self.path.partition("?")
        self.query = urllib.parse.parse_qs(query, keep_blank_values=True)
        parts = path.split("/")
        handler = getattr(self, "on_" + parts[1], None)
        if handler is None:
            self.answer(404, {"error": "Not Found", "message": "no such thing", "statusCode": 404})
        else:
            handler([urllib.parse.unquote(p) for p in parts[2:]])

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = handle_one

    # ---- an API

    def on_echo(self, rest):
        self.answer(200, {"method": self.command, "target": self.path, "headers": self.fields,
                          "body": self.body.decode("utf-8", "replace")})

    def on_tell(self, rest):
        """What a service may repeat of what it knows us by: a word of a field, the query as it came."""
        self.answer(200, {"word": self.fields.get("x-token", "").split(" ")[-1], "query": self.path.partition("?")[2],
                          "field": self.fields.get("x-of-source", "")})

    def on_parts(self, rest):
        """What the parser of Python's library makes of a body of parts, or of bytes."""
        message = email.message_from_bytes(b"Content-Type: " + self.fields["content-type"].encode() + b"\r\n\r\n" + self.body,
                                           policy=email.policy.HTTP)
        if not message.is_multipart():
            self.answer(200, {"type": self.fields["content-type"], "base64": base64.b64encode(self.body).decode()})
            return
        self.answer(200, {"parts": [{
            "name": p.get_param("name", header="content-disposition"), "filename": p.get_filename(), "fields": len(p.keys()),
            "type": p.get("content-type"), "base64": base64.b64encode(p.get_payload(decode=True)).decode()} for p in message.iter_parts()]})

    def on_jobs(self, rest):
        if not rest:
            part = self.query.get("filterJobNo", [""])[0]
            self.answer(200, {"result": "success", "data": [j for j in JOBS if part in j["jobNo"]]})
            return
        found = [j for j in JOBS if str(j["id"]) == rest[0]]
        if not found:
            self.answer(404, {"error": "Not Found", "message": "job not found"})
        elif self.command == "PUT":
            self.answer(200, {"result": "success", "data": json.loads(self.body)})
        else:
            self.answer(200, {"result": "success", "data": found[0]})

    def on_customers(self, rest):
        if self.command == "POST":
            self.answer(303, b"", Location="/customers/4")
        elif self.command == "DELETE":
            # a type without a body is refused, as some APIs do
            self.answer(415 if "content-type" in self.fields else 204)
        else:
            self.answer(200, {"data": [
                {"id": 4, "customerFullName": "Ann", "mainContact": {"contactItems": [
                    {"contactType": "phone", "contactValue": "04 1"}, {"contactType": "email", "contactValue": "ann@example.com"}]}},
                {"id": 5, "customerFullName": "Bob", "mainContact": None}],
                "paging": {"perPage": 2, "pageCount": 9, "links": {"previous": None, "next":
                    "https://api.example.com/customers?pageCursor=0&pageSize=2&pageCursor=2"}}})

    # ---- the services of catalogs/examples

    def on_shop(self, rest):
        order = {"id": 7, "number": "500", "state": "open", "customer": {"name": "Ann", "displayName": None, "contacts": [
            {"type": "phone", "value": "1"}, {"type": "email", "value": "ann@example.com"}]}, "lines": [{"sku": "a", "quantity": 2, "price": 3}]}
        if self.fields.get("authorization") != "Bearer shop-token-value":
            self.answer(401, {"message": "who are you"})
        elif self.command == "PUT":
            body = json.loads(self.body)
            self.answer(409 if rest[1] == "8" else 200, {"data": body})
        elif len(rest) == 1:
            self.answer(200, {"data": [order, {"id": 8, "number": "5001", "state": "sent"}], "links": {"next": "/orders?cursor=c+2"}})
        else:
            self.answer(200, {"data": order})

    def on_ec2(self, rest):
        right, has = sign(self.command, self.path, self.fields, self.body, self.fields.get("authorization"))
        form = urllib.parse.parse_qs(self.body.decode(), strict_parsing=True)
        if right != has:
            self.answer(403, "<Response><Errors><Error><Code>SignatureDoesNotMatch</Code></Error></Errors></Response>", "text/xml")
        elif form["GroupId.1"] == ["sg-00000000"]:
            self.answer(400, "<Response><Errors><Error><Code>InvalidGroup.NotFound</Code><Message>no such group</Message></Error></Errors></Response>", "text/xml")
        else:
            self.answer(200, XML, "text/xml;charset=UTF-8")

    # ---- kinds of content

    def on_text(self, rest):
        self.answer(200, "n\u00e4he " * 200, "text/plain; charset=utf-8")

    def on_number(self, rest):
        self.answer(200, b"\xef\xbb\xbf42", "text/plain")

    def on_image(self, rest):
        self.answer(200, b"\x89PNG\r\n", "image/png")

    def on_bytes(self, rest):
        self.answer(200, b"\x00\xff", "application/zip")

    def on_empty(self, rest):
        self.answer(204)

    def on_large(self, rest):
        self.answer(200, {"x": "y" * int(rest[0])})

    def on_xml(self, rest):
        if rest == ["error"]:
            self.answer(400, "<Response><Errors><Error><Code>InvalidPermission.Duplicate</Code><Message>there already"
                        "</Message></Error></Errors></Response>", "text/xml")
        elif rest == ["entities"]:
            self.answer(200, '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "text/xml")
        else:
            self.answer(200, XML, "text/xml;charset=UTF-8")

    # ---- trouble

    def on_status(self, rest):
        fields = {"Retry_After": rest[1]} if len(rest) > 1 else {}
        self.answer(int(rest[0]), {"message": "status\r\n " + rest[0] + " " + self.fields.get("authorization", "")}, **fields)

    def on_flaky(self, rest):
        """/flaky/KEY/N/STATUS: so many failures, then an answer."""
        n = count("flaky " + rest[0])
        if n <= int(rest[1]):
            self.answer(int(rest[2]), {"message": "not now"}, **({"Retry_After": rest[3]} if len(rest) > 3 else {}))
        else:
            self.answer(200, {"tries": n})

    def on_busy(self, rest):
        """/busy/KEY/SECONDS: how many of them there were at once at most is in DIRECTORY/most-KEY."""
        with lock:
            now = counts["now " + rest[0]] = counts.get("now " + rest[0], 0) + 1
            counts["most " + rest[0]] = most = max(now, counts.get("most " + rest[0], 0))
            with open(os.path.join(directory, "most-" + rest[0]), "w") as f:
                f.write(str(most))
        time.sleep(float(rest[1]))
        with lock:
            counts["now " + rest[0]] -= 1
        self.answer(200, {"at_once": now})

    def on_stall(self, rest):
        self.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
        try:
            self.connection.settimeout(60)
            self.connection.recv(1)
        except OSError:
            pass
        with open(os.path.join(directory, "left"), "a") as f:
            f.write(self.path + "\n")

    def on_cut(self, rest):
        self.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"a\":")

    def on_garbage(self, rest):
        self.raw(b"\x00\x01\x02 nothing that anybody knows\r\n\r\n")

    def on_notjson(self, rest):
        self.answer(200, "{\"a\": 1,}")

    def on_flood(self, rest):
        """Ten gigabytes, if anybody takes them."""
        sent = 0
        try:
            self.raw(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n[")
            while sent < 10 << 30:
                self.wfile.write(b"0," * 32768)
                sent += 65536
        except OSError:
            pass
        with open(os.path.join(directory, "flood"), "w") as f:
            f.write(str(sent))

    def on_redirect(self, rest):
        self.answer(302, b"", Location="/echo/elsewhere")

    # ---- who may

    def on_token(self, rest):
        form = urllib.parse.parse_qs(self.body.decode(), strict_parsing=True)
        basic = "Basic " + base64.b64encode(b"client%3A1:s%26cret+one").decode()
        posted = form.get("client_id") == ["client:1"] and form.get("client_secret") == ["s&cret one"]
        if self.fields.get("authorization") != basic and not posted:
            self.answer(401, {"error": "invalid_client"})
        elif form.get("grant_type") != ["client_credentials"]:
            self.answer(400, {"error": "unsupported_grant_type"})
        else:
            time.sleep(0.3)
            with lock:
                tokens["issued"] += 1
                token = "token-%d-%s" % (tokens["issued"], form.get("scope", ["none"])[0])
                tokens["good"].add(token)
            self.answer(200, {"access_token": token, "token_type": "Bearer", "expires_in": 3600})

    def on_revoke(self, rest):
        with lock:
            tokens["good"] = set()
        self.answer(200, {"issued": tokens["issued"]})

    def on_protected(self, rest):
        token = (self.fields.get("authorization") or "").removeprefix("Bearer ")
        if token in tokens["good"]:
            self.answer(200, {"token": "good", "echo": token})
        else:
            self.answer(401, {"message": "who is " + token})

    def on_aws(self, rest):
        right, has = sign(self.command, self.path, self.fields, self.body, self.fields.get("authorization"))
        self.answer(200 if right == has else 403, {"signed": right == has, "fields": self.fields.get("authorization", ""), "body": self.body.decode()})


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        pass


def end_with_parent():
    """A test that ends early leaves nobody behind who holds its output open."""
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(0.2)
    os._exit(0)


threading.Thread(target=end_with_parent, daemon=True).start()
server = Server(("127.0.0.1", 0), Service)
with open(os.path.join(directory, "port.new"), "w") as f:
    f.write(str(server.server_address[1]))
os.rename(os.path.join(directory, "port.new"), os.path.join(directory, "port"))
server.serve_forever()
