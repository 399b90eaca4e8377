"""Challenge 7: collaboration. Who decides, on what evidence, and what do we learn when it went wrong?

Names listed in `PUBLIC` can be imported from here; their module is loaded only when one of them is used.
"""

from types import MappingProxyType

from mlops_helpers.lazy import lazy_names

PUBLIC = MappingProxyType(
    {
        "CollaborationError": "errors",
        "InvalidSetting": "errors",
        "RaciError": "errors",
        "BadRaci": "errors",
        "TwoAccountables": "errors",
        "NoAccountable": "errors",
        "OrphanActivity": "errors",
        "Overloaded": "errors",
        "UnknownRole": "errors",
        "NoDeputy": "errors",
        "ProtocolError": "errors",
        "UnknownStep": "errors",
        "OutOfOrder": "errors",
        "WrongRole": "errors",
        "SelfApproval": "errors",
        "SignedTwice": "errors",
        "SignOffMissing": "errors",
        "NotApproved": "errors",
        "TooEarly": "errors",
        "EvidenceError": "errors",
        "EvidenceMissing": "errors",
        "ForeignEvidence": "errors",
        "WrongEvidence": "errors",
        "LogError": "errors",
        "UnknownIncident": "errors",
        "LogChanged": "errors",
        "LogTampered": "errors",
        "PostMortemError": "errors",
        "NotClosed": "errors",
        "BlamingText": "errors",
        "Raci": "raci",
        "raci_from": "raci",
        "read_raci": "raci",
        "retraining_raci": "raci",
        "Conflict": "raci_conflicts",
        "conflict_table": "raci_conflicts",
        "Step": "protocol_steps",
        "steps_from": "protocol_steps",
        "step_rows": "protocol_steps",
    }
)

__all__ = sorted(PUBLIC)
__getattr__, __dir__ = lazy_names(__name__, PUBLIC)
