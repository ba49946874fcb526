"""A defence with what takes it away, and the tests that must go red then."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """`text` of `file` becomes something else; or the owner of the database runs `sql`."""

    name: str
    tests: str
    file: str = ""
    text: str = ""
    becomes: str = ""
    sql: str = ""

    def applied_to(self, code: str) -> str:
        """The code without the defence. Raises ValueError unless it stands there exactly once."""
        if code.count(self.text) != 1:
            raise ValueError(f"{self.name}: found {code.count(self.text)} times in {self.file}.")
        return code.replace(self.text, self.becomes)
