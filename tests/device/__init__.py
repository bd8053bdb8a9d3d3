"""What only an accelerator can show: ``pytest tests/device``, under eight minutes; skipped where there is none."""
