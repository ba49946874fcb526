"""Puts the apps together. An app takes part by having a urls.py with any of

``urlpatterns`` (pages), ``api_urlpatterns`` (API views below /api/v1/) and ``api_routes``
(pairs of prefix and ViewSet, registered on the one router).
"""

from collections.abc import Iterator
from importlib import import_module
from types import ModuleType

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, URLResolver, include, path
from django.utils.module_loading import module_has_submodule
from django.views.generic import RedirectView
from django.views.i18n import set_language
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import SimpleRouter

from clients import signing
from clients.middleware import without_client
from kpi_ops import health


def url_modules() -> Iterator[ModuleType]:
    for app in apps.get_app_configs():
        ours = str(settings.BASE_DIR) == str(app.path).rpartition("/")[0]
        if ours and app.module is not None and module_has_submodule(app.module, "urls"):
            yield import_module(f"{app.name}.urls")


router = SimpleRouter()
api: list[URLPattern | URLResolver] = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="api:schema"), name="docs"),
]
pages: list[URLPattern | URLResolver] = []
for module in url_modules():
    api += getattr(module, "api_urlpatterns", [])
    for prefix, viewset in getattr(module, "api_routes", []):
        router.register(prefix, viewset, basename=prefix)
    if getattr(module, "urlpatterns", None):
        pages.append(path("", include(module)))

accounts = [
    path("login/", signing.SignIn.as_view(), name="login"),
    path("logout/", without_client(signing.SignOut.as_view()), name="logout"),
    path(
        "password/", without_client(auth_views.PasswordChangeView.as_view()), name="password_change"
    ),
    path(
        "password/done/",
        without_client(auth_views.PasswordChangeDoneView.as_view()),
        name="password_change_done",
    ),
    path("reset/", signing.AskForPassword.as_view(), name="password_reset"),
    path("reset/sent/", auth_views.PasswordResetDoneView.as_view(), name="password_reset_done"),
    path(
        "reset/<uidb64>/<token>/",
        auth_views.PasswordResetConfirmView.as_view(token_generator=signing.link_tokens),
        name="password_reset_confirm",
    ),
    path(
        "reset/done/",
        auth_views.PasswordResetCompleteView.as_view(),
        name="password_reset_complete",
    ),
    path("language/", login_not_required(set_language), name="set_language"),
]

urlpatterns = [
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("accounts/", include(accounts)),
    # One door: the admin's own sign-in page would be a second one.
    path(
        "admin/login/",
        login_not_required(RedirectView.as_view(pattern_name="login", query_string=True)),
    ),
    path("admin/", admin.site.urls),
    path("api/v1/", include((api + router.urls, "api"))),
    *pages,
]
