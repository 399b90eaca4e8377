"""Settings shared by all tests: property tests draw the same examples on every machine, however slow it is."""

from hypothesis import settings

settings.register_profile("course", deadline=None, derandomize=True)
settings.load_profile("course")
