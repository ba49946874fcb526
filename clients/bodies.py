"""What the verbs of the API take and answer, beside the rows themselves."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from clients.imports.bulk import MOST_ROWS


class VoidRequest(serializers.Serializer[Any]):
    reason = serializers.CharField(
        max_length=300, error_messages={"required": "Give a reason for the void."}
    )
    version = serializers.IntegerField(required=False)


class VoidedRow(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    voided_at = serializers.DateTimeField()
    void_reason = serializers.CharField()


class HistoryChange(serializers.Serializer[Any]):
    field = serializers.CharField(source="name")  # type: ignore[assignment]
    old = serializers.CharField()
    new = serializers.CharField()


class HistoryEntry(serializers.Serializer[Any]):
    occurred_at = serializers.DateTimeField()
    actor = serializers.CharField()
    action = serializers.CharField()
    reason = serializers.CharField(allow_blank=True)
    source = serializers.CharField(allow_blank=True)  # type: ignore[assignment]
    changes = HistoryChange(many=True)


class HistoryAnswer(serializers.Serializer[Any]):
    older = serializers.IntegerField(allow_null=True)
    entries = HistoryEntry(many=True)


class VerifyRequest(serializers.Serializer[Any]):
    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        allow_empty=False,
        max_length=MOST_ROWS,
        error_messages={
            "max_length": f"Send at most {MOST_ROWS:,} rows at once.",
            "empty": "Send at least one row.",
            "required": "Send the ids of the rows.",
        },
    )


class NotVerified(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    reason = serializers.CharField()


class VerifyAnswer(serializers.Serializer[Any]):
    verified = serializers.ListField(child=serializers.IntegerField())
    refused = NotVerified(many=True)


class BulkRequest(serializers.Serializer[Any]):
    client = serializers.CharField(required=False, help_text="As for a single row.")
    rows = serializers.ListField(
        child=serializers.DictField(),
        allow_empty=False,
        max_length=MOST_ROWS,
        error_messages={
            "max_length": f"Send at most {MOST_ROWS:,} rows at once.",
            "empty": "Send at least one row.",
            "required": "Send the rows.",
        },
        help_text="Columns as in files; references by code.",
    )
    update = serializers.BooleanField(  # type: ignore[assignment]
        default=False, help_text="Also change rows that are stored with other values."
    )
    change_reason = serializers.CharField(
        default="",
        max_length=300,
        help_text="For all rows; required where one of them is verified or of a closed shift.",
    )


class BulkFault(serializers.Serializer[Any]):
    row = serializers.IntegerField(help_text="1 is the first row sent.")
    column = serializers.CharField()
    value = serializers.CharField()
    code = serializers.CharField()
    reason = serializers.CharField()
    suggestion = serializers.CharField()
    header = serializers.CharField(help_text="Of a file; empty here.")


class BulkAnswer(serializers.Serializer[Any]):
    entity = serializers.CharField()
    batch = serializers.IntegerField(allow_null=True)
    rows_total = serializers.IntegerField()
    new = serializers.IntegerField()
    changed = serializers.IntegerField()
    same = serializers.IntegerField()
    rejected = serializers.IntegerField()
    written = serializers.IntegerField()
    ids = serializers.ListField(child=serializers.IntegerField(allow_null=True))
    states = serializers.ListField(child=serializers.CharField())
    errors = BulkFault(many=True)  # type: ignore[assignment]
