"""A server that speaks the Hub's protocol on loopback, and misbehaves when it is told to."""

import base64
import hashlib
import json
import re
import socket
import struct
import threading
import time
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

_LARGE = (".safetensors", ".bin", ".h5")


class HubServer(ThreadingHTTPServer):
    """Serves repositories held in memory, and plain folders under /files/.

    `repositories[name][commit]` is a dict of contents by file name, `references[name]` a dict of
    commits by branch. `faults[file]` is a list of what the next answers for it do wrong: a status,
    ("cut", n) and ("reset", n) that stop after n bytes, ("body", bytes), ("slow", seconds),
    and ("together", barrier) that waits for other requests.
    `bends[kind]`, where kind is "api", "HEAD", "GET" or "files", changes what is answered: it takes
    a file's name, the status, headers and content, and returns the last three. Content may be an
    iterator of bytes, which are sent as they come; with no status they are all that is sent.
    `requests` lists the method and path of all that came, with the range.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.repositories = defaultdict(dict)
        self.references = defaultdict(dict)
        self.files = {}
        self.denied = {}
        self.denies_files_alone = False
        self.faults = defaultdict(list)
        self.bends = {}
        self.requests = []
        self.tokens = []
        self.accepts_ranges = True
        self.url = f"http://127.0.0.1:{self.server_port}"

    def publish(self, repository, files, branch="main"):
        """Make a commit; returns its name."""
        text = repr(sorted(files.items())).encode()
        commit = hashlib.sha1(repository.encode() + text).hexdigest()
        self.repositories[repository][commit] = dict(files)
        self.references[repository][branch] = commit
        return commit

    def bodies(self, name=""):
        """The requests for the content of files whose path ends so."""
        return [
            line
            for line in self.requests
            if line.startswith("GET") and "/resolve/" in line and line.split()[1].endswith(name)
        ]

    def handle_error(self, request, client_address):
        """Clients that hang up are part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_HEAD(self):
        self._note()
        self._file()

    def do_GET(self):
        self._note()
        path = unquote(urlsplit(self.path).path)
        if match := re.fullmatch(r"/api/models/([^/]+/[^/]+)(?:/revision/(.+))?", path):
            self._info(match[1], match[2] or "main")
        else:
            self._file()

    def do_POST(self):
        self._note()
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = unquote(urlsplit(self.path).path)
        if self._misbehaves(path, {}):
            return
        if path == "/api/repos/create":
            name = json.loads(body)
            repository = f"{name.get('organization') or 'org'}/{name['name']}"
            self._json({"url": f"{self.server.url}/{repository}", "name": repository})
        elif path.endswith("/validate-yaml") or path == "/api/validate-yaml":
            self._json({"errors": [], "warnings": []})
        elif "/preupload/" in path:
            files = json.loads(body)["files"]
            modes = [
                {"path": f["path"], "uploadMode": "regular", "shouldIgnore": False} for f in files
            ]
            self._json({"files": modes})
        elif match := re.fullmatch(r"/api/models/([^/]+/[^/]+)/commit/(.+)", path):
            self._commit(match[1], match[2], body)
        else:
            self._status(404)

    def _commit(self, repository, branch, body):
        files = {}
        for line in map(json.loads, body.splitlines()):
            if line["key"] == "file":
                files[line["value"]["path"]] = base64.b64decode(line["value"]["content"])
        commit = self.server.publish(repository, files, branch)
        url = f"{self.server.url}/{repository}/commit/{commit}"
        self._json({"commitUrl": url, "commitOid": commit, "pullRequestUrl": None})

    def _info(self, repository, revision):
        if self._misbehaves("api", {}):
            return
        commit = self._commit_of(repository, revision)
        if commit is None:
            return
        files = self.server.repositories[repository][commit]
        siblings = [_sibling(name, content) for name, content in files.items()]
        self._json({"id": repository, "sha": commit, "siblings": siblings}, "api")

    def _commit_of(self, repository, revision):
        listed = self.server.denies_files_alone and self.path.startswith("/api/")
        if (code := self.server.denied.get(repository)) and not listed:
            status = 404 if code == "RepoNotFound" else 403
            return self._status(status, {"X-Error-Code": code, "X-Error-Message": code})
        if repository not in self.server.repositories:
            return self._status(401, {"X-Error-Code": "RepoNotFound"})
        commits = self.server.repositories[repository]
        commit = self.server.references[repository].get(revision, revision)
        return (
            commit if commit in commits else self._status(404, {"X-Error-Code": "RevisionNotFound"})
        )

    def _file(self):
        path = unquote(urlsplit(self.path).path)
        if path.startswith("/files/"):
            content = self.server.files.get(path.removeprefix("/files/"))
            return self._status(404) if content is None else self._send(path, content, {}, "files")
        match = re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path)
        if not match:
            return self._status(404)
        commit = self._commit_of(match[1], match[2])
        if commit is None:
            return None
        content = self.server.repositories[match[1]][commit].get(match[3])
        if content is None:
            return self._status(404, {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": commit})
        return self._send(match[3], content, {"X-Repo-Commit": commit}, self.command)

    def _send(self, name, content, headers, kind):
        headers = {**headers, "ETag": f'"{_etag(name, content)}"', "Accept-Ranges": "bytes"}
        status, start = 200, 0
        if self.command == "GET":
            if self._misbehaves(name.rsplit("/", 1)[-1], headers, content):
                return
            same = self.headers.get("If-Range", headers["ETag"]) == headers["ETag"]
            if self.server.accepts_ranges and same and (wanted := self.headers.get("Range")):
                start = int(wanted.removeprefix("bytes=").rstrip("-"))
                status = 206
                headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        self._answer(kind, name, status, headers, content[start:])

    def _misbehaves(self, name, headers, content=b""):
        faults = self.server.faults[name]
        if not faults:
            return False
        fault = faults.pop(0)
        if isinstance(fault, int):
            self._status(fault, {"Retry-After": "0"})
            return True
        kind, value = fault
        if kind == "slow":
            time.sleep(value)
            return False
        if kind == "together":
            value.wait(timeout=5)
            return False
        if kind == "body":
            self._status(200, headers, value)
            return True
        self.send_response(200)
        for key, text in {**headers, "Content-Length": len(content)}.items():
            self.send_header(key, str(text))
        self.end_headers()
        self.wfile.write(content[:value])
        self.wfile.flush()
        if kind == "reset":
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        if kind == "hang":
            time.sleep(60)
        self.close_connection = True
        if kind == "reset":
            self.connection.close()
        return True

    def _json(self, content, kind=""):
        headers = {"Content-Type": "application/json"}
        self._answer(kind, "", 200, headers, json.dumps(content).encode())

    def _answer(self, kind, name, status, headers, content):
        headers = {"Content-Length": len(content), **headers}
        if bend := self.server.bends.get(kind):
            status, headers, content = bend(name, status, headers, content)
        if isinstance(content, bytes):
            return self._status(status, headers, content)
        self.close_connection = True
        if status is not None:
            self.send_response(status)
            for key, value in headers.items():
                self.send_header(key, str(value))
            self.end_headers()
        for part in content:
            self.wfile.write(part)
        return None

    def _status(self, status, headers=None, content=b""):
        self.send_response(status)
        for key, value in {"Content-Length": len(content), **(headers or {})}.items():
            self.send_header(key, str(value))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _note(self):
        self.server.requests.append(f"{self.command} {self.path} {self.headers.get('Range', '')}")
        self.server.tokens.append(self.headers.get("Authorization"))

    def log_message(self, *_):
        pass


def serve():
    """A server that runs in a thread of its own; `shutdown` and `server_close` end it."""
    server = HubServer()
    threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
    ).start()
    return server


def _sibling(name, content):
    facts = {"rfilename": name, "size": len(content), "blobId": _git_sha1(content)}
    if name.endswith(_LARGE):
        digest = hashlib.sha256(content).hexdigest()
        facts["lfs"] = {"sha256": digest, "size": len(content), "pointerSize": 130}
    return facts


def _etag(name, content):
    return hashlib.sha256(content).hexdigest() if name.endswith(_LARGE) else _git_sha1(content)


def _git_sha1(content):
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
