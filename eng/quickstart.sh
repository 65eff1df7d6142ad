#!/usr/bin/env bash
# quickstart.sh: two real libvirt hosts on this machine, a VM on one of them, and a declared migration there and back,
# driven by the engine that is on PATH: pulumi, else terraform, else tofu. MODE=cold|warm|live.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
work=$root/.quickstart
vm=web-01
started=$SECONDS

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] && [ -z "${NO_COLOR:-}" ] || say() { printf '\n== %s\n' "$*"; }
fail() { printf '\nquickstart failed: %s\n' "$*" >&2; exit 1; }
run() { # what command...: quiet unless it fails
  local what=$1 log; shift
  log=$(mktemp)
  if ! "$@" >"$log" 2>&1; then cat "$log" >&2; rm -f "$log"; fail "$what"; fi
  rm -f "$log"
}

case ${MODE:-cold} in
  cold) mode=Cold ;;
  warm) mode=Warm ;;
  live) mode=Live ;;
  *) fail "there is no MODE=$MODE; there are cold, warm and live" ;;
esac
engine=${ENGINE:-}
for candidate in pulumi terraform tofu; do
  [ -n "$engine" ] || { command -v "$candidate" >/dev/null && engine=$candidate; }
done
[ -n "$engine" ] || fail "no engine on PATH: install pulumi (https://www.pulumi.com/docs/install/), terraform or tofu, and run again"

say "1. Two libvirt hosts, dc1 and dc2, and the VM $vm on dc1"
eng/setup.sh lab
run "the lab did not start" lab/two-hosts.sh guest
run "the lab did not start" lab/two-hosts.sh up
lab=$(lab/two-hosts.sh dir)
# shellcheck disable=SC1091
. "$lab/env.sh"
run "the VM did not come up" lab/two-hosts.sh fresh-guest "$vm" --wait
hosts() {
  for host in dc1 dc2; do
    local uri; [ $host = dc1 ] && uri=$LAB_URI_DC1 || uri=$LAB_URI_DC2
    printf '   %s: %s\n' $host "$(virsh -q -c "$uri" list --all | awk 'NF { name = $2; $1 = $2 = ""; sub(/^ +/, ""); printf "%s%s (%s)", sep, name, $0; sep = ", " } END { if (!sep) printf "no VM" }')"
  done
}
running_on() { [ "$(virsh -q -c "$1" domstate "$vm" 2>/dev/null)" = running ]; }
hosts

rm -rf "$work"; mkdir -p "$work"
if [ "$engine" = pulumi ]; then
  # shellcheck source=eng/quickstart-pulumi.sh
  . eng/quickstart-pulumi.sh
else
  # shellcheck source=eng/quickstart-terraform.sh
  . eng/quickstart-terraform.sh
fi

say "2. Preview: $engine tells what it would do"
preview
say "3. Apply"
apply
hosts
running_on "$LAB_URI_DC2" || fail "$vm does not run on dc2"
running_on "$LAB_URI_DC1" && fail "$vm runs on dc1 as well"
say "4. The proof, as the engine keeps it"
proof
say "5. Take the declaration away: the VM comes home with what it wrote on dc2"
remove
hosts
running_on "$LAB_URI_DC1" || fail "$vm does not run on dc1 again"

printf '\nDone in %d s. Look around: . %s/env.sh && virsh -c "$LAB_URI_DC1" list --all. Stop the hosts: make lab-down\n' \
  $((SECONDS - started)) "$lab"
