#!/usr/bin/env bash
# Builds the source distribution and, from that, the wheel; and tests the wheel where the sources are not.
#
#   .github/wheel.sh dist [PYTEST-ARGUMENT…]
#
# In TORCH_INDEX may stand from where torch is to come; it needs PyPA's `build`.
set -euo pipefail

dist=$(mkdir -p "$1" && cd "$1" && pwd)
shift
workplace=$(mktemp -d)
trap 'rm -rf "$workplace"' EXIT

python -m build --outdir "$dist" "$(dirname "$0")/.."
python -m venv "$workplace/venv"
[ -z "${TORCH_INDEX-}" ] || "$workplace/venv/bin/python" -m pip install --quiet torch torchvision --index-url "$TORCH_INDEX"
tar -xzf "$dist"/cnninspect-*.tar.gz -C "$workplace"
cd "$workplace"/cnninspect-*/
rm -r cnninspect # what is tested is what the wheel has
"$workplace/venv/bin/python" -m pip install --quiet "$(echo "$dist"/cnninspect-*.whl)[test]"
export PATH="$workplace/venv/bin:$PATH"
cnninspect summary alexnet --input 1x3x224x224
python -m pytest "$@"
