#!/usr/bin/env bash
# A gate for CI: fail when a network grows beyond a budget or changes its output.
#
#   examples/gate.sh scratch:alexnet 62M 0.8G 1x1000
#
# Copy it, and put your own model and budgets in.
set -uo pipefail

model=${1:-scratch:alexnet}

cnninspect check "$model" \
  --max-params "${2:-62M}" \
  --max-macs "${3:-0.8G}" \
  --output-shape "${4:-1x1000}"
code=$?

case $code in
  0) echo "$model is within its budget" >&2 ;;
  1) echo "$model is beyond its budget" >&2 ;;
  *) echo "$model could not be checked" >&2 ;; # never taken for a violation
esac
exit $code
