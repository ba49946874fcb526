"""Plain sentences under a chart, said only from the figures that are given."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboards.charts.figures import COUNT, PERCENT, Cause, Number, Point, State, Unit, finite
from dashboards.charts.pareto import ranked, vital


def shares(part: Number, whole: Number) -> str:
    """ "42 %" of a whole; nothing without a whole."""
    return PERCENT.show(100 * float(part) / float(whole), 0) if whole else ""


def largest_cause(causes: Sequence[Cause], unit: Unit = COUNT) -> str:
    """ "Changeover is the largest cause: 410 of 980 min (42 %)."

    Minutes without a reason are no cause; when they are the most, that is the finding.
    """
    known = [c for c in causes if (finite(c.value) or 0) > 0]
    if not known:
        return _("Nothing recorded.")
    total = sum(float(c.value) for c in known)
    top = max((c for c in known if not c.other), key=lambda c: c.value, default=known[0])
    figures = {
        "cause": top.label,
        "part": unit.number(top.value),
        "total": unit.show(total),
        "share": shares(top.value, total),
    }
    if top.unassigned:
        return _("%(part)s of %(total)s have no reason yet (%(share)s).") % figures
    return _("%(cause)s is the largest cause: %(part)s of %(total)s (%(share)s).") % figures


def few_causes(causes: Sequence[Cause], unit: Unit = COUNT) -> str:
    """ "4 of 9 causes make 80 % of 3,925 min." """
    every = ranked(causes, most=max(len(causes), 1))
    if not every:
        return _("Nothing recorded.")
    count = vital(every)
    return ngettext(
        "%(n)d of %(all)d causes makes 80 %% of %(total)s.",
        "%(n)d of %(all)d causes make 80 %% of %(total)s.",
        count,
    ) % {"n": count, "all": len(every), "total": unit.show(sum(float(c.value) for c in every))}


def against_target(
    points: Sequence[Point],
    unit: Unit = COUNT,
    *,
    target: Number | None = None,
    higher_is_better: bool = True,
    buckets: str = "",
    decimals: int | None = 1,
) -> str:
    """ "Last 84.2 %, target 80 %; 17 of 30 days below target." Running buckets are left out."""
    closed = [p for p in points if p.y is not None and p.state == State.CLOSED]
    if not closed:
        return _("No closed values in this period.")
    last = _("Last %(value)s") % {"value": unit.show(closed[-1].value, decimals)}
    judged = [(p, finite(p.target if p.target is not None else target)) for p in closed]
    judged = [(p, goal) for p, goal in judged if goal is not None]
    if not judged:
        return _("%(last)s; no target set.") % {"last": last}
    missed = [p for p, goal in judged if _misses(p.y or 0.0, goal or 0.0, higher_is_better)]
    side = _("below target") if higher_is_better else _("above target")
    return _("%(last)s, target %(target)s; %(n)d of %(all)d %(buckets)s %(side)s.") % {
        "last": last,
        "target": unit.show(judged[-1][1], _places(judged[-1][1] or 0.0)),
        "n": len(missed),
        "all": len(judged),
        "buckets": buckets or _("points"),
        "side": side,
    }


def _misses(value: float, goal: float, higher_is_better: bool) -> bool:
    return value < goal if higher_is_better else value > goal


def _places(value: float) -> int:
    return next((d for d in (0, 1) if round(value, d) == value), 2)


def extremes(points: Sequence[Point], unit: Unit = COUNT, decimals: int | None = 1) -> str:
    """ "Highest: Line 3, 91.2 %; lowest: Line 6, 53.1 %." """
    known = sorted((p for p in points if p.y is not None), key=lambda p: p.y or 0.0)
    if not known:
        return _("No values in this period.")
    if len(known) == 1:
        only = known[0]
        return _("%(name)s: %(value)s.") % {
            "name": only.name,
            "value": unit.show(only.value, decimals),
        }
    return _("Highest: %(top)s, %(high)s; lowest: %(bottom)s, %(low)s.") % {
        "top": known[-1].name,
        "high": unit.show(known[-1].value, decimals),
        "bottom": known[0].name,
        "low": unit.show(known[0].value, decimals),
    }


def change(
    now: Number | None,
    before: Number | None,
    unit: Unit = COUNT,
    *,
    higher_is_better: bool = True,
    decimals: int | None = None,
) -> tuple[str, str]:
    """The signed change and its verdict: better, worse, same or unknown. "+1.20", "better"."""
    if now is None or before is None:
        return "", "unknown"
    step = float(now) - float(before)
    text = unit.signed(step, decimals)
    if not text.strip("+\u22120.,"):
        return text, "same"
    return text, "better" if (step > 0) == higher_is_better else "worse"
