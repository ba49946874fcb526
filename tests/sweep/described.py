"""The description of the API as a judge: whether an answer is one that it tells integrators."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import requests
import schemathesis
from drf_spectacular.generators import SchemaGenerator
from schemathesis.core.failures import Failure
from schemathesis.core.transport import Response

from tests.sweep.walk import Answers


@cache
def operations() -> list[Any]:
    described = SchemaGenerator().get_schema(public=True)
    described = json.loads(json.dumps(described, default=float))
    return [each.ok() for each in schemathesis.openapi.from_dict(described).get_all_operations()]


@cache
def _readings() -> list[tuple[re.Pattern[str], Any]]:
    """By path, those without a key first: `/verify-many/` is no row."""
    reading = [each for each in operations() if each.method == "get"]
    reading.sort(key=lambda each: each.path.count("{"))
    return [(re.compile(re.sub(r"{\w+}", "[^/]+", each.path)), each) for each in reading]


def undescribed(found: Answers) -> list[str]:
    """What differs from the description, in the JSON of all calls that read."""
    return list(_undescribed(found))


def _undescribed(found: Answers) -> Iterator[str]:
    for path, (status, text) in found.items():
        is_json = text.startswith(("{", "["))
        if not path.startswith("/api/v1/") or not is_json:
            continue
        bare = path.partition("?")[0]
        operation = next((each for known, each in _readings() if known.fullmatch(bare)), None)
        if operation is None:
            if status not in (403, 405):  # of a path that is there to be written to
                yield f"{path}: {status} is not described"
            continue
        request = requests.Request("get", f"http://testserver{path}").prepare()
        headers = {"content-type": ["application/json"]}
        answer = Response(status, headers, text.encode(), request, elapsed=0, verify=False)
        try:
            operation.validate_response(answer)
        except Failure as failure:
            yield said_of(path, status, [failure])


def said_of(call: str, status: int, failures: Iterable[Exception]) -> str:
    said = " ".join(" ".join(str(each).split()) for each in failures)
    return f"{call}: {status} {said}"[:600]
