"""Challenge 4: skills. Who can do what, what if they are away, and how to get from here to there.

What is needed
    catalogue, catalogue_checks   skills with levels 0 to 4, roles, services and systems, as checked data
    services                      which Google services are in use

Who can do it
    people                        claimed and shown levels of one person; solved exercises count as shown
    team, team_reading            gaps of a team, bus factors, coverage of the services in use
    audit                         who did what, from an audit log
    heatmap                       a team as a picture that is readable in grey

How to get there
    steps                         the steps between two levels, prerequisites included
    study_calendar, scheduling    hours by week; list scheduling, critical path
    roadmaps, gantt               the twelve-week plan of a person or a team, and its picture
    staffing                      hire, teach or simplify: costs, weeks, bus factor, break-even

What has been understood
    quiz_reading, quiz_bank       questions on all eight challenges: which tool fits, and why the others do not

Names listed in `PUBLIC` can be imported from here; their module is loaded only when one of them is used.
"""

from types import MappingProxyType

from mlops_helpers.lazy import lazy_names

PUBLIC = MappingProxyType(
    {
        "SkillsError": "errors",
        "BadCatalogue": "errors",
        "CyclicPrerequisite": "errors",
        "UnknownName": "errors",
        "LevelOutOfRange": "errors",
        "BadTeam": "errors",
        "BadAuditLog": "errors",
        "PlanError": "errors",
        "CyclicSteps": "errors",
        "NoTime": "errors",
        "BadMoney": "errors",
        "QuizError": "errors",
        "BadQuestion": "errors",
        "Catalogue": "catalogue",
        "Skill": "catalogue",
        "Need": "catalogue",
        "load_catalogue": "catalogue",
        "catalogue_from": "catalogue",
        "Person": "people",
        "assess": "people",
        "evidence_levels": "people",
        "with_evidence": "people",
        "with_levels": "people",
        "operations_of": "services",
        "read_audit_log": "audit",
        "operation_of": "audit",
        "Team": "team",
        "read_team": "team",
        "team_figure": "heatmap",
        "team_alt": "heatmap",
        "learning_steps": "steps",
        "hours_to": "steps",
        "StudyCalendar": "study_calendar",
        "Step": "scheduling",
        "Schedule": "scheduling",
        "schedule": "scheduling",
        "Roadmap": "roadmaps",
        "roadmap": "roadmaps",
        "team_roadmap": "roadmaps",
        "successors": "roadmaps",
        "roadmap_figure": "gantt",
        "roadmap_alt": "gantt",
        "Option": "staffing",
        "HiringTerms": "staffing",
        "Simplification": "staffing",
        "teach": "staffing",
        "teaching_plan": "staffing",
        "hire": "staffing",
        "simplify": "staffing",
        "compare": "staffing",
        "break_even": "staffing",
        "break_even_risk": "staffing",
        "BankQuestion": "quiz_reading",
        "load_quiz_bank": "quiz_reading",
        "Quiz": "quiz_bank",
        "quiz": "quiz_bank",
        "placement_quiz": "quiz_bank",
        "answer": "quiz_bank",
    }
)

__all__ = sorted(PUBLIC)
__getattr__, __dir__ = lazy_names(__name__, PUBLIC)
