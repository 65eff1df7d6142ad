#!/usr/bin/env bash
# Writes schema.json from the model and sdk/dotnet from schema.json, then builds the SDK where the package Pulumi can be had.
set -euo pipefail
cd "$(dirname "$0")/.."

schema=$(mktemp)
trap 'rm -f "$schema"' EXIT
dotnet run --project provider/Host -v q -- schema >"$schema"
cp "$schema" schema.json
dotnet run --project tools/SdkGenerator -v q -- schema.json sdk/dotnet

project=$(echo sdk/dotnet/*.csproj)
eng/restore-pulumi.sh "$project" || { code=$?; [ "$code" = 3 ] && exit 0; exit "$code"; }
dotnet build "$project" --no-restore -c Release -nologo -v q
echo "built: $(find sdk/dotnet/bin/Release -name '*.nupkg' | sort | tail -1)"
