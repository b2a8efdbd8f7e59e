from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from labsupport.authoring.kernels import CleanKernel, KernelDiedError


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CleanKernel]:
    with CleanKernel(tmp_path_factory.mktemp("notebooks")) as running:
        yield running


def test_a_run_has_outputs_and_seconds(kernel: CleanKernel) -> None:
    run = kernel.run("print('a')")
    assert run.outputs[0]["text"] == "a\n"
    assert run.error is None
    assert run.seconds > 0


def test_an_exception_is_a_result_and_the_kernel_goes_on(kernel: CleanKernel) -> None:
    run = kernel.run("int('x')")
    assert run.error is not None
    assert run.error[0] == "ValueError"
    assert "int(" in run.traceback
    assert kernel.run("1").error is None


def test_it_imports_this_labsupport_and_works_in_its_folder(kernel: CleanKernel, root: Path) -> None:
    run = kernel.run("import os, labsupport\nprint(os.getcwd())\nprint(labsupport.__file__)")
    folder, package = run.outputs[0]["text"].split()
    assert Path(folder) == kernel.folder
    assert Path(package) == root / "labsupport" / "__init__.py"


def test_an_interrupt_ends_a_cell_that_waits(kernel: CleanKernel, tmp_path: Path) -> None:
    waits = tmp_path / "waits"

    def press() -> None:
        while not waits.exists() and alive.is_set():
            pass
        kernel.interrupt()

    alive = threading.Event()
    alive.set()
    button = threading.Thread(target=press)
    button.start()
    try:
        run = kernel.run(f"import threading\nopen({str(waits)!r}, 'w').close()\nthreading.Event().wait(30)")
    finally:
        alive.clear()
        button.join()
    assert run.error == ("KeyboardInterrupt", "")
    assert kernel.run("1").error is None


def test_a_kernel_that_ends_is_said_and_leaves_no_folder(tmp_path: Path) -> None:
    with CleanKernel(tmp_path) as kernel:
        home = Path(kernel.run("import os\nprint(os.environ['LABSUPPORT_HOME'])").outputs[0]["text"].strip())
        assert list(home.iterdir()) == []
        with pytest.raises(KernelDiedError, match="Kernel died"):
            kernel.run("import os\nos._exit(3)")
    assert not home.exists()


def test_the_kernel_knows_which_cell_runs(kernel: CleanKernel) -> None:
    source = "print(get_ipython().get_parent()['metadata']['cellId'])"
    assert [kernel.run(source, name).outputs[0]["text"] for name in ("one", "two")] == ["one\n", "two\n"]
