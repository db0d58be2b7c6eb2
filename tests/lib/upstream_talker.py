#!/usr/bin/env python3
"""A small MCP server that talks: it completes, makes tasks, and tells of changes; good or bad, as a file says.

    upstream_talker.py MODE_FILE http PORT
    upstream_talker.py MODE_FILE stdio

Words in MODE_FILE: session (of 2025-11-25; else of 2026-07-28), changed (another definition of a tool),
nostream (no stream of its own); big_completion, odd_completion; endless_task, big_task, odd_task, lost_task, asking_task;
flood (once it is listened to, it does not stop talking).
Each line added to MODE_FILE.events is told to who listens: "updated URI" or "list_changed".
What it was asked (method and parameters) is appended to MODE_FILE.seen.
"""
import json
import os
import queue
import sys
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

mode_file = sys.argv[1]
listeners, tasks, lock = {}, {}, threading.Lock()     # id: (queue, URIs or None)


def words():
    with open(mode_file) as f:
        return f.read().split()


def saw(request):
    params = {k: v for k, v in request.get('params', {}).items() if k != '_meta'}
    with open(mode_file + '.seen', 'a') as f:
        f.write('%s %s\n' % (request.get('method'), json.dumps(params)))


def tail():
    """Tells those who listen what is written behind the end of the file of events."""
    path, at = mode_file + '.events', 0
    while True:
        if os.path.exists(path):
            with open(path) as f:
                f.seek(at)
                text = f.read()
                text = text[:text.rfind('\n') + 1]
                at += len(text)
            for line in text.splitlines():
                tell(line)
        time.sleep(0.05)


def tell(line):
    what, _, uri = line.partition(' ')
    with lock:
        for q, uris in listeners.values():
            if what == 'list_changed':
                q.put({'method': 'notifications/tools/list_changed'})
            elif uri in uris:
                q.put({'method': 'notifications/resources/updated', 'params': {'uri': uri}})


def message(said, subscription=None):
    said = dict(said, jsonrpc='2.0')
    if subscription is not None:
        said['params'] = dict(said.get('params', {}), _meta={'io.modelcontextprotocol/subscriptionId': subscription})
    return json.dumps(said)


CAPABILITIES = {'tools': {'listChanged': True}, 'prompts': {}, 'resources': {'subscribe': True}, 'completions': {}}


def tools():
    description = 'Says it again' + (', and more' if 'changed' in words() else '')
    schema = {'type': 'object', 'properties': {'text': {'type': 'string'}}}
    return [{'name': 'say', 'description': description, 'inputSchema': schema},
            {'name': 'work', 'description': 'Takes its time', 'inputSchema': schema, 'execution': {'taskSupport': 'required'}}]


def task_of(task, modern):
    """How it stands; it has ended when somebody has asked for it often enough."""
    task['looks'] += 1
    status = 'working'
    if task['cancelled']:
        status = 'cancelled'
    elif 'asking_task' in words() and not task['answers']:
        status = 'input_required'
    elif task['looks'] > 3 and 'endless_task' not in words():
        status = 'completed'
    out = {'taskId': task['id'], 'status': status, 'statusMessage': 'step %d' % task['looks'],
           'createdAt': '2026-01-01T00:00:00Z', 'lastUpdatedAt': '2026-01-01T00:00:00Z'}
    out.update({'ttlMs': None, 'pollIntervalMs': 100} if modern else {'ttl': None, 'pollInterval': 100})
    if modern and status == 'completed':
        out['result'] = result_of_task(task)
    if modern and status == 'input_required':
        out['inputRequests'] = {'who': QUESTION}
    if 'big_task' in words():
        out['statusMessage'] = 'x' * 150000
    return out


QUESTION = {'method': 'elicitation/create', 'params': {'mode': 'form', 'message': 'Who?', 'requestedSchema': {
    'type': 'object', 'properties': {'name': {'type': 'string'}}, 'required': ['name']}}}


def result_of_task(task):
    return {'resultType': 'complete', 'content': [{'type': 'text', 'text': ' '.join(['done', task['text']] + task['answers'])}]}


def make_task(params, modern):
    task = {'id': 'ok/ä ' + str(uuid.uuid4()), 'looks': 0, 'cancelled': False, 'answers': [],
            'text': params.get('arguments', {}).get('text', '')}
    if 'odd_task' in words():
        task['id'] = 'x' * 5000
    if 'lost_task' not in words():
        tasks[task['id']] = task
    made = dict(task_of(dict(task, looks=-9), modern), resultType='task')
    made.pop('inputRequests', None)
    return made if modern else {'task': dict(made, status='working')}


def result_of(request, modern):
    method, params = request['method'], request.get('params', {})
    if method == 'server/discover' and modern:
        return {'resultType': 'complete', 'supportedVersions': ['2026-07-28'],
                'capabilities': dict(CAPABILITIES, extensions={'io.modelcontextprotocol/tasks': {}})}
    if method == 'initialize' and not modern:
        return {'protocolVersion': '2025-11-25', 'serverInfo': {'name': 'talker', 'version': '1'},
                'capabilities': dict(CAPABILITIES, tasks={'cancel': {}, 'requests': {'tools': {'call': {}}}})}
    lists = {'tools/list': ('tools', tools), 'prompts/list': ('prompts', lambda: [
        {'name': 'greet', 'arguments': [{'name': 'whom'}]}]), 'resources/list': ('resources', lambda: [
            {'uri': 'note://a', 'name': 'a'}, {'uri': 'note://b', 'name': 'b'}]),
        'resources/templates/list': ('resourceTemplates', lambda: [{'uriTemplate': 'note://{name}', 'name': 'notes'}])}
    if method in lists:
        return {lists[method][0]: lists[method][1]()}
    if method == 'completion/complete':
        values = [v for v in ('alice', 'albert', 'bob') if v.startswith(params['argument']['value'])]
        if 'big_completion' in words():
            values = ['x' * 1000] * 10000
        if 'odd_completion' in words():
            values = [{'not': 'a text'}]
        return {'completion': {'values': values, 'total': len(values)}}
    if method == 'resources/read':
        return {'contents': [{'uri': params['uri'], 'text': 'a note'}]}
    if method == 'tools/call' and params['name'] == 'work':
        takes = '"io.modelcontextprotocol/tasks"' in json.dumps(params.get('_meta', {})) if modern else 'task' in params
        return make_task(params, modern) if takes else None
    if method == 'tools/call':
        return {'content': [{'type': 'text', 'text': params['arguments'].get('text', '')}]}
    task = tasks.get(params.get('taskId'))
    if method.startswith('tasks/') and task is not None:
        if method == 'tasks/cancel':
            task['cancelled'] = True
        if method == 'tasks/update':
            task['answers'] = [params['inputResponses']['who']['content']['name']]
        return result_of_task(task) if method == 'tasks/result' else task_of(task, modern)
    return {} if method in ('ping', 'resources/subscribe', 'resources/unsubscribe') else None


def answer(request, modern):
    result = result_of(request, modern)
    return json.dumps(dict({'jsonrpc': '2.0', 'id': request['id']}, **({'result': result} if result is not None else {
        'error': {'code': -32601, 'message': 'no'}})))


def said(name, subscription=None):
    """What is told to one listener, for ever; now and then None."""
    q, _ = listeners[name]
    while True:
        if 'flood' in words():
            yield message({'method': 'notifications/resources/updated', 'params': {'uri': 'note://a'}}, subscription)
            continue
        try:
            yield message(q.get(timeout=0.5), subscription)
        except queue.Empty:
            yield None


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *args):
        pass

    def send(self, status, text, more={}):
        data = text.encode()
        self.send_response(status)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(data)))
        for name, value in more.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def stream(self, name, subscription=None, first=None):
        self.send_response(200)
        self.send_header('Content-Type', 'text/event-stream')
        self.send_header('Connection', 'close')
        self.end_headers()
        self.close_connection = True
        try:
            if first is not None:
                self.wfile.write(('data: %s\n\n' % first).encode())
            for text in said(name, subscription):
                self.wfile.write(b': quiet\n\n' if text is None else ('data: %s\n\n' % text).encode())
        except OSError:
            pass
        with lock:
            if subscription is not None:
                listeners.pop(name, None)

    def do_DELETE(self):
        with lock:
            listeners.pop(self.headers.get('Mcp-Session-Id'), None)
        self.send(200, '')

    def do_GET(self):
        session = self.headers.get('Mcp-Session-Id')
        if 'session' not in words() or 'nostream' in words() or session not in listeners:
            return self.send(405, '')
        return self.stream(session)

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers.get('Content-Length', 0))))
        saw(request)
        modern, method = 'session' not in words(), request.get('method')
        session = self.headers.get('Mcp-Session-Id')
        if 'id' not in request:
            return self.send(202, '')
        if not modern and method == 'initialize':
            session = str(uuid.uuid4())
            with lock:
                listeners[session] = (queue.Queue(), set())
            return self.send(200, answer(request, modern), {'Mcp-Session-Id': session})
        if not modern and session not in listeners:
            return self.send(404 if session else 400, '{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"no session"}}')
        if not modern and method in ('resources/subscribe', 'resources/unsubscribe'):
            with lock:
                change = set.add if method == 'resources/subscribe' else set.discard
                change(listeners[session][1], request['params']['uri'])
        if modern and method == 'subscriptions/listen':
            name, wanted = str(uuid.uuid4()), request['params']['notifications']
            with lock:
                listeners[name] = (queue.Queue(), set(wanted.get('resourceSubscriptions', [])))
            return self.stream(name, request['id'], message({'method': 'notifications/subscriptions/acknowledged',
                                                             'params': {'notifications': wanted}}, request['id']))
        return self.send(200, answer(request, modern))


def stdio():
    modern, out, ids = 'session' not in words(), threading.Lock(), {}

    def write(text):
        with out:
            print(text, flush=True)

    def pump(name, subscription):
        for text in said(name, subscription):
            if name not in listeners:
                return
            if text is not None:
                write(text)

    def listen(name, uris, subscription=None):
        with lock:
            listeners[name] = (queue.Queue(), uris)
        threading.Thread(target=pump, args=(name, subscription), daemon=True).start()

    for line in sys.stdin:
        request = json.loads(line)
        saw(request)
        method, params = request.get('method'), request.get('params', {})
        if method == 'notifications/cancelled':
            with lock:
                listeners.pop(ids.get(params['requestId']), None)
        if 'id' not in request:
            continue
        if method == 'initialize' and not modern:
            listen('all', set())
        if method in ('resources/subscribe', 'resources/unsubscribe'):
            with lock:
                (set.add if method == 'resources/subscribe' else set.discard)(listeners['all'][1], params['uri'])
        if method == 'subscriptions/listen':
            name = ids[request['id']] = str(uuid.uuid4())
            listen(name, set(params['notifications'].get('resourceSubscriptions', [])), request['id'])
            write(message({'method': 'notifications/subscriptions/acknowledged', 'params': {}}, request['id']))
            continue
        write(answer(request, modern))


threading.Thread(target=tail, daemon=True).start()
if sys.argv[2] == 'http':
    ThreadingHTTPServer.daemon_threads = True
    ThreadingHTTPServer(('127.0.0.1', int(sys.argv[3])), Handler).serve_forever()
else:
    stdio()
