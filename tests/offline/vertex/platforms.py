"""`agentplatform` and its types, whose own import warns: the warning concerns its authors, not us."""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import agentplatform
    from agentplatform import types
    from agentplatform._genai import evals, prompts

__all__ = ["agentplatform", "evals", "prompts", "types"]
