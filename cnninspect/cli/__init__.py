"""The command line: what is typed, where results go, which exit code a run ends with."""
