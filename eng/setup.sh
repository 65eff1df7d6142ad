#!/usr/bin/env bash
# setup.sh [build|lab|test]: installs the Debian packages that are missing for that (default: all of them).
# Does nothing, and needs no root, when all are there.
set -euo pipefail
cd "$(dirname "$0")/.."

build=(gcc libc6-dev zlib1g-dev)
lab=(
  qemu-system-x86 qemu-utils qemu-block-extra libvirt-daemon libvirt-daemon-driver-qemu libvirt-clients libvirt0
  busybox-static syslinux syslinux-common mtools dosfstools e2fsprogs fdisk cpio jq curl ca-certificates
)
tests=(libnbd-bin nbdkit ovmf openssh-server openssh-client netcat-openbsd iproute2 procps zip unzip openssl zstd golang-go golang-github-vmware-govmomi-dev)
# The wire tests want Node 20; with Debian's older one they are skipped and say so.
command -v node >/dev/null || tests+=(nodejs npm)
# Looking into guests: libguestfs boots a kernel of this machine under QEMU.
tests+=(guestfish)
compgen -G '/boot/vmlinuz-*' >/dev/null || tests+=("linux-image-$(dpkg --print-architecture)")
# The preflight report is looked at in a real browser.
command -v chromium >/dev/null || command -v google-chrome >/dev/null || tests+=(chromium)

case ${1:-all} in
  build) wanted=("${build[@]}") ;;
  lab) wanted=("${lab[@]}") ;;
  test | all) wanted=("${build[@]}" "${lab[@]}" "${tests[@]}") ;;
  *) echo "setup: unknown set $1 (build, lab or test)" >&2; exit 2 ;;
esac

fail() { echo "setup: $*" >&2; exit 1; }
command -v dotnet >/dev/null || fail "the .NET 10 SDK is not on PATH. See https://dotnet.microsoft.com/download/dotnet/10.0"
dotnet --version 2>/dev/null | grep -q '^10\.' || fail "the .NET SDK is not version 10: $(dotnet --version 2>&1 | head -1)"

missing=()
for package in "${wanted[@]}"; do
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done
if [ ${#missing[@]} != 0 ]; then
  command -v apt-get >/dev/null || fail "no apt-get here; install by hand what Debian calls: ${missing[*]}"
  sudo=(); [ "$(id -u)" = 0 ] || sudo=(sudo)
  echo "installing: ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  log=$(mktemp)
  # No recommended packages: they bring in system services that the lab never uses.
  if ! { "${sudo[@]}" apt-get update -q && "${sudo[@]}" apt-get install -y -q --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
    tail -20 "$log" >&2; rm -f "$log"
    fail "apt-get could not install: ${missing[*]}"
  fi
  rm -f "$log"
fi

# Started by root, the lab's hosts run as an ordinary account.
if [ "${1:-all}" != build ] && [ "$(id -u)" = 0 ] && ! id "${LAB_USER:-lab}" >/dev/null 2>&1; then
  useradd --create-home --shell /bin/bash "${LAB_USER:-lab}"
fi
