"""What is sent and answered, as JSON schemas of draft 2020-12.

Source: the OpenAPI 3.1 document "Prolific API for Data Collectors", version 1.0.0, that docs.prolific.com publishes
beside its API reference (/api-reference/studies/openapi.yaml, and so on for submissions, bonuses, participant-groups,
workspaces and webhooks), as of September 2026; written by hand for the operations that Twinset uses, under the names
the document gives them. Requests are held to more than it asks: no field that it does not name, none that Twinset does
not mean to send.
"""

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
ID: Schema = {"type": "string", "pattern": "^[0-9a-f]{24}$"}
TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
MOMENT_OR_NULL: Schema = {"type": ["string", "null"], "format": "date-time"}


def one_of(words: str) -> Schema:
    return {"enum": words.split(", ")}


def closed(properties: Schema, *required: str) -> Schema:
    """Of these fields and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def opened(properties: Schema, *required: str) -> Schema:
    return {"type": "object", "properties": properties, "required": list(required)}


def listed(entry: Schema) -> Schema:
    """`_links` and `meta` come with every list, though the document leaves them out."""
    return closed(
        {
            "results": {"type": "array", "items": entry},
            "_links": {"type": "object"},
            "meta": closed({"count": {"type": "integer", "minimum": 0}}, "count"),
        },
        "results",
    )


STUDY_STATUS: Schema = one_of("UNPUBLISHED, SCHEDULED, PUBLISHING, ACTIVE, AWAITING REVIEW, PAUSED, COMPLETED")
SUBMISSION_STATUS: Schema = one_of(
    "RESERVED, ACTIVE, TIMED-OUT, AWAITING REVIEW, APPROVED, PARTIALLY APPROVED, "
    "RETURNED, REJECTED, SCREENED OUT, UNKNOWN"
)
ACTION: Schema = {
    "oneOf": [
        closed({"action": {"enum": ["AUTOMATICALLY_APPROVE", "MANUALLY_REVIEW"]}}, "action"),
        closed(
            {
                "action": {"enum": ["ADD_TO_PARTICIPANT_GROUP", "REMOVE_FROM_PARTICIPANT_GROUP"]},
                "participant_group": ID,
            },
            "action",
            "participant_group",
        ),
        closed({"action": {"const": "REQUEST_RETURN"}, "return_reason": TEXT}, "action", "return_reason"),
    ]
}
COMPLETION_CODE: Schema = closed(
    {
        "code": {"type": "string", "minLength": 1},
        "code_type": one_of(
            "COMPLETED, FAILED_ATTENTION_CHECK, FOLLOW_UP_STUDY, GIVE_BONUS, "
            "INCOMPATIBLE_DEVICE, NO_CONSENT, OTHER, FIXED_SCREENOUT, SCREENED_IN, "
            "SCREENED_OUT"
        ),
        "actions": {"type": "array", "items": ACTION},
        "actor": {"enum": ["participant", "researcher"]},
    },
    "code",
    "code_type",
    "actions",
)
FILTER: Schema = closed(
    {"filter_id": TEXT, "selected_values": {"type": "array", "items": TEXT}}, "filter_id", "selected_values"
)
BASE_STUDY: Schema = {
    "name": {"type": "string", "minLength": 1},
    "internal_name": TEXT_OR_NULL,
    "description": TEXT,
    "external_study_url": {"type": "string", "format": "uri"},
    "prolific_id_option": {"enum": ["question", "url_parameters", "not_required"]},
    "completion_codes": {"type": "array", "minItems": 1, "items": COMPLETION_CODE},
    "total_available_places": {"type": "number", "minimum": 1},
    "estimated_completion_time": {"type": "number", "minimum": 1},
    "maximum_allowed_time": NUMBER,
    "reward": {"type": "number", "minimum": 0},
    "device_compatibility": {"type": "array", "items": {"enum": ["desktop", "tablet", "mobile"]}},
    "filters": {"type": ["array", "null"], "items": FILTER},
    "project": ID,
    "study_labels": {"type": "array", "maxItems": 1, "items": {"enum": ["survey", "annotation", "other"]}},
    "submissions_config": closed({"max_submissions_per_participant": {"type": ["integer", "null"]}}),
}
REQUIRED_OF_STUDY = (
    "name",
    "description",
    "external_study_url",
    "prolific_id_option",
    "total_available_places",
    "estimated_completion_time",
    "reward",
)
CREATE_STUDY = closed(BASE_STUDY, *REQUIRED_OF_STUDY, "completion_codes", "project")
UPDATE_STUDY = closed(
    {"internal_name": TEXT_OR_NULL, "total_available_places": {"type": "number", "minimum": 1}},
)
STUDY = closed(
    BASE_STUDY | {"id": ID, "status": STUDY_STATUS, "is_ready_to_publish": {"type": "boolean"}}, *REQUIRED_OF_STUDY
)
STUDY_SHORT = closed(
    {
        "id": ID,
        "name": TEXT,
        "internal_name": TEXT_OR_NULL,
        "status": STUDY_STATUS,
        "study_type": {"enum": ["SINGLE", "UK_REP_SAMPLE", "US_REP_SAMPLE"]},
        "estimated_completion_time": NUMBER,
        "total_available_places": NUMBER,
        "places_taken": NUMBER,
        "number_of_submissions": NUMBER,
        "reward": NUMBER,
        "total_cost": NUMBER,
        "published_at": MOMENT_OR_NULL,
        "date_created": {"type": "string", "format": "date-time"},
    },
    "id",
    "name",
)
STUDY_TRANSITION = closed({"action": one_of("PUBLISH, SCHEDULE_PUBLISH, CANCEL_PUBLISH, PAUSE, START, STOP")}, "action")
STUDY_COST_REQUEST = closed({"reward": NUMBER, "total_available_places": NUMBER}, "reward", "total_available_places")
STUDY_COST_RESPONSE = closed({"total_cost": NUMBER}, "total_cost")

SUBMISSION_SHORT = closed(
    {
        "id": ID,
        "participant_id": ID,
        "status": SUBMISSION_STATUS,
        "started_at": {"type": "string", "format": "date-time"},
        "completed_at": MOMENT_OR_NULL,
        "has_siblings": {"type": "boolean"},
        "study_code": TEXT_OR_NULL,
        "return_requested": MOMENT_OR_NULL,
    },
    "id",
    "participant_id",
    "status",
    "started_at",
    "has_siblings",
)
SUBMISSION: Schema = {
    "id": ID,
    "completed_at": TEXT_OR_NULL,
    "entered_code": TEXT_OR_NULL,
    "participant": ID,
    "started_at": TEXT,
    "status": SUBMISSION_STATUS,
    "study_id": ID,
}
SUBMISSION_ANSWER = closed(SUBMISSION, "id", "started_at", "status", "study_id")
SUBMISSION_DETAIL = closed(
    SUBMISSION
    | {
        "parent_study_id": TEXT_OR_NULL,
        "bonus_payments": {"type": "array", "items": NUMBER},
        "return_requested": MOMENT_OR_NULL,
    },
    "id",
    "started_at",
    "status",
    "study_id",
)
REJECTION_CATEGORY = one_of(
    "TOO_QUICKLY, TOO_SLOWLY, FAILED_INSTRUCTIONS, INCOMP_LONGITUDINAL, FAILED_CHECK, LOW_EFFORT, "
    "MALINGERING, NO_CODE, BAD_CODE, NO_DATA, UNSUPP_DEVICE, OTHER"
)
SUBMISSION_TRANSITION: Schema = closed(
    {
        "action": one_of("APPROVE, COMPLETE, REJECT, RETURN, START, SCREEN_OUT, UNREJECT, UNRETURN"),
        "message": {"type": "string", "minLength": 100},
        "rejection_category": REJECTION_CATEGORY,
    },
    "action",
) | {
    "if": {"properties": {"action": {"const": "REJECT"}}},
    "then": {"required": ["message", "rejection_category"]},
}
RETURN_REQUEST = closed(
    {"request_return_reasons": {"type": "array", "minItems": 1, "items": TEXT}}, "request_return_reasons"
)
RETURN_REQUESTED = closed(
    {"id": ID, "status": SUBMISSION_STATUS, "participant": ID, "return_requested": MOMENT_OR_NULL}
)

BONUS_REQUEST = closed(
    {
        "study_id": ID,
        "csv_bonuses": {"type": "string", "pattern": r"^([0-9a-f]{24},[0-9]+(\.[0-9]{1,2})?\n?)+$"},
    },
    "study_id",
    "csv_bonuses",
)
BULK_BONUS = closed(
    {"id": ID, "study": ID, "amount": NUMBER, "fees": NUMBER, "vat": NUMBER, "total_amount": NUMBER},
    "id",
    "total_amount",
)

GROUP = closed(
    {
        "id": ID,
        "name": TEXT,
        "project_id": TEXT_OR_NULL,
        "workspace_id": TEXT_OR_NULL,
        "organisation_id": TEXT_OR_NULL,
        "description": TEXT_OR_NULL,
        "participant_count": {"type": "integer"},
        "is_deleted": {"type": "boolean"},
        "feeder_studies": {"type": "array"},
    }
)
CREATE_GROUP = closed({"workspace_id": ID, "name": {"type": "string", "minLength": 1}}, "name", "workspace_id")
PARTICIPANT_IDS = closed({"participant_ids": {"type": "array", "minItems": 1, "items": ID}}, "participant_ids")
MEMBERS = closed(
    {
        "results": {
            "type": "array",
            "items": closed({"participant_id": ID, "datetime_created": TEXT}, "participant_id"),
        }
    },
    "results",
)

BALANCE = closed(
    {
        "currency_code": {"enum": ["GBP", "USD"]},
        "total_balance": {"type": "integer"},
        "balance_breakdown": {"type": "object"},
        "available_balance": {"type": "integer"},
        "available_balance_breakdown": {"type": "object"},
    }
)

SUBSCRIPTION = closed(
    {
        "id": ID,
        "event_type": TEXT,
        "target_url": {"type": "string", "format": "uri"},
        "is_enabled": {"type": "boolean"},
        "workspace_id": ID,
    },
    "event_type",
    "target_url",
    "workspace_id",
)
CONFIRMATION = closed({"secret": TEXT}, "secret")

ERROR = closed(
    {
        "error": closed(
            {
                "status": {"type": "integer"},
                "error_code": {"type": "integer"},
                "title": TEXT,
                "detail": {"type": ["string", "array", "object"]},
                "additional_information": TEXT,
                "traceback": TEXT_OR_NULL,
                "interactive": {"type": "boolean"},
            },
            "status",
            "error_code",
            "title",
            "detail",
        )
    },
    "error",
)
EVENT: Schema = opened({"resource_id": ID, "event_type": TEXT, "status": TEXT}, "resource_id", "event_type")
NOTHING: Schema = {"type": "null"}
