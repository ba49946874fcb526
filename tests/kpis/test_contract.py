"""Targets and the KPI contract: who may set them, and from when they act."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError

from clients.models import Client, User
from clients.scope import client_scope, every_client
from kpis.contract import RULES, ContractBook
from kpis.models import Assumption, Target
from kpis.preview import preview
from kpis.targets import TargetBook
from tests.kpis.factories import (
    agreed,
    figure,
    make_inspection,
    make_stop,
    make_target,
    value,
)
from tests.plant.factories import make_job, make_part
from tests.production.factories import Floor, saved

D = Decimal
DAY = datetime.timedelta(days=1)
Member = Callable[..., User]


def propose(
    client: Client, key: str = "yield_rule", chosen: Any = "REWORK_AS_GOOD", **more: Any
) -> Any:
    first = more.pop("first", client.today())
    fields = {"rationale": "agreed with the customer", "valid": (first, None), **more}
    return saved(Assumption(client=client, key=key, value=chosen, **fields))


@pytest.fixture
def engineer(acme: Client, member: Member) -> User:
    return member(acme, role="ENGINEER")


@pytest.fixture
def manager(acme: Client, member: Member) -> User:
    return member(acme, role="MANAGER")


@pytest.fixture
def proposal(acme: Client, engineer: User) -> Assumption:
    with client_scope([acme], user=engineer):
        return propose(acme)


def rule_on(client: Client, day: datetime.date) -> Any:
    return ContractBook.load([client.pk]).value(client.pk, "yield_rule", day)


def test_a_proposal_changes_nothing(acme: Client, proposal: Assumption, engineer: User) -> None:
    with client_scope([acme]):
        assert rule_on(acme, acme.today()) == "STRICT"
        assert (proposal.status, proposal.proposed_by) == ("PROPOSED", engineer)


def test_approval_by_another_person_puts_it_in_force(
    acme: Client, proposal: Assumption, manager: User
) -> None:
    with client_scope([acme], user=manager):
        proposal.approve(by=manager)

        assert rule_on(acme, acme.today()) == "REWORK_AS_GOOD"
        assert rule_on(acme, acme.today() - DAY) == "STRICT"


def test_the_proposer_cannot_approve(acme: Client, member: Member) -> None:
    with client_scope([acme]) as scope:
        assert scope.user is None
    both = member(acme, role="MANAGER")
    with client_scope([acme], user=both):
        row = propose(acme)
        with pytest.raises(ValidationError, match="The proposer cannot approve."):
            row.approve(by=both)


def test_the_database_refuses_the_proposer_too(
    acme: Client, proposal: Assumption, engineer: User
) -> None:
    with client_scope([acme]), pytest.raises(IntegrityError, match="second_person"):
        Assumption.objects.filter(pk=proposal.pk).update(approved_by=engineer)


def test_an_engineer_may_not_approve(acme: Client, proposal: Assumption, member: Member) -> None:
    other = member(acme, role="ENGINEER")
    with client_scope([acme], user=other), pytest.raises(PermissionDenied):
        proposal.approve(by=other)


def test_validity_is_not_before_the_day_of_approval(
    acme: Client, engineer: User, manager: User
) -> None:
    with client_scope([acme], user=engineer):
        row = propose(acme, first=acme.today() - DAY)
    with (
        client_scope([acme], user=manager),
        pytest.raises(ValidationError, match="Valid from must not be before the day of approval."),
    ):
        row.approve(by=manager)


def test_approving_ends_the_value_before_it_on_the_day_before(
    acme: Client, proposal: Assumption, manager: User
) -> None:
    with client_scope([acme], user=manager):
        older = agreed(acme, "yield_rule", "PARTIAL_CREDIT")
        proposal.approve(by=manager)
        older.refresh_from_db()

        assert older.valid.upper == acme.today()
        assert rule_on(acme, acme.today() - DAY) == "PARTIAL_CREDIT"
        assert rule_on(acme, acme.today()) == "REWORK_AS_GOOD"


def test_a_second_value_from_the_same_day_replaces_the_first(
    acme: Client, proposal: Assumption, engineer: User, manager: User
) -> None:
    with client_scope([acme], user=engineer):
        second = propose(acme, chosen="PARTIAL_CREDIT")
    with client_scope([acme], user=manager):
        proposal.approve(by=manager)
        second.approve(by=manager)

        assert rule_on(acme, acme.today()) == "PARTIAL_CREDIT"
        assert Assumption.objects.get(pk=proposal.pk).status == "RETIRED"


def test_a_retired_rule_holds_until_today(
    acme: Client, proposal: Assumption, manager: User
) -> None:
    with client_scope([acme], user=manager):
        proposal.approve(by=manager)
        proposal.retire(by=manager)

        assert rule_on(acme, acme.today()) == "REWORK_AS_GOOD"
        assert rule_on(acme, acme.today() + DAY) == "STRICT"


def test_stops_of_the_day_of_approval_follow_the_new_rule(
    acme: Client, engineer: User, manager: User, floor: Floor
) -> None:
    with client_scope([acme], user=engineer):
        row = propose(acme, "planned_time_basis", "EXCLUDE_PLANNED_MAINTENANCE")
    with client_scope([acme], user=manager):
        today = make_stop(floor, 60, "MAINTENANCE", shift_date=acme.today())
        before = make_stop(floor, 60, "MAINTENANCE", shift_date=acme.today() - DAY)
        row.approve(by=manager)
        today.refresh_from_db()
        before.refresh_from_db()

        assert (today.treatment, before.treatment) == ("LEAVES_PLAN", "LOSS")


def test_inspections_of_the_day_of_approval_follow_the_new_default(
    acme: Client, engineer: User, manager: User, floor: Floor
) -> None:
    job = make_job(floor.order, part=make_part(acme))
    with client_scope([acme], user=engineer):
        row = propose(acme, "default_opportunities", 5)
    with client_scope([acme], user=manager):
        made = make_inspection(floor, 10, 10, 0, job=job, shift_date=acme.today())
        row.approve(by=manager)
        made.refresh_from_db()

        assert made.opportunities_per_unit == 5


def test_withdrawn_and_refused_proposals_are_over(
    acme: Client, proposal: Assumption, engineer: User, manager: User
) -> None:
    with client_scope([acme], user=engineer):
        other = propose(acme, "otd_promise", "ORIGINAL")
        other.withdraw(by=engineer)
    with client_scope([acme], user=manager):
        with pytest.raises(ValidationError, match="Give a reason for the refusal."):
            proposal.refuse(by=manager, reason=" ")
        proposal.refuse(by=manager, reason="not agreed")
        with pytest.raises(ValidationError, match="Only a proposal can be approved."):
            proposal.approve(by=manager)

        assert rule_on(acme, acme.today()) == "STRICT"
        assert {proposal.status, other.status} == {"RETIRED"}


def test_only_the_proposer_withdraws(acme: Client, proposal: Assumption, manager: User) -> None:
    with client_scope([acme], user=manager), pytest.raises(ValidationError, match="Refuse it"):
        proposal.withdraw(by=manager)


@pytest.mark.parametrize(
    ("key", "chosen"),
    [
        ("yield_rule", "GENEROUS"),
        ("default_opportunities", 0),
        ("default_opportunities", 10_001),
        ("default_opportunities", "many"),
        ("default_opportunities", True),
        ("otd_carrier_buffer_pct", -1),
        ("otd_carrier_buffer_pct", "NaN"),
        ("industry_default_hours", {"polo": 0}),
        ("industry_default_hours", "polo"),
        ("planned_time_basis", None),
    ],
)
def test_values_are_checked_per_rule(in_acme: Client, key: str, chosen: Any) -> None:
    with pytest.raises(ValidationError):
        propose(in_acme, key, chosen)


@pytest.mark.parametrize(
    ("key", "chosen"),
    [
        ("default_opportunities", 10_000),
        ("otd_carrier_buffer_pct", 15),
        ("industry_default_hours", {"polo": 0.2}),
        ("standard_inference", "STANDARDS_ONLY"),
    ],
)
def test_good_values_are_kept(in_acme: Client, key: str, chosen: Any) -> None:
    assert propose(in_acme, key, chosen).value == chosen


def test_a_large_buffer_needs_a_finance_note(in_acme: Client) -> None:
    with pytest.raises(ValidationError, match="A buffer above 15 % needs a finance note."):
        propose(in_acme, "otd_carrier_buffer_pct", 20)

    assert propose(in_acme, "otd_carrier_buffer_pct", 20, finance_note="approved by CFO").pk


def test_defaults_of_the_contract() -> None:
    assert {key: rule.default for key, rule in RULES.items()} == {
        "planned_time_basis": "INCLUDE",
        "setup_treatment": "COUNT_AS_DOWNTIME",
        "no_orders_treatment": "COUNT_AS_DOWNTIME",
        "ppm_base": "INSPECTED",
        "default_opportunities": 1,
        "yield_rule": "STRICT",
        "otd_promise": "CURRENT",
        "otd_carrier_buffer_pct": 0,
        "standard_inference": "FULL",
        "industry_default_hours": {},
    }


# -- preview -----------------------------------------------------------------------------------


def test_a_proposal_shows_the_last_days_under_both_rules(acme: Client, floor: Floor) -> None:
    today = acme.today()
    make_inspection(floor, 100, 80, 20, units_rework=10, shift_date=today - DAY)

    lines = preview(propose(acme))

    assert [(each.label, each.now, each.then) for each in lines] == [
        ("Quality ratio (OEE)", "80.00", "90.00"),
        ("First-pass yield", "80.00", "90.00"),
    ]


def test_a_proposal_on_stops_is_tried_on_their_class(acme: Client, floor: Floor) -> None:
    """540 planned: (540 − 90) / 540 now, (480 − 30) / 480 when maintenance leaves the plan."""
    day = acme.today() - DAY
    make_stop(floor, 60, "MAINTENANCE", shift_date=day)
    make_stop(floor, 30, "EQUIPMENT_FAILURE", shift_date=day)

    (line,) = preview(propose(acme, "planned_time_basis", "EXCLUDE_PLANNED_MAINTENANCE"))

    assert (line.label, line.now, line.then) == ("Availability", "83.33", "93.75")


# -- targets -----------------------------------------------------------------------------------


def test_a_clients_target_beats_the_global_one_and_that_the_default(
    acme: Client, acme_2: Client, platform_admin: User
) -> None:
    with every_client("set up targets", user=platform_admin):
        make_target(None, "fpy", "96", "90", "85")
        make_target(acme, "fpy", "97", "92", "88")
        book = TargetBook.load([acme.pk, acme_2.pk])
    today = acme.today()

    own, shared = (book.target([each.pk], "fpy", today) for each in (acme, acme_2))
    untouched = book.target([acme.pk], "ppm", today)

    assert own
    assert shared
    assert untouched
    assert [(each.target, each.source) for each in (own, shared, untouched)] == [
        (97, "client"), (96, "global"), (10_000, "default"),
    ]  # fmt: skip
    assert book.target([acme.pk, acme_2.pk], "fpy", today) is None
    assert book.target([acme.pk, acme_2.pk], "ppm", today) == untouched


def test_oee_follows_the_targets_of_its_factors(in_acme: Client) -> None:
    book = TargetBook.load([in_acme.pk])
    default = book.target([in_acme.pk], "oee", in_acme.today())
    assert default
    assert (default.target, default.warning, default.critical) == (D("81.225"), 75, 60)

    make_target(in_acme, "availability", "80", "70", "60")
    followed = TargetBook.load([in_acme.pk]).target([in_acme.pk], "oee", in_acme.today())
    assert followed
    assert (followed.target, followed.source) == (D("72.2"), "factors")

    make_target(in_acme, "oee", "85", "75", "60")
    own = TargetBook.load([in_acme.pk]).target([in_acme.pk], "oee", in_acme.today())
    assert own
    assert (own.target, own.source) == (85, "client")


def test_the_target_is_that_of_the_last_day(floor: Floor) -> None:
    make_target(floor.client, "fpy", "80", "70", "60", first="2025-12-02")
    make_inspection(floor, 100, 85, 15)

    assert figure("fpy", floor.client).band == "on_target"
    assert value("fpy", floor.client) == 85
    before = figure("fpy", floor.client, datetime.date(2025, 12, 1))
    assert before.target
    assert before.target.source == "default"


@pytest.mark.parametrize(
    ("key", "values"), [("fpy", ("80", "90", "95")), ("ppm", ("20000", "15000", "10000"))]
)
def test_values_out_of_order_are_refused(
    in_acme: Client, key: str, values: tuple[str, str, str]
) -> None:
    with pytest.raises(ValidationError, match="Order the values: target, warning, critical."):
        make_target(in_acme, key, *values)


def test_two_targets_of_one_time_are_refused(in_acme: Client) -> None:
    make_target(in_acme, "fpy", "95", "90", "85")

    with pytest.raises(ValidationError, match="Another target is valid in this period."):
        make_target(in_acme, "fpy", "96", "90", "85", first="2025-06-01")


def test_two_global_targets_of_one_time_are_refused(platform_admin: User, acme: Client) -> None:
    with every_client("set up targets", user=platform_admin):
        make_target(None, "fpy", "95", "90", "85")

        with pytest.raises(ValidationError, match="Another target is valid in this period."):
            make_target(None, "fpy", "96", "90", "85")


def test_a_target_of_an_unknown_kpi_is_refused(in_acme: Client) -> None:
    with pytest.raises(ValidationError):
        make_target(in_acme, "luck", "95", "90", "85")
    assert not Target.objects.exists()
