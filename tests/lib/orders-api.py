#!/usr/bin/env python3
"""The service that catalogs/examples/openapi/orders.json describes, as far as tests need it.

    orders-api.py DIRECTORY

Listens on a free port of 127.0.0.1, which stands in DIRECTORY/orders-api.port, and writes each request as a line of
JSON to DIRECTORY/orders-api.log: method, target, some header fields, body.  It ends with the test that began it.
"""
import http.server
import json
import os
import sys
import threading
import time

directory = sys.argv[1]
ORDER = {"id": "A-1", "state": "sent", "lines": [{"sku": "pen", "quantity": 2, "price": "1.50"}], "note": None, "new_member": 1}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self, status, value=None):
        body = b"" if value is None else json.dumps(value).encode()
        self.send_response(status)
        if value is not None:
            self.send_header("Content-Type", "application/json")
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def handle_any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        path = self.path.split("?")[0]
        line = {"method": self.command, "target": self.path, "type": self.headers.get("Content-Type"),
                "tag": self.headers.get("X-Request-Tag"), "body": body}
        with open(os.path.join(directory, "orders-api.log"), "a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")
        if path == "/v1/orders" and self.command == "GET":
            self.answer(200, {"orders": [ORDER], "cursor": None})
        elif path == "/v1/orders" and self.command == "POST":
            self.answer(201, {**ORDER, "state": "open", "lines": json.loads(body)["lines"]})
        elif path == "/v1/categories":
            self.answer(200, {"name": "all", "categories": [{"name": "pens", "categories": [{"name": "blue"}]}]})
        elif path.endswith("/reminders"):
            self.answer(202, {"will": "be sent"})
        elif path == "/v1/orders/MISSING":
            self.answer(404, {"error": "there is no such order"})
        elif self.command == "DELETE":
            self.answer(204)
        else:
            self.answer(200, ORDER)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = handle_any


def end_with_parent():
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(0.2)
    os._exit(0)


threading.Thread(target=end_with_parent, daemon=True).start()
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
with open(os.path.join(directory, "orders-api.port.new"), "w", encoding="ascii") as file:
    file.write(str(server.server_port))
os.rename(os.path.join(directory, "orders-api.port.new"), os.path.join(directory, "orders-api.port"))
server.serve_forever()
