# shellcheck shell=bash
# The quickstart's declaration under Pulumi, with a state folder of its own. Sourced by quickstart.sh.
mkdir -p "$work/state" "$work/program"
export PATH=$root/bin:$PATH PULUMI_BACKEND_URL=file://$work/state PULUMI_CONFIG_PASSPHRASE=quickstart PULUMI_SKIP_UPDATE_CHECK=1
# The provider is found on PATH here, so the example's own path to it is left out.
# shellcheck disable=SC2154
sed -e '/^plugins:/,/^$/d' -e "s/mode: Cold/mode: $mode/" examples/cold-libvirt-to-libvirt/yaml/Pulumi.yaml >"$work/program/Pulumi.yaml"
pl() { pulumi --cwd "$work/program" --non-interactive --color never "$@"; }
run "pulumi stack init" pl stack init quickstart
run "pulumi config set" pl config set dc1 "$LAB_URI_DC1" --stack quickstart
run "pulumi config set" pl config set dc2 "$LAB_URI_DC2" --stack quickstart

preview() { pl preview --stack quickstart || fail "pulumi preview"; }
apply() { pl up --yes --skip-preview --stack quickstart || fail "pulumi up"; }
proof() { pl stack output --stack quickstart || fail "pulumi stack output"; }
remove() { pl destroy --yes --skip-preview --stack quickstart || fail "pulumi destroy"; }
