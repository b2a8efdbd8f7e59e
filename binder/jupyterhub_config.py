"""JupyterHub on one machine: a server of its own for each learner, the board as a service (see binder/README.md).

    pip install -e '.[hub]' && jupyterhub -f binder/jupyterhub_config.py

`LOOPBACK_HUB_TRIAL=folder` is for trying it without root: anybody signs in with any name and the password of
`LOOPBACK_HUB_PASSWORD`, and all servers run as whoever started the hub, each in a folder of its own.  For a class that
will not do: there learners are users of the system, and this variable is not set.
"""

import os
import sys
from pathlib import Path

from traitlets.config import get_config

c = get_config()

COURSE = Path(__file__).resolve().parents[1]
TRIAL = os.environ.get("LOOPBACK_HUB_TRIAL")
BOARD = os.environ.get("LOOPBACK_BOARD_URL", "http://127.0.0.1:10101")
PYTHON = sys.executable

# --- who may come in, and as whom their server runs ---

if TRIAL:
    c.JupyterHub.authenticator_class = "shared-password"
    c.SharedPasswordAuthenticator.user_password = os.environ["LOOPBACK_HUB_PASSWORD"]
    c.Authenticator.allow_all = True
    c.JupyterHub.spawner_class = "simple"
    c.SimpleLocalProcessSpawner.home_dir_template = str(Path(TRIAL) / "homes" / "{username}")
    c.Spawner.args = ["--allow-root"] if os.geteuid() == 0 else []
    c.JupyterHub.bind_url = os.environ.get("LOOPBACK_HUB_URL", "http://127.0.0.1:8000")
    c.ConfigurableHTTPProxy.api_url = os.environ.get("LOOPBACK_PROXY_API", "http://127.0.0.1:8001")
    c.JupyterHub.hub_port = int(os.environ.get("LOOPBACK_HUB_PORT", "8081"))
else:
    # Users of this system, by their system's password; put another authenticator here for a school's sign-in.
    # The hub runs as root for it, behind a web server that does TLS.
    c.JupyterHub.authenticator_class = "pam"
    c.Authenticator.allowed_groups = {"learners", "instructors"}
    # Holds each learner to the limits below, which the spawner that comes with the hub cannot:
    # pip install jupyterhub-systemdspawner
    c.JupyterHub.spawner_class = "systemd"
    c.JupyterHub.bind_url = "http://127.0.0.1:8000"

# --- a learner's server ---

c.Spawner.mem_limit = "1G"
c.Spawner.cpu_limit = 1.0
c.Spawner.http_timeout = 120
c.Spawner.start_timeout = 120
#: A copy of the chapters for each learner, made and renewed by the learner's own process; what is edited stays.
COPY = '"$0" -m labsupport renew my-course; JUPYTER_RUNTIME_DIR="$HOME/.run" exec "$0" "$@"'
c.Spawner.cmd = ["sh", "-c", COPY, PYTHON, "-m", "jupyterhub.singleuser"]
# ipc: a kernel is reached by files of its learner's, and not by TCP ports of the machine, which all share.  The path of
# such a file has at most 107 bytes (unix(7)), so they stand in a folder with a short name.
c.Spawner.cmd += ["--KernelManager.transport=ipc", "--LabApp.extension_manager=readonly"]
c.Spawner.notebook_dir = "~/my-course"
c.Spawner.default_url = "/lab/tree/00_start_here.ipynb"
c.Spawner.environment = {"LOOPBACK_BOARD": f"{BOARD}/services/board/"}

# --- the board and the culler ---

c.JupyterHub.services = [
    {
        "name": "board",
        "url": BOARD,
        "command": [
            PYTHON,
            "-m",
            "labsupport.workshop",
            "--hub",
            "--file",
            str(Path(TRIAL or ".").resolve() / "board.sqlite"),
        ],
        "cwd": str(COURSE),
        "oauth_no_confirm": True,
    },
    {
        "name": "culler",
        "command": [PYTHON, "-m", "jupyterhub_idle_culler", "--timeout=3600", "--cull-every=300"],
    },
]
ACCESS = "access:services!service=board"
c.JupyterHub.load_roles = [
    {"name": "user", "scopes": ["self", ACCESS]},
    {
        "name": "culler",
        "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
        "services": ["culler"],
    },
]
# What a kernel may do with the token in its environment: report to the board, and what the server itself needs.
c.Spawner.server_token_scopes = ["users:activity!user", "access:servers!server", ACCESS]
c.JupyterHub.load_groups = {"instructors": {"users": os.environ.get("LOOPBACK_INSTRUCTOR_NAMES", "").split()}}

c.JupyterHub.db_url = f"sqlite:///{Path(TRIAL or '.').resolve() / 'jupyterhub.sqlite'}"
c.JupyterHub.cookie_secret_file = str(Path(TRIAL or ".").resolve() / "jupyterhub_cookie_secret")
