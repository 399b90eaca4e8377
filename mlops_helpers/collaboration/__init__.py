"""Challenge 7: collaboration. Who decides, on what evidence, and what do we learn when it went wrong?

Who decides
    raci, raci_conflicts, raci_html    a matrix of responsibilities: checked, explained, shown
    rehearsal                          the same week with another matrix: who would have waited for whom

How a model is retrained
    protocol_steps, protocol_rules     the protocol as a table, and what it allows now
    protocol, incident_state           an incident, step by step; where it stands, from its log alone
    evidence                           the reports of the earlier lessons as a digest and a sentence
    driving                            trigger, registry and canary, started by the protocol at their stage
    log_entries, cloud_log             the chain of entries; in Firestore, with copies in Cloud Logging

What we learn
    incident_times, audience_figures   time to detect, decide and restore; one picture for each audience
    post_mortem, blameless             it writes itself, without names; words that look for somebody
    incident_decision                  the decision record, with its context from the log

What users say
    feedback, feedback_checks          one rating per request, with the model that earned it, in Firestore
    rating_averages                    means with their intervals, over time, the worst prompts first
    feedback_traces, feedback_golden   which steps were slow or failed; a bad answer becomes a test

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
        "AuthorApproves": "errors",
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
        "Evidence": "evidence",
        "Recovery": "evidence",
        "evidence_of": "evidence",
        "Entry": "log_entries",
        "MemoryLog": "log_entries",
        "verify_chain": "log_entries",
        "CloudLog": "cloud_log",
        "Charter": "incident_state",
        "IncidentState": "incident_state",
        "Incident": "protocol",
        "open_incident": "protocol",
        "resume_incident": "protocol",
        "start_retraining": "driving",
        "version_evidence": "driving",
        "approve_version": "driving",
        "start_canary": "driving",
        "canary_evidence": "driving",
        "IncidentTimes": "incident_times",
        "StageSpan": "incident_times",
        "TeamMetrics": "incident_times",
        "times_of": "incident_times",
        "team_metrics": "incident_times",
        "minutes_text": "incident_times",
        "audience_figure": "audience_figures",
        "audience_alt": "audience_figures",
        "find_blame": "blameless",
        "require_blameless": "blameless",
        "Action": "post_mortem",
        "Lessons": "post_mortem",
        "PostMortem": "post_mortem",
        "write_post_mortem": "post_mortem",
        "record_incident_decision": "incident_decision",
        "conflict_table": "raci_conflicts",
        "Played": "rehearsal",
        "Rehearsal": "rehearsal",
        "rehearse": "rehearsal",
        "read_hours": "rehearsal",
        "protocol_figure": "protocol_figures",
        "protocol_alt": "protocol_figures",
        "rehearsal_figure": "protocol_figures",
        "rehearsal_alt": "protocol_figures",
        "Step": "protocol_steps",
        "steps_from": "protocol_steps",
        "step_rows": "protocol_steps",
        "FeedbackError": "errors",
        "BadRating": "errors",
        "UnknownRequest": "errors",
        "NotRated": "errors",
        "AlreadyRated": "errors",
        "ServedDifferently": "errors",
        "AnswerDiffers": "errors",
        "MissingColumns": "errors",
        "Served": "feedback_checks",
        "Feedback": "feedback",
        "FeedbackStore": "feedback",
        "with_traces": "feedback_traces",
        "MeanRating": "rating_averages",
        "average_ratings": "rating_averages",
        "mean_rating": "rating_averages",
        "ratings_by_window": "rating_averages",
        "worst_prompts": "rating_averages",
        "AcceptedAnswer": "feedback_golden",
        "add_accepted": "feedback_golden",
        "case_from_feedback": "feedback_golden",
        "example_of": "feedback_golden",
    }
)

__all__ = sorted(PUBLIC)
__getattr__, __dir__ = lazy_names(__name__, PUBLIC)
