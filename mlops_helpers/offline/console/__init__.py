"""The console of a standalone server: pages that a browser shows without any script.

html      text becomes HTML in one place, escaped by construction
pages     one function for each subject, from the request to what the page shows
tables  vertex  operations     what the subjects read from the services
style     the one stylesheet
app       which page answers; who may see it; forms
"""

from .app import Console

__all__ = ["Console"]
