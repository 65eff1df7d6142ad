#!/usr/bin/env bash
# torture.sh: tries to break every rule, prints the figures, one line of JSON each, and writes them into docs/reliability.md.
# SEED=N replays one random history; HISTORIES=N runs so many (10000 unless said); HOSTS=0 leaves the real hosts out, ONLY=hosts the simulator.
# CASES="Cold, link" leaves those cases of the real hosts that hold one of these words. LANES=N works on so many labs of two hosts at once (2 unless said).
# REPORT=FILE keeps the lines: run again with the same file, it goes on where it was stopped, and runs nothing twice that went well.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ -n "${REPORT:-}" ]; then report=$(realpath "$REPORT"); else report=$(mktemp) && trap 'rm -f "$report"' EXIT; fi
touch "$report"
export VMMIGRATE_TORTURE_CASES="${CASES:-}"
VMMIGRATE_TORTURE_COMMIT=$(git describe --always --dirty=+ 2>/dev/null || :)
export VMMIGRATE_TORTURE_COMMIT
dotnet build tests/Platforms.Tests -v quiet -nologo
run() { dotnet run --no-build --project "tests/$1" -- -noColor -noLogo "${@:2}"; }

if [ -n "${SEED:-}" ]; then
    VMMIGRATE_TORTURE_SEED=$SEED run Platforms.Tests -class '*HistoryTests*'
    exit
fi

status=0

# part NAME COMMAND...: what it measures counts when all of it went well, and then it is not run again.
part() {
    local name=$1 lines since=$SECONDS
    shift
    if grep -q "\"part\":\"$name\"" "$report"; then
        echo "$name: done by an earlier run" >&2
        return
    fi

    lines=$(mktemp)
    if VMMIGRATE_TORTURE_REPORT=$lines "$@"; then
        cat "$lines" >>"$report"
        echo "{\"part\":\"$name\",\"seconds\":$((SECONDS - since))}" >>"$report"
    else
        status=1
    fi

    rm -f "$lines"
}

# lane I: this lane's share of the cases on real hosts, in a lab of its own. Each case counts by itself.
lane() {
    local lines=$report.lane$1
    VMMIGRATE_TORTURE_LANE=$1/$lanes VMMIGRATE_TORTURE_DONE=$report VMMIGRATE_TORTURE_REPORT=$lines \
        run EndToEnd.Tests -class '*.HostTortureTests' -class '*.HostFaultTests' -explicit only
}

gather() {
    for lines in "$report".lane*; do
        if [ -e "$lines" ]; then
            cat "$lines" >>"$report"
            rm "$lines"
        fi
    done
}

histories() { VMMIGRATE_TORTURE_FIRST=$1 VMMIGRATE_TORTURE_HISTORIES=$2 run Platforms.Tests -class '*HistoryTests*'; }

if [ "${ONLY:-}" != hosts ]; then
    all=${HISTORIES:-10000} piece=2500
    for ((first = 1; first <= all; first += piece)); do
        count=$((all - first + 1 < piece ? all - first + 1 : piece))
        part "histories $first-$((first + count - 1))" histories "$first" "$count"
    done

    part "crash matrix" run Platforms.Tests -class '*CrashMatrixTests*'
    part "lies" run Platforms.Tests -class '*LieMatrixTests*'
    part "200 at once" run Platforms.Tests -class '*ManyAtOnceTests*'
    part "processes" run Platforms.Tests -class '*Simulator.KillTests*' -class '*LeaseTests*' -class '*TwoProcessTests*'
    part "takers of a lease" run Platforms.Tests -method '*Of_many_that_take_a_lease_at_once*'
fi

if [ "${HOSTS:-1}" = 0 ]; then
    :
elif [ -x bin/terraform-provider-vmmigrate ] && command -v terraform >/dev/null; then
    dotnet build tests/EndToEnd.Tests -v quiet -nologo
    gather
    lanes=${LANES:-2} since=$SECONDS running=()
    for ((one = 0; one < lanes; one++)); do
        lane "$one" & running+=($!)
    done

    for process in "${running[@]}"; do
        wait "$process" || status=1
    done

    gather
    echo "{\"part\":\"hosts that fail and kills on real hosts\",\"lanes\":$lanes,\"seconds\":$((SECONDS - since))}" >>"$report"
    if [ -z "${CASES:-}" ]; then
        part "rollbacks on real hosts" run EndToEnd.Tests -class '*.HostRollbackTests' -explicit only
        part "two runs on real hosts" run EndToEnd.Tests -class '*.HostTwoRunsTests' -explicit only
    fi
else
    echo "bin/terraform-provider-vmmigrate or terraform is not there: nothing was tried on real hosts" >&2
fi

VMMIGRATE_TORTURE_REPORT=$report run Platforms.Tests -method '*ReliabilityPage*' -explicit only >/dev/null || status=1
cat "$report"
exit $status
