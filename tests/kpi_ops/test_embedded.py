import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg
import pytest
from django.conf import settings

from kpi_ops.embedded import Cluster, EmbeddedDatabaseError

STAYS = """
import sys; from pathlib import Path; from kpi_ops.embedded import Cluster
Cluster(Path(sys.argv[1]), durable=False).join(); print("in", flush=True); sys.stdin.read()
"""


@pytest.fixture(scope="module")
def module_folder():
    """Open to the system user, which pytest's own folders are not."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture
def folder(module_folder):
    with tempfile.TemporaryDirectory(dir=module_folder) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture
def cluster(module_folder):
    cluster = Cluster(module_folder / "data", durable=False)
    cluster.join()
    yield cluster
    cluster.leave()


def server_pid(cluster):
    return int((cluster.data / "postmaster.pid").read_text().split()[0])


def connect(cluster, user="kpi_owner", **options):
    return psycopg.connect(
        host=str(cluster.sockets), port="5432", user=user, dbname="kpi_ops", **options
    )


def test_neither_role_is_above_the_walls(cluster):
    with connect(cluster) as connection:
        roles = connection.execute(
            "SELECT rolname, rolcanlogin, rolsuper, rolbypassrls, rolcreatedb FROM pg_roles"
            " WHERE rolname LIKE 'kpi%' ORDER BY 1"
        ).fetchall()
    assert roles == [
        ("kpi_app", False, False, False, False),
        ("kpi_owner", True, False, False, True),
    ]


def test_owner_connects_as_the_web_role(cluster):
    with connect(cluster, options="-c role=kpi_app") as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("kpi_app",)


def test_web_role_cannot_sign_in(cluster):
    with pytest.raises(psycopg.OperationalError, match="not permitted to log in"):
        connect(cluster, user="kpi_app")


def test_database_is_marked_as_demo(cluster):
    with connect(cluster) as connection:
        assert connection.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database"
            " WHERE datname = current_database()"
        ).fetchone() == ("demo",)


def test_nothing_listens_on_the_network(cluster):
    with connect(cluster) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)


def test_second_user_shares_the_server_and_the_last_one_stops_it(cluster):
    pid = server_pid(cluster)
    other = Cluster(cluster.folder, durable=False)
    other.join()
    assert server_pid(cluster) == pid

    cluster.leave()
    assert other._answers()
    other.leave()
    assert not other._answers()


def test_user_that_was_killed_does_not_keep_the_server(cluster):
    killed = subprocess.Popen(
        [sys.executable, "-c", STAYS, str(cluster.folder)],
        cwd=settings.BASE_DIR,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert killed.stdout.readline() == "in\n"
    killed.kill()
    killed.communicate()
    cluster.leave()
    assert not cluster._answers()


def test_rows_survive_a_killed_server(folder):
    cluster = Cluster(folder, durable=True)
    cluster.join()
    with connect(cluster) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    os.kill(server_pid(cluster), signal.SIGKILL)
    cluster.leave()

    again = Cluster(folder, durable=True)
    again.join()
    with connect(again) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
    again.leave()


def test_pid_file_with_the_number_of_another_process_is_not_believed(cluster):
    cluster.leave()
    pid_file = cluster.data / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{cluster.data}\n1700000000\n5432\n{cluster.sockets}\n")
    assert not cluster._server_is_starting()

    again = Cluster(cluster.folder, durable=False)
    again.join()
    assert server_pid(again) != os.getpid()
    again.leave()


def test_private_folder_above_stays_private(folder):
    home = folder / "home"
    home.mkdir(mode=0o700)
    cluster = Cluster(home / "data", durable=False)
    cluster.join()
    assert cluster._answers()
    cluster.leave()
    assert home.stat().st_mode & 0o777 == 0o700
    if cluster.folder.parent != home:
        shutil.rmtree(cluster.folder)


def test_long_path_gets_a_short_socket(folder):
    cluster = Cluster(folder / ("long" * 30), durable=False)
    assert len(str(cluster.sockets / ".s.PGSQL.5432")) <= 103
    cluster.join()
    assert cluster._answers()
    cluster.leave()


def test_unfinished_start_leaves_no_half_cluster(folder):
    (folder / "pg.unfinished").mkdir()
    (folder / "pg.unfinished/PG_VERSION").write_text("18")
    cluster = Cluster(folder, durable=False)
    cluster.join()
    assert cluster._answers()
    cluster.leave()


def test_data_of_another_version_are_refused_in_words(folder):
    (folder / "pg").mkdir()
    (folder / "pg/PG_VERSION").write_text("12\n")
    with pytest.raises(EmbeddedDatabaseError, match="were written by PostgreSQL 12, but 18 is"):
        Cluster(folder, durable=False).join()


def test_impossible_folder_is_refused_in_words(folder):
    (folder / "file").write_text("")
    with pytest.raises(EmbeddedDatabaseError, match="Set KPI_OPS_DATA to a folder of your own"):
        Cluster(Path(folder / "file/data"), durable=False)


def test_tests_run_on_a_cluster_of_their_own():
    name = settings.DATABASES["default"]["HOST"]
    assert "demo" not in name
