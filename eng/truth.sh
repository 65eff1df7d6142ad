#!/usr/bin/env bash
# truth.sh [MOVES [SEED]]: previews moves, makes them, and compares; on the simulator and between the lab's two hosts. Writes docs/preview-truth.md.
set -euo pipefail
cd "$(dirname "$0")/.."

# A lab of its own, so that the quickstart's is left alone; the built guest is shared.
export LAB_GUEST=${LAB_GUEST:-$(lab/two-hosts.sh dir)/guest} LAB_PORT=${LAB_PORT:-49100}
LAB_DIR=${TRUTH_LAB_DIR:-/var/tmp/vmmigrate-truth-$(id -u)}
export LAB_DIR

dotnet build tests/Truth -c Release -v quiet -nologo >&2
trap 'lab/two-hosts.sh wipe >&2 || true' EXIT
lab/two-hosts.sh guest >&2
lab/two-hosts.sh up >&2
. "$LAB_DIR/env.sh"
vms=(truth-01 truth-02 truth-03 truth-04 truth-05 truth-06 truth-07)
for vm in "${vms[@]}"; do
  lab/two-hosts.sh fresh-guest "$vm" --start --wait >&2
done
IFS=,
dotnet run --no-build -c Release --project tests/Truth -- --moves "${1:-30}" --seed "${2:-1}" --lab "$LAB_URI_DC1" "$LAB_URI_DC2" "${vms[*]}" --write
