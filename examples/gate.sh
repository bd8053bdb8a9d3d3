#!/usr/bin/env bash
# A gate for CI: fail when a network grows beyond a budget or changes its output.
#
#   examples/gate.sh scratch:alexnet 62000000 800000000 1x1000
#
# needs jq. Copy it, and put your own model and budgets in.
set -euo pipefail

model=${1:-scratch:alexnet}
max_params=${2:-62000000}
max_macs=${3:-800000000}
output=${4:-1x1000}

report=$(cnninspect summary "$model" --format json)

jq --raw-output --exit-status \
  --argjson params "$max_params" --argjson macs "$max_macs" --arg output "$output" '
    [ (.totals.params | select(. > $params)        | "\(.) parameters, the budget is \($params)"),
      (.totals.macs   | select(. > $macs)          | "\(.) MACs, the budget is \($macs)"),
      (.uncounted_ops | select(length > 0)         | "MACs are a lower bound: \(map(.op) | join(", "))"),
      (.run.outputs[0].shape | map(tostring) | join("x") | select(. != $output) | "output \(.), wanted \($output)")
    ] as $violations
    | if $violations == [] then "\(.model.spec): \(.totals.params) parameters, \(.totals.macs) MACs: within budget"
      else ($violations[] | "violation: " + .), false end' <<<"$report" || exit 1
