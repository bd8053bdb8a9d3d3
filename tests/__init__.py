"""Tests: unit (mirrors cnninspect/), functional (as a user runs it), reference (figures from outside)."""
