import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import (
    password_validators_help_texts,
    validate_password,
)
from django.core.exceptions import ValidationError


@pytest.mark.parametrize(
    ("password", "sentences"),
    [
        ("Sh0rt!x", ["This password is too short. It must contain at least 8 characters."]),
        ("Lo1!" * 33, ["This password is longer than 128 characters."]),
        ("lower-case-77", ["This password has no upper-case letter."]),
        ("UPPER-CASE-77", ["This password has no lower-case letter."]),
        ("No-digits-here", ["This password has no digit."]),
        ("NoSpecial77", ["This password has no special character."]),
        ("Password1!", ["This password is too common."]),
        ("Mariaperez-77", ["The password is too similar to the username."]),
    ],
)
def test_auth_002_password_is_refused(password, sentences):
    with pytest.raises(ValidationError) as refused:
        validate_password(password, get_user_model()(username="mariaperez"))
    assert refused.value.messages == sentences


def test_auth_002_good_password_is_accepted():
    validate_password("Shift-change-at-14:00", get_user_model()(username="mariaperez"))


def test_rules_are_told_beforehand():
    assert "an upper-case and a lower-case letter" in " ".join(password_validators_help_texts())
