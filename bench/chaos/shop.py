# SPDX-License-Identifier: Apache-2.0
"""The shop as processes of its own: registry, services in several instances, and the gateway before them."""

from __future__ import annotations

import http.client
import json
import sys
import time
import urllib.parse
from pathlib import Path
from typing import Sequence

from chaos.instance import START_SECONDS, Instance
from harness.member import Invalid
from harness.workspace import BENCH, LOOPBACK, Workspace

INSTANCES = {"users": 2, "products": 3, "orders": 1}
# What a broken-off order holds comes back so soon that it can be waited for.
RESERVATION_LIFETIME = "3s"


class Shop:
    """A context manager: starts it with a database of its own, and ends all of it.

    The instances `proxied` are reached through proxies that can make trouble (chaos.proxy).
    """

    def __init__(self, workspace: Workspace, programs: Path, gateway_file: str, proxied: Sequence[str], name: str):
        self._folder = workspace.subfolder(name)
        self._programs = programs
        self._file = self._folder / "gateway.yaml"
        self._admin = workspace.port()
        self._file.write_text(f"admin: {LOOPBACK}:{self._admin}\n{gateway_file}")
        self._proxied = {name: (workspace.port(), workspace.port()) for name in proxied}
        self._proxies: list[Instance] = []
        self._processes: list[Instance] = []
        self._instances: dict[str, Instance] = {}
        self.port = 0

    def __enter__(self) -> "Shop":
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self._processes):
            process.kill()
        for process in reversed(self._processes):
            process.stop()

    def instance(self, name: str) -> Instance:
        """Such as `products-1`."""
        return self._instances[name]

    def trouble(self, mode: str) -> None:
        """Has the proxies do something else from now on: a line of chaos.proxy."""
        for proxy in self._proxies:
            proxy.process.tell(mode)
        for proxy in self._proxies:
            proxy.await_word(mode.split()[0])

    def call(
        self, method: str, path: str, body: object = None, headers: dict[str, str] = {}, within: float = 30
    ) -> tuple[int, dict]:
        """One request through the gateway, on a connection of its own. Raises OSError, http.client.HTTPException."""
        sent = None if body is None else json.dumps(body)
        return _exchange(self.port, method, path, sent, {"Content-Type": "application/json", **headers}, within)

    def create(self, path: str, body: object) -> dict:
        """Raises Invalid unless it was created."""
        status, answer = self.call("POST", path, body)
        if status != 201:
            raise Invalid(f"POST {path} was answered with {status}: {answer}")
        return answer

    def _start(self) -> None:
        apus = str(self._programs / "apus")
        registry = self._launch([apus, "registry", "--port", "0", "--data-dir", str(self._folder)], "registry", {})
        url = registry.await_word("ready")
        for name, (port, behind) in self._proxied.items():
            self._proxies.append(self._launch(
                [sys.executable, "-B", "-m", "chaos.proxy", str(port), str(behind)], f"proxy-{name}",
                {"PYTHONPATH": str(BENCH)}))
        for service, count in INSTANCES.items():
            data = self._folder / service
            data.mkdir()
            for number in range(1, count + 1):
                name = f"{service}-{number}"
                environment = {
                    "SERVICE_NAME": service, "INSTANCE_ID": name, "PORT": "0", "DATA_DIR": str(data),
                    "REGISTRY_URL": url, "RESERVATION_LIFETIME": RESERVATION_LIFETIME}
                if name in self._proxied:
                    port, behind = self._proxied[name]
                    environment |= {"PORT": str(behind), "ADVERTISE_URL": f"http://{LOOPBACK}:{port}"}
                self._instances[name] = self._launch([str(self._programs / f"{service}-service")], name, environment)
                if number == 1:
                    self._instances[name].await_word("listening")  # it makes the tables
        for proxy in self._proxies:
            proxy.await_word("ready")
        for instance in self._instances.values():
            instance.await_word("listening")
        gateway = self._launch(
            [apus, "gateway", "--config", str(self._file), "--port", "0", "--registry", url], "gateway", {})
        self.port = urllib.parse.urlsplit(gateway.await_word("ready")).port or 0
        self._await_all()

    def _launch(self, command: list[str], name: str, environment: dict[str, str]) -> Instance:
        environment = {"HOST": LOOPBACK, "LOG_LEVEL": "warning", "APUS_SUPERVISED": "true", **environment}
        instance = Instance(command, self._folder, name, environment)
        self._processes.append(instance)
        instance.start()
        return instance

    def _await_all(self) -> None:
        """Until the gateway knows every instance, and every service answers through it."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            _, routes = _exchange(self._admin, "GET", "/routes", None, {}, 5)
            known = {service["name"]: len(service["instances"]) for service in routes["services"]}
            answers = [self.call("GET", f"/v1/{service}?limit=1")[0] == 200 for service in INSTANCES]
            if known == INSTANCES and all(answers):
                return
            if time.monotonic() > deadline:
                raise Invalid(f"the gateway knows {known}, of which {sum(answers)} answer")
            time.sleep(0.05)


def _exchange(
    port: int, method: str, path: str, body: str | None, headers: dict[str, str], within: float
) -> tuple[int, dict]:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=within)
    try:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read() or b"{}")
    finally:
        connection.close()
