import time
from collections.abc import Callable

from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse

ABSOLUTE_SECONDS = 12 * 3600
SIGNED_IN_AT = "signed_in_at"


class AbsoluteSessionLimitMiddleware:
    """Ends a session twelve hours after the sign-in, however busy it was.

    The idle limit slides with every request; on a terminal that never rests it would never come.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        session = request.session
        if SESSION_KEY in session and (
            time.time() - session.setdefault(SIGNED_IN_AT, time.time()) > ABSOLUTE_SECONDS
        ):
            session.flush()
        return self.get_response(request)
