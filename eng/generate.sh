#!/usr/bin/env bash
# generate.sh: writes again everything that is derived from the resource model; the tests that compare them do the writing.
set -euo pipefail
cd "$(dirname "$0")/.."
export VMMIGRATE_UPDATE_GOLDEN=1
dotnet build Provider.sln -v quiet -nologo
dotnet run --no-build --project tests/Host.Tests -- -noLogo -class '*Schema*' >/dev/null
dotnet run --no-build --project tests/Sdk.Tests -- -noLogo >/dev/null
git status --short -- schema.json sdk docs
