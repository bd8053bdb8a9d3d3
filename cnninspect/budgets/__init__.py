"""The gate: budgets and baselines held against reports. Pure: no torch, no files, no printing."""
