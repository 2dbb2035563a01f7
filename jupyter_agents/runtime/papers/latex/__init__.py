"""The LaTeX reader: a folder of sources as one `Paper`.

`main_file.py` finds the paper among decoys, `flatten.py` makes one text of its files (inputs, conditionals,
the authors' macros), `walk.py` reads that text into paragraphs and parts, `document.py` puts the `Paper` together.
"""

from .document import read

__all__ = ["read"]
