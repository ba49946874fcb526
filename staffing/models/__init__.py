"""Floater assignments, and required heads."""

from staffing.models.coverages import CoverageQuerySet, ShiftCoverage
from staffing.models.staffing import StaffingRequirement

__all__ = ["CoverageQuerySet", "ShiftCoverage", "StaffingRequirement"]
