"""Files of weights: what kind they are, what is stored in them, and the report of one on its own.

A file is data: nothing in it runs.
"""
