# shellcheck shell=bash
# The quickstart's declaration under Terraform or OpenTofu. Sourced by quickstart.sh.
plugins=$work/plugins/vmmigrate.local/vmmigrate/vmmigrate/$(sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' Directory.Build.props)/linux_amd64
mkdir -p "$plugins"
ln -f bin/terraform-provider-vmmigrate "$plugins/" 2>/dev/null || cp bin/terraform-provider-vmmigrate "$plugins/"
# shellcheck disable=SC2154
sed "s/mode = \"Cold\"/mode = \"$mode\"/" examples/cold-libvirt-to-libvirt/terraform/main.tf >"$work/main.tf"
cat >"$work/terraform.rc" <<RC
disable_checkpoint = true
provider_installation {
  filesystem_mirror {
    path    = "$work/plugins"
    include = ["vmmigrate.local/*/*"]
  }
}
RC
export TF_CLI_CONFIG_FILE=$work/terraform.rc TF_IN_AUTOMATION=1 TF_VAR_dc1=$LAB_URI_DC1 TF_VAR_dc2=$LAB_URI_DC2
tf() { "$engine" -chdir="$work" "$@"; }
run "$engine init" tf init -no-color -input=false

preview() { tf plan -no-color -input=false -out=plan || fail "$engine plan"; }
# The plan's warning and the outputs have been shown, or will be in the next step.
apply() { tf apply -no-color -input=false plan | awk '/^(Warning|Outputs)/ { quiet = 1 } /^Apply complete/ { print; quiet = 1 } !quiet && NF' || fail "$engine apply"; }
proof() { tf output -no-color || fail "$engine output"; }
remove() { tf destroy -no-color -input=false -auto-approve | grep -E '^vmmigrate_|^Plan:|^Destroy|Error' || fail "$engine destroy"; }
