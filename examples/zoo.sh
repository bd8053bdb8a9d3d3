#!/usr/bin/env bash
# Choosing a backbone: the figures of many networks in a file, then those that nothing is better than.
set -euo pipefail

file=${1:-zoo.jsonl}
# run again, it does what is missing
cnninspect sweep 'torchvision:mobilenet*' 'torchvision:shufflenet*' --resume -o "$file"
cnninspect compare "$file" --sort macs --where 'params<10M' --pareto accuracy,macs
cnninspect check "$file" --max-params 10M --max-macs 1G
