"""Where the numbers of a report come from: shape, parameter and MAC arithmetic with each layer's own numbers in it.

Pure functions of a report, without torch. Each rule (``window_formulas.py``, ``shape_formulas.py``,
``parameter_formulas.py``, ``mac_formulas.py``, ``fields.py``) gives expressions (``expression.py``) that are shown as
they are computed; ``derivation.py`` holds what they come to against what the forward pass showed.
"""
