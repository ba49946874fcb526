"""What ``make run`` runs: database, migrations, demo data, server; and their end.

This process holds the embedded database open; the web workers and the jobs are its children.
"""

import argparse
import os
import signal
import socket
import subprocess
import sys
import time

HOST = "127.0.0.1"
SECONDS_FOR_A_KILLED_SERVER = 5


def main() -> None:
    arguments = argparse.ArgumentParser(description="Serves kpi_ops on this machine.")
    arguments.add_argument(
        "--stop-with-parent", action="store_true", help="stop when the calling process is gone"
    )
    options = arguments.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    if options.stop_with_parent:
        from kpi_ops.lifeline import watch_parent

        watch_parent(lambda: os.kill(os.getpid(), signal.SIGTERM))
    try:
        port = wanted_port()
        prepare()
        serve(port)
    except KeyboardInterrupt:
        pass


def wanted_port() -> int:
    text = os.environ.get("PORT") or "8000"
    if not text.isdigit() or not 0 < int(text) < 65536:
        sys.exit(f"PORT is “{text}”, but must be a number from 1 to 65535.")
    port = int(text)
    # The workers of a run that was killed a moment ago are just leaving.
    deadline = time.monotonic() + SECONDS_FOR_A_KILLED_SERVER
    while not is_free(port):
        if time.monotonic() > deadline:
            sys.exit(
                f"Port {port} is in use by another program."
                f" Stop it, or choose another one: PORT={port % 65535 + 1} make run"
            )
        time.sleep(0.25)
    return port


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def prepare() -> None:
    """Brings the database to the present; fills it with demo data when it holds no client."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kpi_ops.settings")
    os.environ.setdefault("DATABASE_POOL", "10")
    import django
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import call_command
    from django.db import connection

    try:
        django.setup()
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    print("Bringing the database up to date …", flush=True)
    call_command("migrate", verbosity=0, interactive=False)
    call_command("seed_demo", only_when_empty=True)
    # The workers are forked from this process; a connection must not have two ends here.
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]


def serve(port: int) -> None:
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    os.environ["KPI_OPS_STOP_WITH_PARENT"] = "1"
    server = Granian(
        "kpi_ops.wsgi:application",
        address=HOST,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=4,
        websockets=False,
        log_level=LogLevels.warning,
        workers_kill_timeout=5,
    )
    server.on_startup(lambda: print(f"kpi_ops is on http://{HOST}:{port}/", flush=True))
    # It ends with this process, as the workers do.
    subprocess.Popen([sys.executable, "-m", "kpi_ops.jobs"], stdout=subprocess.DEVNULL)
    server.serve()


if __name__ == "__main__":
    main()
