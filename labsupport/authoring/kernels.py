"""A kernel as clean as a first visitor's, and what one cell gives in it.

The builder, the pytest plugin and the torture run all execute cells here, so that what was stored and what is compared
with it were made alike: this Python, in a folder's own directory, with nobody's settings and no progress, with a
history (without one a trailing `;` and `_` do not work), and with clear_output and updates of displays carried out as
JupyterLab does.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import ipykernel.kernelspec
import zmq
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

__all__ = ["CELL_TIMEOUT", "CleanKernel", "KernelDiedError", "Run"]

#: Seconds a cell may take before it is interrupted.  (What a lesson may take is `lint.SECONDS`.)
CELL_TIMEOUT: Final = 60


class KernelDiedError(RuntimeError):
    """The kernel's process is gone; the message ends with what it last wrote to stderr."""


class Run:
    """What one execution of a cell gave.

    - `outputs`: nbformat outputs, as they came.
    - `error`: None, or the name and the text of what was raised, e.g. ("ValueError", "no digits").
    - `traceback`: its traceback as IPython wrote it (with ANSI colours), or "".
    - `seconds`: how long the cell took.
    """

    __slots__ = ("error", "outputs", "seconds", "traceback")

    def __init__(self, outputs: list[Any], reply: dict[str, Any], seconds: float) -> None:
        self.outputs = outputs
        self.seconds = seconds
        failed = reply.get("status") == "error"
        self.error: tuple[str, str] | None = (reply["ename"], reply["evalue"]) if failed else None
        self.traceback = "\n".join(reply.get("traceback", ())) if failed else ""


class _ThisPython(KernelSpecManager):
    """The kernel is the Python that runs us, whatever kernels the user has installed."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:  # noqa: ARG002 - whatever its name
        spec = ipykernel.kernelspec.get_kernel_dict()
        spec["env"] = {}
        return KernelSpec(resource_dir=ipykernel.kernelspec.RESOURCES, **spec)


class _Client(NotebookClient):
    """nbclient, which interrupts a cell that takes too long; one that does not heed that is given up."""

    _interrupted: Any = None

    async def _async_handle_timeout(
        self,
        timeout: int,  # noqa: ASYNC109 - nbclient's signature
        cell: NotebookNode | None = None,
    ) -> dict[str, Any] | None:
        if self._interrupted is cell:
            raise DeadKernelError(f"The cell took longer than {timeout} s and an interrupt did not end it")
        self._interrupted = cell
        return await super()._async_handle_timeout(timeout, cell)


class CleanKernel:
    """A running kernel; a context manager.

    `folder` is its working directory.  `timeout` is in seconds, a cell.  `LABSUPPORT_HOME` and `IPYTHONDIR` are empty
    folders that go with it.
    """

    def __init__(self, folder: Path, timeout: float = CELL_TIMEOUT) -> None:
        self.folder = folder
        self.timeout = timeout
        self._home = Path(tempfile.mkdtemp(prefix="loopback-kernel-"))
        self._stderr = (self._home / "stderr").open("w+b")
        self._replies: list[dict[str, Any]] = []
        self._cells = 0
        manager = AsyncKernelManager(
            kernel_name="python3",
            kernel_spec_manager=_ThisPython(),
            transport=_transport(),
            connection_file=str(self._home / "kernel.json"),
        )
        self._client = _Client(
            new_notebook(),
            km=manager,
            timeout=max(1, round(timeout)),
            interrupt_on_timeout=True,
            iopub_timeout=CELL_TIMEOUT,
            raise_on_iopub_timeout=True,
            allow_errors=True,
            extra_arguments=[
                f"--IPKernelApp.exec_lines={_last_words(self._home / 'stderr')}",
                "--IPKernelApp.log_level=ERROR",
            ],
            on_cell_executed=lambda **said: self._replies.append(said["execute_reply"]["content"]),
        )
        self._start()

    def _start(self) -> None:
        try:
            self._client.start_new_kernel(
                cwd=str(self.folder), env=_environment(self._home), stdout=self._stderr, stderr=self._stderr
            )
            self._client.start_new_kernel_client()
        except BaseException as error:
            said = self.stderr
            self.close()
            if isinstance(error, RuntimeError):
                raise KernelDiedError(f"The kernel did not start: {error}. It wrote:\n{said}") from error
            raise

    def run(self, source: str, cell_id: str = "") -> Run:
        """Execute one cell and wait for the last of its outputs.

        `cell_id` is told to the kernel, as JupyterLab does: panels know by it that their cell is run again.

        An exception of the cell is in the result, and so is the KeyboardInterrupt that ends a cell after `timeout`.

        Raises:
            KernelDiedError: the kernel's process ended, or no longer answers.
        """
        cell = new_code_cell(source)
        self._client.nb.cells.append(cell)
        self._replies.clear()
        if self._client.kc is not None:
            self._client.kc.session.metadata = {"cellId": cell_id or cell.id}
        began = time.perf_counter()
        try:
            self._client.execute_cell(cell, self._cells)
        except (DeadKernelError, CellTimeoutError) as error:
            raise KernelDiedError(f"{str(error).strip()}. The kernel wrote:\n{self.stderr}") from error
        self._cells += 1
        reply = self._replies[0] if self._replies else {}
        return Run(list(cell.outputs), reply, time.perf_counter() - began)

    @property
    def stderr(self) -> str:
        """What the process, and programs that it started, wrote to stdout and stderr outside of any cell."""
        self._stderr.flush()
        return (self._home / "stderr").read_text("utf-8", "replace")

    def interrupt(self) -> None:
        """Raise KeyboardInterrupt in the running cell, as the stop button does.  Callable from any thread."""
        manager = self._client.km
        if isinstance(manager, AsyncKernelManager):

            async def stop_button() -> None:
                await manager.interrupt_kernel()

            asyncio.run(stop_button())

    def close(self) -> None:
        """End the process and remove its folders; again does nothing."""
        if self._client.km is not None:
            self._client.shutdown_kernel = "immediate"
            self._client._cleanup_kernel()  # noqa: SLF001 - public only as part of setup_kernel(), which cannot outlive a call
        self._stderr.close()
        shutil.rmtree(self._home, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()


def _transport() -> str:
    """Sockets with names, where there are any: a free TCP port can be taken before the kernel has bound it."""
    return "ipc" if zmq.has("ipc") else "tcp"


def _last_words(path: Path) -> str:
    """A line for the kernel to begin with: ipykernel's own copy of stderr goes through a thread, which dies with it."""
    return f"__import__('faulthandler').enable(open({str(path)!r}, 'ab'))"


def _environment(home: Path) -> dict[str, str]:
    """Ours, without what would make the kernel differ from one that JupyterLab starts."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "JPY_"))}
    for name in ("LABSUPPORT_HOME", "IPYTHONDIR"):
        folder = home / name.lower()
        folder.mkdir()
        environment[name] = str(folder)
    environment["PYTHONPATH"] = os.pathsep.join(_search_path(environment))
    return environment


def _search_path(environment: dict[str, str]) -> list[str]:
    """With the folder from which this very `labsupport` was imported in front, so that a checkout tests itself."""
    ours = str(Path(__file__).resolve().parents[2])
    return [ours, *filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))]
