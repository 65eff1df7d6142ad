#!/usr/bin/env bash
# torture.sh: tries to break every rule, prints the figures, one line of JSON each, and writes them into docs/reliability.md.
# SEED=N replays one random history; HISTORIES=N runs so many (10000 unless said); HOSTS=0 leaves the real hosts out, ONLY=hosts the simulator.
# CASES="Cold, link" leaves those cases of the real hosts that hold one of these words.
# REPORT=FILE keeps the lines, and adds to those that are there: the whole can be run in pieces.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ -n "${REPORT:-}" ]; then report=$(realpath "$REPORT"); else report=$(mktemp) && trap 'rm -f "$report"' EXIT; fi
touch "$report"
export VMMIGRATE_TORTURE_REPORT="$report"
export VMMIGRATE_TORTURE_CASES="${CASES:-}"
dotnet build tests/Platforms.Tests -v quiet -nologo
run() { dotnet run --no-build --project "tests/$1" -- -noColor -noLogo "${@:2}"; }

if [ -n "${SEED:-}" ]; then
    VMMIGRATE_TORTURE_SEED=$SEED run Platforms.Tests -class '*HistoryTests*'
    exit
fi

status=0
if [ "${ONLY:-}" != hosts ]; then
    VMMIGRATE_TORTURE_HISTORIES=${HISTORIES:-10000} run Platforms.Tests -class '*Torture.*' -class '*CrashMatrixTests*' -class '*Simulator.KillTests*' -class '*LeaseTests*' -class '*TwoProcessTests*' || status=1
    run Platforms.Tests -method '*Of_many_that_take_a_lease_at_once*' || status=1
fi
if [ "${HOSTS:-1}" = 0 ]; then
    :
elif [ -x bin/terraform-provider-vmmigrate ] && command -v terraform >/dev/null; then
    dotnet build tests/EndToEnd.Tests -v quiet -nologo
    run EndToEnd.Tests -class '*.Host*Tests' -explicit only || status=1
else
    echo "bin/terraform-provider-vmmigrate or terraform is not there: nothing was tried on real hosts" >&2
fi

run Platforms.Tests -method '*ReliabilityPage*' -explicit only >/dev/null || status=1
cat "$report"
exit $status
