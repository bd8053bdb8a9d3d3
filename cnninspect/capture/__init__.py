"""From an ``nn.Module`` and its inputs to the layers of a report, in one forward pass.

Module hooks (``modules.py``) see the tree, the order and every tensor; one dispatch mode
(``operators.py``) sees the operators and counts them (``macs.py``), and follows each
tensor's receptive field (``receptive_field.py``).
"""
