"""Gemini, offline: what `google.genai` finds at the end of the wire. NOT a language model, and it says so.

Behind the real interface works a small simulator. It does real, small, repeatable work, so that a lesson has something
true to find; it knows nothing, and every free text that is not the result of such work begins with `[simulated]`.

What it does with a request: the first line that fits

| the request has                  | the answer                                                         |
|----------------------------------|--------------------------------------------------------------------|
| harmful words, above a threshold | HIGH: the prompt is blocked; LOW, MEDIUM: the answer is (`safety`) |
| function declarations            | calls of the functions whose words it shares (`functions`)         |
| function responses               | what the functions returned, retold                                |
| a response schema                | JSON that validates: labels, facts in the text (`schemas`)         |
| an image                         | size, brightness, colour; a digit if asked for (`images`)          |
| labels, or the word sentiment    | a label (`labels`): sentiment by a trained classifier, others by   |
|                                  | words shared with label, definition and examples                   |
| "summarize"                      | its most central sentences, word for word (`summaries`)            |
| "extract", "list the"            | the e-mails, dates, amounts, names ... found (`extraction`)        |
| "translate"                      | a polite refusal                                                   |
| anything else                    | `[simulated]`, and the sentence of the prompt that fits best       |

How often a label is right depends on prompt and model (`quality`). A label *slips* to the second best where a number
between 0 and 1, drawn from the text alone, falls below

    slip = 0.35 x (1 - score of the prompt) + slip of the model's tier + 0.04 x temperature

| a good prompt                                           | score | | tier     | slip |
|---------------------------------------------------------|-------|-|----------|------|
| names its labels (in the text, or as an enum)           | 0.40  | | frontier | 0.00 |
| states the format of the answer (or a response schema)  | 0.25  | | standard | 0.02 |
| gives two examples or more                              | 0.20  | | lite     | 0.08 |
| defines its labels                                      | 0.10  | |          |      |
| marks off the text to be labelled                       | 0.05  | |          |      |

A prompt that names no labels is answered in a sentence, and only with positive or negative; one that states no format
is answered in a sentence. The temperature is 1 unless given, and 0 for the gemini-4 family, which ignores it. Equal
requests get equal answers with a `seed` or at temperature 0; otherwise the draw also depends on how often this very
prompt was asked. A tuned model answers from its examples (`tuning`).

Tokens: a word is one token per five letters, a mark is one, an image 258: about four characters a token (`tokens`).
Thinking takes tokens by level, billed as output, and nothing else. Implicit caching: a prompt that begins like an
earlier one counts the common beginning as cached, from the model's minimum on (`usage`).

    service, routes, matching  the operations          requests     a checked request
    generating, streaming      generateContent         registry     retired, unknown and refused
    usage, tokens              token counts            sampling     seeds and draws
    embeddings                 embedContent, predict   caches, batches, tuning, tuned, catalog    resources
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..state import OfflineCloud
    from .service import Gemini


def open_service(cloud: OfflineCloud) -> Gemini:
    """Called by the cloud when Gemini is first used."""
    from .service import Gemini

    return Gemini(cloud)
