"""Networks beside each other: totals against a baseline, parts of each, and two networks' layers as a diff.

Pure functions of reports.
"""
