"""The gate: what is asked of a network and of a project's networks, held against reports. No torch, no printing."""
