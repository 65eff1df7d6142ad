#!/usr/bin/env bash
# bench.sh [ROW ...] [--rounds N]: one line of JSON per figure: {"name","unit","ours","peer","ratio","must","ok"}.
# Our side is compiled ahead of time, as the provider is: figures of a program that still compiles itself would not be its figures.
set -euo pipefail
cd "$(dirname "$0")/.."
# A place to send blocks to, in a process of its own.
dotnet build tests/TestEc2 -c Release -o bin/.test-ec2 -v quiet -nologo >&2
dotnet publish tests/Benchmarks -c Release -r linux-x64 -o bin/.bench -v quiet -nologo >&2
exec bin/.bench/VmMigrate.Benchmarks "$@"
