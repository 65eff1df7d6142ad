#!/usr/bin/env bash
# Builds every C# example against sdk/dotnet where the package Pulumi can be had.
set -euo pipefail
cd "$(dirname "$0")/.."

find examples -name '*.csproj' | sort | while read -r project; do
  echo "$project"
  eng/restore-pulumi.sh "$project" || { code=$?; [ "$code" = 3 ] && continue; exit "$code"; }
  dotnet build "$project" --no-restore -nologo -v q
done
