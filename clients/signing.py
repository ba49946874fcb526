"""The doors: signing in and out, and asking for a new password."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.generic import FormView

from clients.models import PasswordRequest, SignInAttempt, User
from clients.models.signing import signed
from clients.proxies import client_address


def paused(request: HttpRequest) -> HttpResponse:
    """The same words whether or not somebody has the name."""
    return render(request, "registration/locked.html", status=429)


class SignIn(auth_views.LoginView):
    redirect_authenticated_user = True
    attempt: SignInAttempt

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        typed = request.POST.get("username", "")
        self.attempt = SignInAttempt.of(typed, client_address(request))
        if self.attempt.is_refused():
            return paused(request)
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: AuthenticationForm) -> Any:
        user = form.get_user()
        assert isinstance(user, User)
        self.attempt.succeed(user)
        return super().form_valid(form)

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        self.attempt.fail()
        return super().form_invalid(form)


class SignOut(auth_views.LogoutView):
    """Ends all sessions of the person: nobody remembers each screen they once signed in at."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if isinstance(request.user, User) and getattr(request, "api_token", None) is None:
            request.user.end_sessions()
            signed("LOGOUT", request.user.pk, client_address(request))
        return super().post(request, *args, **kwargs)


class LinkTokens(PasswordResetTokenGenerator):
    """Of links to a new password: what ends the sessions of a person ends these too."""

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        return f"{super()._make_hash_value(user, timestamp)}{user.session_epoch}"


link_tokens = LinkTokens()


class EmailForm(forms.Form):
    email = forms.EmailField(
        label="E-mail",
        max_length=255,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )


@method_decorator([login_not_required, never_cache], name="dispatch")
class AskForPassword(FormView):
    """Takes down who asks; the link is mailed by a job, if there is such an account.

    Page and time are the same for an address that is known and for one that is not.
    """

    template_name = "registration/password_reset_form.html"
    form_class = EmailForm
    success_url = reverse_lazy("password_reset_done")

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        return super().get_context_data(can_mail=bool(settings.MAILERS), **more)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.MAILERS:
            return self.get(request, *args, **kwargs)
        attempt = SignInAttempt.of("", client_address(request))
        if attempt.is_refused():
            return paused(request)
        attempt.count()
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: EmailForm) -> HttpResponse:
        site = self.request.build_absolute_uri("/").rstrip("/")
        PasswordRequest.objects.create(email=form.cleaned_data["email"], site=site)
        return super().form_valid(form)
