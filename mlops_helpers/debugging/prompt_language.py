"""Which language an answer is in, guessed from its script and its commonest small words. No model, no dictionary.

Scripts decide for Greek, Hebrew, Arabic, Devanagari, Thai, Korean, Japanese and Chinese; small words for seven European
languages. Good enough to notice an English answer to a German customer. It is not good enough for: fewer than about six
words, lists of names or numbers, mixed languages, close relatives that are not on the list (Catalan looks Spanish,
Norwegian looks like nothing), or telling Arabic from Persian and Russian from Ukrainian.
"""

from __future__ import annotations

import re
from collections import Counter
from types import MappingProxyType

SCRIPTS = (
    ("ja", r"[\u3040-\u30ff]"),
    ("ko", r"[\uac00-\ud7a3]"),
    ("zh", r"[\u4e00-\u9fff]"),
    ("ru", r"[\u0400-\u04ff]"),
    ("el", r"[\u0370-\u03ff]"),
    ("he", r"[\u0590-\u05ff]"),
    ("ar", r"[\u0600-\u06ff]"),
    ("hi", r"[\u0900-\u097f]"),
    ("th", r"[\u0e00-\u0e7f]"),
)
SMALL_WORDS = MappingProxyType(
    {
        "en": "the and is are was of to in that it you your for with not this have be on we our will as by from at an",
        "de": "der die das und ist nicht sie wir ihr ihre ein eine mit für von zu den auf im wird haben sich auch es",
        "fr": "le la les et est une des du que vous nous votre pour dans pas ne avec sur au aux ce cette il elle sont",
        "es": "el la los las y es una que de en por para con no su se lo del al está como más le usted nuestro un sus",
        "it": "il lo la gli e è una che di per con non si del della nel sono questo più le un alla dei come ha suo vi",
        "pt": "o a os as e é uma que de em para com não se do da no na por seu sua você mais um dos está ao são nós",
        "nl": "de het een en is niet van ik je u uw wij voor met op dat zijn te aan er maar ook wordt bij naar om als",
    }
)
CODES = tuple(SMALL_WORDS) + tuple(code for code, _ in SCRIPTS)
FEWEST = 2  # small words that must be found


def guess_language(text: str) -> str | None:
    """Return a two-letter code, or None if the text does not tell.

    >>> guess_language("The refund is on its way to you."), guess_language("Ihre Erstattung ist auf dem Weg zu Ihnen.")
    ('en', 'de')
    """
    letters = sum(character.isalpha() for character in text)
    for code, pattern in SCRIPTS:
        # Japanese mixes kana with Chinese characters: a tenth of kana is telling, elsewhere half of the letters are.
        if letters and len(re.findall(pattern, text)) / letters > (0.1 if code == "ja" else 0.5):
            return code
    words = Counter(re.findall(r"[^\W\d_]+", text.lower()))
    scores = {code: sum(words[word] for word in small.split()) for code, small in SMALL_WORDS.items()}
    (best, most), (_, second) = Counter(scores).most_common(2)
    return best if most >= FEWEST and most > second else None
