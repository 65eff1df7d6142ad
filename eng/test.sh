#!/usr/bin/env bash
# test.sh: builds and runs every test project; the last line is `N passed, N failed, N skipped`.
set -uo pipefail
cd "$(dirname "$0")/.."

echo "building the tests"
if ! dotnet build Provider.sln -v quiet -nologo; then
  echo "the solution does not build"
  echo "0 passed, 1 failed, 0 skipped"
  exit 1
fi

passed=0 failed=0 skipped=0
for project in tests/*.Tests/*.csproj; do
  name=$(basename "$project" .csproj)
  log=$(mktemp)
  echo "== $name"
  timeout --signal=TERM --kill-after=30 "${TEST_LIMIT:-20m}" \
    dotnet run --no-build --project "$project" -- -noColor -noLogo 2>&1 | tee "$log" | grep -E '^\s+.*\[(FAIL|SKIP)\]|^\s{6,}' || true
  status=${PIPESTATUS[0]}
  summary=$(grep -E 'Total: [0-9]+' "$log" | tail -1)
  if [[ $summary =~ Total:\ ([0-9]+),\ Errors:\ ([0-9]+),\ Failed:\ ([0-9]+),\ Skipped:\ ([0-9]+),\ Not\ Run:\ ([0-9]+) ]]; then
    # Not run are those that are asked for by name alone (`make torture`): they count as nothing.
    total=$((BASH_REMATCH[1] - BASH_REMATCH[5])) errors=${BASH_REMATCH[2]} bad=${BASH_REMATCH[3]} left=${BASH_REMATCH[4]}
    echo "   $((total - bad - left)) passed, $((bad + errors)) failed, $left skipped"
    [ $((bad + errors)) = 0 ] && [ "$status" != 0 ] && { echo "   ended with status $status"; errors=1; }
    passed=$((passed + total - bad - left)) failed=$((failed + bad + errors)) skipped=$((skipped + left))
  else
    echo "   did not end (status $status); its last words:"
    tail -20 "$log" | sed 's/^/   /'
    failed=$((failed + 1))
  fi
  rm -f "$log"
done

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
