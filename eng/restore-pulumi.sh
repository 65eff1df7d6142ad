#!/usr/bin/env bash
# restore-pulumi.sh PROJECT: restores a project that needs the package Pulumi.
# Ends with 0 when it is restored, with 3 and the reason on stdout when that package cannot be had here, with 1 when something else is wrong.
set -euo pipefail
project=$1

if output=$(dotnet restore "$project" -nologo 2>&1); then
  exit 0
fi

# NU1101, NU1102, NU1103: the sources do not have it (at all, in this version, as a release). NU1301: a source cannot be reached.
if reason=$(grep -oE 'NU110[123]: [^[]*\bPulumi\b[^[]*|NU1301: [^[]*' <<<"$output" | head -1) && [ -n "$reason" ]; then
  echo "not built: the package Pulumi cannot be restored here (${reason%"${reason##*[![:space:]]}"})"
  exit 3
fi

echo "$output" >&2
exit 1
