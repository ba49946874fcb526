from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


class MixedCharactersValidator:
    """Upper, lower, digit and special character, and not longer than a hash should take."""

    def __init__(self, max_length: int = 128) -> None:
        self.max_length = max_length

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        errors = []
        if len(password) > self.max_length:
            errors.append(_("This password is longer than %d characters.") % self.max_length)
        if not any(character.isupper() for character in password):
            errors.append(_("This password has no upper-case letter."))
        if not any(character.islower() for character in password):
            errors.append(_("This password has no lower-case letter."))
        if not any(character.isdigit() for character in password):
            errors.append(_("This password has no digit."))
        if all(character.isalnum() for character in password):
            errors.append(_("This password has no special character."))
        if errors:
            raise ValidationError(errors, code="password_too_plain")

    def get_help_text(self) -> str:
        return _(
            "Your password needs an upper-case and a lower-case letter, a digit and a special"
            " character, and at most %d characters."
        ) % (self.max_length)
