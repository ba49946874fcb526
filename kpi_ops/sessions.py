import time
from collections.abc import Callable

from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse

ABSOLUTE_SECONDS = 12 * 3600
# The idle limit slides in steps: a write for every page read would be most of its writes.
STEP_SECONDS = 5 * 60
SIGNED_IN_AT, RENEWED_AT = "signed_in_at", "renewed_at"


class SessionLimitsMiddleware:
    """Renews a session while it is used, and ends it twelve hours after the sign-in.

    On a terminal that never rests the idle limit alone would never come.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        session, now = request.session, time.time()
        if SESSION_KEY in session:
            if now - session.setdefault(SIGNED_IN_AT, now) > ABSOLUTE_SECONDS:
                session.flush()
            elif now - session.get(RENEWED_AT, 0) > STEP_SECONDS:
                session[RENEWED_AT] = now
        return self.get_response(request)
