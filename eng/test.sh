#!/usr/bin/env bash
# test.sh: builds and runs every test project; the last line is `N passed, N failed, N skipped`.
# Two run side by side: those of the platforms wait most of their time, for guests that boot and for links, and so do those end to end. Each project's lines come when it has ended.
set -uo pipefail
cd "$(dirname "$0")/.."

echo "building the tests"
if ! dotnet build Provider.sln -v quiet -nologo; then
  echo "the solution does not build"
  echo "0 passed, 1 failed, 0 skipped"
  exit 1
fi

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT

# Runs one project; what it has to say into $results/NAME, its counts into $results/NAME.counts.
run() {
  local name=$1 log="$results/$1.log" status summary total errors bad left
  timeout --signal=TERM --kill-after=30 "${TEST_LIMIT:-25m}" \
    dotnet run --no-build --project "tests/$name/VmMigrate.$name.csproj" -- -noColor -noLogo >"$log" 2>&1 </dev/null
  status=$?
  summary=$(grep -E 'Total: [0-9]+' "$log" | tail -1)
  {
    echo "== VmMigrate.$name"
    grep -E '^\s+.*\[(FAIL|SKIP)\]|^\s{6,}' "$log"
    if [[ $summary =~ Total:\ ([0-9]+),\ Errors:\ ([0-9]+),\ Failed:\ ([0-9]+),\ Skipped:\ ([0-9]+),\ Not\ Run:\ ([0-9]+) ]]; then
      # Not run are those that are asked for by name alone (`make torture`): they count as nothing.
      total=$((BASH_REMATCH[1] - BASH_REMATCH[5])) errors=${BASH_REMATCH[2]} bad=${BASH_REMATCH[3]} left=${BASH_REMATCH[4]}
      echo "   $((total - bad - left)) passed, $((bad + errors)) failed, $left skipped, in ${summary##*Time: }"
      [ $((bad + errors)) = 0 ] && [ "$status" != 0 ] && { echo "   ended with status $status"; errors=1; }
      echo "$((total - bad - left)) $((bad + errors)) $left" >"$results/$name.counts"
    else
      echo "   did not end (status $status); its last words:"
      tail -20 "$log" | sed 's/^/   /'
      echo "0 1 0" >"$results/$name.counts"
    fi
  } >"$results/$name"
  flock "$results" cat "$results/$name"
}

lane() { for name in "$@"; do run "$name"; done; }

others=()
for project in tests/*.Tests; do
  [ "$project" = tests/Platforms.Tests ] || others+=("$(basename "$project")")
done

lane Platforms.Tests &
beside=$!
trap 'pkill -TERM -P "$beside"; exit 130' INT TERM
lane "${others[@]}"
wait

passed=0 failed=0 skipped=0
for name in Platforms.Tests "${others[@]}"; do
  read -r good bad left <"$results/$name.counts" || { good=0 bad=1 left=0; echo "$name left no result"; }
  passed=$((passed + good)) failed=$((failed + bad)) skipped=$((skipped + left))
done

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
