"""Reads what the API is sent; bodies that could mean two things are refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser


class TooLarge(APIException):
    status_code = 413
    default_detail = f"Send at most {settings.UPLOAD_LIMIT_BYTES // 1024 // 1024} MB at once."


class StrictJSONParser(BaseParser):
    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        body = stream.read(settings.UPLOAD_LIMIT_BYTES + 1)
        if len(body) > settings.UPLOAD_LIMIT_BYTES:
            raise TooLarge
        try:
            text = body.decode("utf-8-sig")
            read = json.loads(text, object_pairs_hook=_named_once, parse_constant=_no_number)
            if "\\u" in text:
                # Half of a pair of \ud800 and \udc00 is no letter: no text is stored with it.
                json.dumps(read, ensure_ascii=False).encode()
            return read
        except UnicodeError:
            raise ParseError("The body is not UTF-8.") from None
        except (ValueError, RecursionError):
            raise ParseError("The body is not JSON.") from None


def _named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    named = dict(pairs)
    if len(named) < len(pairs):
        raise ParseError("The body names a field twice.")
    return named


def _no_number(text: str) -> None:
    raise ParseError(f"{text} is not a number.")
