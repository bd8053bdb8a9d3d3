"""Layers applied to a small matrix, with every window and its arithmetic: what a student does with a pencil.

``values`` and ``files`` read what the user typed and need no torch; ``running`` runs the layers.
"""
