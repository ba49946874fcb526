"""The defences that are taken away one at a time."""

from __future__ import annotations

from tests.mutants import rights, saving, signing, walls

MUTANTS = (*walls.MUTANTS, *rights.MUTANTS, *saving.MUTANTS, *signing.MUTANTS)
