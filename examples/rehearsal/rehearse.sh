#!/usr/bin/env bash
# rehearse.sh: breaks a migration on purpose, and shows that the next run finishes it and that the way back works.
# Needs terraform and the provider (dev_overrides in TF_CLI_CONFIG_FILE, or a mirror). Ends with `rehearsed` and status 0.
set -euo pipefail
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
cp "$(dirname "$0")/main.tf" "$work" && cd "$work"
[ -n "${TF_CLI_CONFIG_FILE:-}" ] || terraform init -input=false -no-color >/dev/null
apply() { terraform apply -auto-approve -input=false -no-color "$@"; }
where() { [ "$(terraform output -raw where)" = "$1" ] || { echo "the VM should be at $1"; exit 1; }; }

# The provider's process dies once the VM has been defined at the target, as by kill -9.
if apply -var 'fault=[{ kind = "Kill", call = "EnsureDefined", moment = "After" }]' >log 2>&1; then
  cat log; echo "the fault did not strike"; exit 1
fi

apply >log || { cat log; exit 1; }
where west
terraform plan -detailed-exitcode -input=false -no-color >/dev/null

# The way back, from a target that answers slowly.
apply -var goal=Validated -var 'fault=[{ kind = "Slow", call = "EnsureOff", duration = "1s" }]' >log || { cat log; exit 1; }
where east
terraform destroy -auto-approve -input=false -no-color >log || { cat log; exit 1; }
echo rehearsed
