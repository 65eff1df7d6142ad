#!/usr/bin/env bash
# Builds the C# SDK where the package Pulumi can be had. (`make generate` writes its sources.)
set -euo pipefail
cd "$(dirname "$0")/.."

project=$(echo sdk/dotnet/*.csproj)
eng/restore-pulumi.sh "$project" || { code=$?; [ "$code" = 3 ] && exit 0; exit "$code"; }
dotnet build "$project" --no-restore -c Release -nologo -v q
echo "built: $(find sdk/dotnet/bin/Release -name '*.nupkg' | sort | tail -1)"
