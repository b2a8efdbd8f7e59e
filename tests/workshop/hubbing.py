"""JupyterHub with this project's own configuration, and learners who use it as JupyterLab does."""

from __future__ import annotations

import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any, Self

import requests
import websocket

__all__ = ["Hub", "Person"]

ROOT = Path(__file__).resolve().parents[2]
#: Seconds for what takes a moment on a busy machine.
PATIENCE = 180


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Hub:
    """A hub on free ports, in this folder, without root; `url` is its proxy's."""

    def __init__(self, folder: Path, instructors: str = "teacher") -> None:
        self.folder = folder
        self.url = f"http://127.0.0.1:{free_port()}"
        self.password = secrets.token_hex(8)
        told = {
            "LOOPBACK_HUB_TRIAL": str(folder),
            "LOOPBACK_HUB_PASSWORD": self.password,
            "LOOPBACK_HUB_URL": self.url,
            "LOOPBACK_HUB_PORT": str(free_port()),
            "LOOPBACK_PROXY_API": f"http://127.0.0.1:{free_port()}",
            "LOOPBACK_BOARD_URL": f"http://127.0.0.1:{free_port()}",
            "LOOPBACK_INSTRUCTOR_NAMES": instructors,
        }
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        environment = {**os.environ, **told, "PATH": path, "PYTHONPATH": str(ROOT)}
        environment.pop("LABSUPPORT_HOME", None)
        config = str(ROOT / "binder" / "jupyterhub_config.py")
        with (folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "jupyterhub", "-f", config], cwd=folder, env=environment, stdout=log, stderr=log
            )
        self._until_it_runs()

    def _until_it_runs(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while b"JupyterHub is now running" not in (self.folder / "log").read_bytes():
            assert self._process.poll() is None, self.log
            assert time.monotonic() < deadline, self.log
            time.sleep(0.2)

    @property
    def pid(self) -> int:
        """The hub's process."""
        return self._process.pid

    @property
    def log(self) -> str:
        """What it and the servers have said, without the requests."""
        lines = (self.folder / "log").read_text("utf-8", "replace").splitlines()
        return "\n".join(line for line in lines if " log:192]" not in line and "200 GET" not in line)[-8000:]

    def stop(self) -> None:
        """End it, its proxy, its services and the learners' servers."""
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *what: object) -> None:
        self.stop()


class Person:
    """Somebody who has signed in at the hub with a browser's cookies, and has a token for the rest."""

    def __init__(self, hub: Hub, name: str) -> None:
        self.hub, self.name = hub, name
        self.browser = requests.Session()
        page = self.browser.get(f"{hub.url}/hub/login", timeout=PATIENCE)
        found = re.search(r'name="_xsrf" value="([^"]+)"', page.text)
        assert found
        form = {"username": name, "password": hub.password, "_xsrf": found[1]}
        answer = self.browser.post(f"{hub.url}/hub/login", data=form, allow_redirects=False, timeout=PATIENCE)
        assert answer.status_code == 302, answer.text
        headers = {"X-XSRFToken": str(self.browser.cookies.get("_xsrf", path="/hub/"))}
        made = self.browser.post(f"{hub.url}/hub/api/users/{name}/tokens", headers=headers, json={}, timeout=PATIENCE)
        assert made.ok, made.text
        self._token = {"Authorization": f"token {made.json()['token']}"}

    def start(self) -> None:
        """Start the server, and wait until it runs."""
        address = f"{self.hub.url}/hub/api/users/{self.name}"
        assert requests.post(f"{address}/server", headers=self._token, timeout=PATIENCE).ok
        deadline = time.monotonic() + PATIENCE
        while not requests.get(address, headers=self._token, timeout=PATIENCE).json()["servers"][""]["ready"]:
            assert time.monotonic() < deadline, self.hub.log
            time.sleep(0.3)

    def ask(self, path: str, **more: Any) -> requests.Response:
        """A request to this person's own server, with the token."""
        return requests.get(f"{self.hub.url}/user/{self.name}/{path}", headers=self._token, timeout=PATIENCE, **more)

    def reaches(self, other: Person) -> bool:
        """Whether this person's token opens another's server."""
        address = f"{self.hub.url}/user/{other.name}/api/contents"
        return requests.get(address, headers=self._token, timeout=PATIENCE).ok

    def cells(self, notebook: str) -> list[str]:
        """The code cells of a notebook of the learner's own copy, over the contents API."""
        found = self.ask(f"api/contents/{notebook}").json()
        return [str(cell["source"]) for cell in found["content"]["cells"] if cell["cell_type"] == "code"]

    def open(self) -> Kernel:
        """A kernel, as JupyterLab asks for one."""
        made = requests.post(
            f"{self.hub.url}/user/{self.name}/api/kernels", headers=self._token, json={"path": ""}, timeout=PATIENCE
        )
        assert made.ok, made.text
        address = self.hub.url.replace("http", "ws", 1)
        where = f"{address}/user/{self.name}/api/kernels/{made.json()['id']}/channels"
        return Kernel(websocket.create_connection(where, header=self._token, timeout=PATIENCE))

    def board(self, path: str, mode: str = "navigate", **more: str) -> requests.Response:
        """A page of the board, as a browser asks for it: with its cookies, and with what it says of the request."""
        headers = {"Sec-Fetch-Mode": mode, "Sec-Fetch-Site": "same-origin", **more}
        follow = mode == "navigate"
        where = f"{self.hub.url}/services/board/{path}"
        return self.browser.get(where, headers=headers, allow_redirects=follow, timeout=PATIENCE)

    def tell_the_board(self, action: str, sent: dict[str, Any]) -> None:
        """What a learner's program does, with the token."""
        where = f"{self.hub.url}/services/board/{action}"
        answer = requests.post(where, headers=self._token, json=sent, timeout=PATIENCE)
        assert answer.ok, answer.text

    def board_state(self, path: str) -> dict[str, Any]:
        """What a page of the board is told, once it is open."""
        assert self.board("").ok
        token = str(self.browser.cookies.get("_xsrf", path="/services/board/"))
        answer = self.board(path, "cors", **{"X-XSRFToken": token})
        assert answer.status_code == 200, f"{answer.status_code}: {answer.text}"
        found: dict[str, Any] = answer.json()["state"]
        return found


class Kernel:
    """A kernel behind its websocket."""

    def __init__(self, channel: websocket.WebSocket) -> None:
        self._channel = channel
        self._session = uuid.uuid4().hex

    def run(self, source: str) -> str:
        """Run a cell; what it printed and showed as text.  AssertionError where it raised."""
        number = uuid.uuid4().hex
        content = {"code": source, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
        head = {
            "msg_id": number,
            "msg_type": "execute_request",
            "session": self._session,
            "username": "",
            "version": "5.3",
        }
        request = {"header": head, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
        self._channel.send(json.dumps(request))
        said, ended, idle = "", False, False
        while not (ended and idle):
            message = json.loads(self._channel.recv())
            if message["parent_header"].get("msg_id") != number:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "error":
                raise AssertionError("\n".join([source, str(content["ename"]), str(content["evalue"])]))
            if kind == "stream":
                said += str(content["text"])
            if kind in ("execute_result", "display_data"):
                data: Any = content["data"]
                said += str(data.get("text/plain", "")) + "\n"
            ended = ended or kind == "execute_reply"
            idle = idle or (kind == "status" and content["execution_state"] == "idle")
        return said

    def close(self) -> None:
        """Go; the kernel stays until the server ends."""
        self._channel.close()
