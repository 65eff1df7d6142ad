#!/usr/bin/env bash
# bench.sh [ROW ...]: one line of JSON per figure: {"name","unit","ours","peer","ratio","must","ok"}.
set -euo pipefail
cd "$(dirname "$0")/.."
exec dotnet run -c Release --project tests/Benchmarks -v quiet -- "$@"
