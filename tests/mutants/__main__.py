"""Takes one defence away at a time and asks whether the tests notice: `make mutants`.

The code is changed in copies of the tree, the database in copies of a database, and the copies
are thrown away. `python -m tests.mutants WORD …` runs those whose name holds one of the words.
Exits with 1 where a mutant survives, or where its tests could not be run.
"""

from __future__ import annotations

import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

from kpi_ops import embedded
from tests.mutants.defences import MUTANTS
from tests.mutants.mutant import Mutant

ROOT = Path(__file__).resolve().parents[2]
LEFT_BEHIND = shutil.ignore_patterns(".git", ".venv", ".data", ".hypothesis", "__pycache__", "img")
WORKERS = 2
LONGEST_SECONDS = 900
TESTED, PRISTINE = "test_kpi_ops", "pristine"
PASSED, FAILED = 0, 1


class Copy:
    """A tree and a cluster of its own, in which one mutant after the other is tried."""

    def __init__(self, folder: Path) -> None:
        self.tree, self.data = folder / "tree", folder / "data"
        shutil.copytree(ROOT, self.tree, ignore=LEFT_BEHIND)
        # The server may run as another user, who has to reach it.
        folder.chmod(0o755)
        self._cluster = embedded.Cluster(self.data / "test", durable=False)
        self._at = self._cluster.join()

    def close(self) -> None:
        self._cluster.leave()

    def pytest(self, *tests: str) -> subprocess.CompletedProcess[str]:
        environment = {
            **os.environ,
            "KPI_OPS_DATA": str(self.data),
            "DEBUG": "1",
            # A file that is changed twice in a second would be taken for the one compiled before.
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        command = [sys.executable, "-m", "pytest", "-x", "-n0", "--reuse-db", "--no-header"]
        command += ["--tb=line", "-p", "no:cacheprovider", *tests]
        try:
            return subprocess.run(
                command, cwd=self.tree, env=environment, timeout=LONGEST_SECONDS,
                capture_output=True, text=True,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess(command, -1, "it took too long", "")

    def connection(self, name: str) -> psycopg.Connection[Any]:
        at = self._at
        return psycopg.connect(
            host=at["HOST"], port=at["PORT"], user=at["USER"], dbname=name, autocommit=True
        )

    def keep_database(self) -> None:
        self._copied(TESTED, PRISTINE)

    def restore_database(self) -> None:
        self._copied(PRISTINE, TESTED)

    def _copied(self, source: str, target: str) -> None:
        with self.connection("postgres") as connection:
            drop = SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
            connection.execute(drop.format(Identifier(target)))
            make = SQL("CREATE DATABASE {} TEMPLATE {}")
            connection.execute(make.format(Identifier(target), Identifier(source)))

    def tried(self, mutant: Mutant) -> subprocess.CompletedProcess[str]:
        self.restore_database()
        if mutant.sql:
            with self.connection(TESTED) as connection:
                connection.execute(mutant.sql.encode())
            return self.pytest(*mutant.tests.split())
        file = self.tree / mutant.file
        code = file.read_text()
        file.write_text(mutant.applied_to(code))
        try:
            return self.pytest(*mutant.tests.split())
        finally:
            file.write_text(code)


def main(words: list[str]) -> int:
    chosen = [each for each in MUTANTS if not words or any(word in each.name for word in words)]
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder, ExitStack() as stack:
        Path(folder).chmod(0o755)
        copies = [Copy(Path(folder) / str(number)) for number in range(WORKERS)]
        for copy in copies:
            stack.callback(copy.close)
        if not _green(copies, chosen):
            return 1
        survivors = _tried(copies, chosen)
    minutes = (time.monotonic() - begun) / 60
    print(f"{len(chosen) - len(survivors)} of {len(chosen)} killed in {minutes:.0f} minutes")
    return 1 if survivors else 0


def _green(copies: list[Copy], chosen: list[Mutant]) -> bool:
    """Tests that are red by themselves prove nothing when they are red over a mutant."""
    tests = sorted({test for each in chosen for test in each.tests.split()})
    shares = [tests[number :: len(copies)] or tests[:1] for number in range(len(copies))]
    answers = _at_once([lambda c=c, s=s: c.pytest(*s) for c, s in zip(copies, shares, strict=True)])
    for copy, answer in zip(copies, answers, strict=True):
        if answer.returncode != PASSED:
            print(f"Without a mutant the tests are not green:\n{answer.stdout[-3000:]}")
            return False
        copy.keep_database()
    return True


def _tried(copies: list[Copy], chosen: list[Mutant]) -> list[Mutant]:
    waiting: queue.SimpleQueue[Mutant] = queue.SimpleQueue()
    for each in chosen:
        waiting.put(each)
    survivors: list[Mutant] = []

    def work(copy: Copy) -> None:
        while True:
            try:
                mutant = waiting.get_nowait()
            except queue.Empty:
                return
            answer = copy.tried(mutant)
            if answer.returncode == FAILED:
                print(f"killed    {mutant.name}", flush=True)
                continue
            survivors.append(mutant)
            words = "SURVIVED " if answer.returncode == PASSED else "NOT RUN  "
            print(f"{words} {mutant.name}", flush=True)
            if answer.returncode != PASSED:
                print(answer.stdout[-1500:], answer.stderr[-1500:], flush=True)

    _at_once([lambda copy=copy: work(copy) for copy in copies])
    return survivors


def _at_once(calls: list[Any]) -> list[Any]:
    answers: list[Any] = [None] * len(calls)

    def keep(at: int) -> None:
        answers[at] = calls[at]()

    threads = [threading.Thread(target=keep, args=(at,)) for at in range(len(calls))]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return answers


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
