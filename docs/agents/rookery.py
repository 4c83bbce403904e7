"""Rookery for Python: one file, standard library only, Python 3.9 and later. Copy it into your project.

    from rookery import Rookery

    hub = Rookery(agent="ada")                      # ROOKERY_URL, ROOKERY_TOKEN, AGENT_NAME by default
    hub.work(["code"], lambda task, lease: {"answer": 42})

Every call is plain GraphQL: `hub.call(document, variables)` does whatever the verbs below don't. What the hub promises is
in docs/protocol.md, what can be asked for in schema.graphql.
"""

import http.client
import json
import os
import random
import threading
import time
import urllib.error
import urllib.request


class RookeryError(Exception):
    """An expected failure: `code` is one of docs/protocol.md, `extensions` holds its details."""

    def __init__(self, code, message, extensions=None):
        super().__init__(message)
        self.code = code
        self.extensions = extensions or {}


class Unreachable(RookeryError):
    """The hub can't be reached. A write may have happened: repeat it with the same idempotencyKey."""

    def __init__(self, message):
        super().__init__("UNREACHABLE", message)


# A stream ends by these; anything else is a broken connection, and is resumed.
_FINAL = {"UNAUTHENTICATED", "FORBIDDEN", "BAD_INPUT", "NOT_FOUND", "CURSOR_EXPIRED", "CURSOR_INVALID",
          "GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED"}

# What the standard library raises when a connection breaks, wherever it does.
_BROKEN = (OSError, http.client.HTTPException, json.JSONDecodeError)


class Rookery:
    def __init__(self, url=None, token=None, agent=None, instance="default", timeout=90):
        """`agent` names the caller where the hub has no tokens; a token names its agent itself. `timeout` in seconds must be
        longer than the longest wait that is asked for (60)."""
        base = url or os.environ.get("ROOKERY_URL", "http://127.0.0.1:4000")
        self.url = base.rstrip("/").removesuffix("/graphql") + "/graphql"
        self.timeout = timeout
        self.headers = {"content-type": "application/json", "x-instance": instance}
        token = token or os.environ.get("ROOKERY_TOKEN")
        agent = agent or os.environ.get("AGENT_NAME")
        if token:
            self.headers["authorization"] = f"Bearer {token}"
        if agent:
            self.headers["x-agent"] = agent

    # -- GraphQL --------------------------------------------------------------------------------------------------

    def call(self, document, variables=None):
        """Runs a query or a mutation and returns its data. Raises RookeryError, Unreachable."""
        with self._post(document, variables, "application/json") as response:
            try:
                result = json.load(response)
            except _BROKEN as error:
                raise Unreachable(f"The answer broke off: {error}") from error
        _raise_first(result)
        return result["data"]

    def subscribe(self, document, variables=None, after=None):
        """Yields the data of every event, and resumes by itself after a broken connection, without a gap or a double, for
        ever. `after`: a cursor to begin after. Raises RookeryError when resuming can't help (CURSOR_EXPIRED, FORBIDDEN, …)."""
        failures = 0
        while True:
            try:
                for cursor, result in self._events(document, variables, after):
                    failures = 0
                    _raise_first(result)
                    after = cursor or after
                    yield result["data"]
            except Unreachable:
                pass
            except RookeryError as error:
                if error.code in _FINAL:
                    raise
                after = error.extensions.get("cursor", after)
            failures += 1
            time.sleep(random.uniform(0, min(30, 0.2 * 2 ** failures)))

    def _post(self, document, variables, accept, extra=None):
        body = json.dumps({"query": document, "variables": variables or {}}).encode()
        request = urllib.request.Request(self.url, body, {**self.headers, "accept": accept, **(extra or {})})
        try:
            return urllib.request.urlopen(request, timeout=self.timeout)
        except urllib.error.HTTPError as error:
            try:
                _raise_first(json.load(error))
            except (ValueError, *_BROKEN):
                pass
            raise RookeryError("INTERNAL", f"The hub answered with status {error.code}") from error
        except _BROKEN as error:
            raise Unreachable(f"No hub at {self.url}: {error}") from error

    def _events(self, document, variables, after):
        """(cursor, result) of each event of one connection. The hub says something every few seconds."""
        extra = {"last-event-id": after} if after else {}
        with self._post(document, variables, "text/event-stream", extra) as response:
            kind, cursor, data = None, None, []
            try:
                for line in response:
                    name, _, value = line.decode().rstrip("\r\n").partition(":")
                    value = value[1:] if value.startswith(" ") else value
                    if name == "event":
                        kind = value
                    elif name == "id":
                        cursor = value
                    elif name == "data":
                        data.append(value)
                    elif name == "" and value == "" and kind is not None:
                        if kind == "next":
                            yield cursor, json.loads("\n".join(data))
                        elif kind == "complete":
                            return
                        kind, data = None, []
            except _BROKEN as error:
                raise Unreachable(f"The stream broke: {error}") from error

    # -- What agents do -------------------------------------------------------------------------------------------

    def beat(self, **input):
        """A sign of life; renews the leases of this process. status, state, currentTask, metrics, message, …"""
        return self._verb("heartbeat", "HeartbeatInput", "agent { id liveness } signals { unread urgent answers cancelled leasesLost }", input)

    def create_task(self, title, **input):
        """description, type, priority (1 is highest), assignedTo, dependsOn, idempotencyKey, …"""
        return self._verb("createTask", "CreateTaskInput", "task { id title status }", {"title": title, **input})["task"]

    def claim(self, types=None, wait=0, **input):
        """(task, lease), or None when nothing is ready within `wait` seconds (0 to 60)."""
        input = {**input, "waitSeconds": wait, **({"types": types} if types else {})}
        claimed = self._verb("claimTask", "ClaimTaskInput", "task { id title description type input attempt checkpoint } lease { token fence expiresAt }", input)
        return (claimed["task"], claimed["lease"]) if claimed["task"] else None

    def progress(self, task, lease, **input):
        """progress (0 to 1), note, checkpoint (any JSON, for the next attempt). Renews the lease."""
        return self._held("reportProgress", "ReportProgressInput", task, lease, input)

    def complete(self, task, lease, output=None):
        """Done. Raises RookeryError LEASE_LOST if the task is not yours any more: stop."""
        return self._held("completeTask", "CompleteTaskInput", task, lease, {"output": output})

    def fail(self, task, lease, error, retryable=True):
        """It did not work: tried again later, by whomever, unless it makes no sense to."""
        return self._held("failTask", "FailTaskInput", task, lease, {"error": error, "retryable": retryable})

    def send(self, content, to=None, **input):
        """A message to one agent, or to all. type, metadata, replyTo, idempotencyKey."""
        return self._verb("sendMessage", "SendMessageInput", "message { id }", {"content": content, "to": to, **input})["message"]

    def inbox(self, after=None):
        """Yields the agent's messages as they come, for ever. With `after=None` from now on."""
        document = "subscription { inbox { cursor message { id from to type content metadata createdAt } } }"
        for data in self.subscribe(document, after=after):
            yield data["inbox"]

    def work(self, types, handler, stop=None):
        """Claims tasks one by one and calls `handler(task, lease)`; what it returns is the output, an exception fails the task.
        The lease is renewed meanwhile. Ends when the threading.Event `stop` is set, after the task in hand."""
        while not (stop and stop.is_set()):
            try:
                claimed = self.claim(types, wait=20)
            except RookeryError as error:
                if error.code not in ("UNREACHABLE", "UNAVAILABLE", "GOING_AWAY", "TOO_MANY"):
                    raise
                time.sleep(random.uniform(0.5, 3))
                continue
            if claimed is None:
                continue
            task, lease = claimed
            ended = threading.Event()
            threading.Thread(target=self._renew, args=(task, lease, ended), daemon=True).start()
            try:
                output = handler(task, lease)
            except Exception as error:
                self._settle(lambda: self.fail(task, lease, f"{type(error).__name__}: {error}"))
            else:
                self._settle(lambda: self.complete(task, lease, output))
            finally:
                ended.set()

    def _renew(self, task, lease, ended):
        # A third of the lease of 30 s: two may fail.
        while not ended.wait(10):
            try:
                self._held("renewLease", "RenewLeaseInput", task, lease, {})
            except RookeryError as error:
                if error.code == "LEASE_LOST":
                    return

    def _settle(self, verb):
        """Completing or failing twice does no harm; once the lease is lost it is another's business."""
        for attempt in range(8):
            try:
                return verb()
            except RookeryError as error:
                if error.code in ("LEASE_LOST", "CONFLICT", "NOT_FOUND"):
                    return None
                if error.code not in ("UNREACHABLE", "UNAVAILABLE", "GOING_AWAY", "TOO_MANY") or attempt == 7:
                    raise
                time.sleep(random.uniform(0, min(10, 0.2 * 2 ** attempt)))

    def _held(self, verb, type, task, lease, input):
        return self._verb(verb, type, "task { id status }", {"id": task["id"], "leaseToken": lease["token"], **input})["task"]

    def _verb(self, verb, type, selection, input):
        document = f"mutation ($input: {type}!) {{ {verb}(input: $input) {{ {selection} }} }}"
        return self.call(document, {"input": input})[verb]


def _raise_first(result):
    for error in result.get("errors", []):
        extensions = dict(error.get("extensions", {}))
        raise RookeryError(extensions.pop("code", "INTERNAL"), error["message"], extensions)
