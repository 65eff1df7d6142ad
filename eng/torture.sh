#!/usr/bin/env bash
# torture.sh: tries to break every rule, and prints the figures of docs/reliability.md, one line of JSON each.
# SEED=N replays one random history; HISTORIES=N runs so many (10000 unless said).
set -euo pipefail
cd "$(dirname "$0")/.."
report=$(mktemp) && trap 'rm -f "$report"' EXIT
export VMMIGRATE_TORTURE_REPORT="$report"
dotnet build tests/Platforms.Tests -v quiet -nologo
run() { dotnet run --no-build --project "tests/$1" -- -noColor -noLogo "${@:2}"; }

if [ -n "${SEED:-}" ]; then
    VMMIGRATE_TORTURE_SEED=$SEED run Platforms.Tests -class '*HistoryTests*'
    exit
fi

status=0
VMMIGRATE_TORTURE_HISTORIES=${HISTORIES:-10000} run Platforms.Tests -class '*Torture.*' -class '*CrashMatrixTests*' -class '*KillTests*' -class '*LeaseTests*' -class '*TwoProcessTests*' || status=1
if [ -x bin/terraform-provider-vmmigrate ] && command -v terraform >/dev/null; then
    dotnet build tests/EndToEnd.Tests -v quiet -nologo
    run EndToEnd.Tests -class '*HostTortureTests*' -explicit on || status=1
else
    echo "bin/terraform-provider-vmmigrate or terraform is not there: nothing was tried on real hosts" >&2
fi

cat "$report"
exit $status
