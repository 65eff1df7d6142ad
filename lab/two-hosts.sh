#!/usr/bin/env bash
# two-hosts.sh - two "KVM hosts", dc1 and dc2, on one machine.
#
# Two unprivileged libvirtd session daemons run side by side as one ordinary
# user. Each has its own sockets, configuration, state, host UUID, migration
# ports and an active storage pool "images", so libvirt takes them for two
# machines. Guests run under TCG (no hardware acceleration needed): a Debian
# cloud kernel with a busybox user space and the real qemu-guest-agent on a disk
# that boots by itself under SeaBIOS.
#
# Usage: two-hosts.sh [-d LAB_DIR] COMMAND
#   install       install the Debian packages that are missing (root only)
#   install-test  the same, and what only the tests need
#   guest         build the test guest (disk image, kernel, initrd); idempotent
#   up            start both daemons; idempotent; writes LAB_DIR/env.sh
#   status        what runs; exit 0 only if both daemons answer
#   down          stop guests and daemons started from this LAB_DIR, only those
#   fresh-guest NAME [--on HOST] [--bus virtio|scsi|ide] [--format qcow2|raw] [--start] [--wait]
#                 a new copy of the guest, in place of an earlier one of that
#                 name on either host; --wait also waits until it is up
#   forget NAME   remove a guest and its files from both hosts
#   wipe          down, then delete everything but the built guest
#   cut, mend     take the cable between two machines away, and put it back
#   dir           print LAB_DIR
#   xml HOST NAME DISK [FORMAT] [BOOT] [BUS]   print a domain definition
#
# Environment: LAB_DIR    work folder (default .lab in the repository; where that
#                         is closed to LAB_USER, a folder under /var/tmp)
#              LAB_USER   account used when started by root (default lab)
#              LAB_PORT   first of 64 TCP ports used (default 49300)
#              LAB_MEM    guest memory in MiB (default 128)
#              LAB_GUEST  folder of the built guest (default LAB_DIR/guest), so
#                         that several labs share one
#              LAB_APART  1: two machines (root only). Each daemon is a system
#                         one, started by root with folders of its own in a
#                         network of its own, and a cable (veth) joins the two
#
# Started by root, every command but "install" re-runs itself as LAB_USER,
# unless the machines are apart.
set -euo pipefail
export LC_ALL=C

LAB_USER=${LAB_USER:-lab}
LAB_PORT=${LAB_PORT:-49300}
LAB_MEM=${LAB_MEM:-128}
LAB_DIR=${LAB_DIR:-}
LAB_GUEST=${LAB_GUEST:-}
LAB_APART=${LAB_APART:-}
SELF=$(readlink -f "${BASH_SOURCE[0]}")
HOSTS=(dc1 dc2)

die() { printf 'two-hosts: %s\n' "$*" >&2; exit 1; }
say() { printf '%s\n' "$*"; }
now_ms() { date +%s%3N; }
usage() { sed -n '2,/^set -e/{/^#/{s/^# \{0,1\}//;p}}' "$SELF"; }

while getopts d:h opt; do
  case $opt in
    d) LAB_DIR=$OPTARG ;;
    h) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
done
shift $((OPTIND - 1))
COMMAND=${1:-}
[ -n "$COMMAND" ] || { usage >&2; exit 2; }
shift

# ------------------------------------------------------------------ install --
PACKAGES=(
  qemu-system-x86 qemu-utils qemu-block-extra
  libvirt-daemon libvirt-daemon-driver-qemu libvirt-clients libvirt0
  busybox-static syslinux syslinux-common mtools dosfstools e2fsprogs fdisk cpio
  ca-certificates
)
TEST_PACKAGES=(libnbd-bin nbdkit ovmf openssh-client openssh-server netcat-openbsd iproute2)

cmd_install() { # packages...
  local missing=() package
  for package; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
  done
  if [ ${#missing[@]} != 0 ]; then
    [ "$(id -u)" = 0 ] || die "these packages are missing, and installing them needs root: ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -q
    # No recommended packages: they bring in system services the lab never uses.
    apt-get install -y -q --no-install-recommends "${missing[@]}"
  fi
  if [ "$(id -u)" = 0 ] && ! id "$LAB_USER" >/dev/null 2>&1; then
    useradd --create-home --shell /bin/bash "$LAB_USER"
  fi
}

case $COMMAND in
  install) cmd_install "${PACKAGES[@]}"; exit 0 ;;
  install-test) cmd_install "${PACKAGES[@]}" "${TEST_PACKAGES[@]}"; exit 0 ;;
esac

# ---------------------------------------------------------- the work folder --
reaches() { # folder: can the account that runs the lab get there?
  if [ "$(id -u)" = 0 ]; then runuser -u "$LAB_USER" -- test -x "$1"; else test -w "$1"; fi
}

[ -z "$LAB_APART" ] || [ "$(id -u)" = 0 ] || die "two machines (LAB_APART) need root, for their networks"
if [ "$(id -u)" = 0 ] && [ -z "$LAB_APART" ]; then
  id "$LAB_USER" >/dev/null 2>&1 || die "no user $LAB_USER; run install first"
fi
if [ -z "$LAB_DIR" ]; then
  [ -z "$LAB_APART" ] || die "two machines need a folder of their own: set LAB_DIR"
  REPOSITORY=$(dirname "$(dirname "$SELF")")
  LAB_DIR=$REPOSITORY/.lab
  reaches "$REPOSITORY" || LAB_DIR=/var/tmp/vmmigrate-lab-$(printf %s "$REPOSITORY" | sha256sum | cut -c1-8)
fi
mkdir -p "$LAB_DIR"
LAB_DIR=$(readlink -f "$LAB_DIR")
if [ "$COMMAND" = dir ]; then say "$LAB_DIR"; exit 0; fi

if [ "$(id -u)" = 0 ] && [ -z "$LAB_APART" ]; then
  # A folder under /var/tmp may have been made by anybody: it must be ours.
  case $(stat -c %U "$LAB_DIR") in root | "$LAB_USER") ;; *) die "$LAB_DIR belongs to $(stat -c %U "$LAB_DIR")" ;; esac
  chown "$LAB_USER:" "$LAB_DIR"
  if [ -n "$LAB_GUEST" ]; then
    mkdir -p "$LAB_GUEST"; LAB_GUEST=$(readlink -f "$LAB_GUEST"); chown "$LAB_USER:" "$LAB_GUEST"
  fi
  # The user needs the script too, and it may lie where that user cannot look.
  install -m 0755 -o "$LAB_USER" "$SELF" "$LAB_DIR/.two-hosts.sh"
  runuser -u "$LAB_USER" -- test -w "$LAB_DIR" ||
    die "user $LAB_USER cannot reach $LAB_DIR (a parent folder is closed to it)"
  cd "$LAB_DIR"
  exec runuser -u "$LAB_USER" -- env -u XDG_RUNTIME_DIR -u XDG_CONFIG_HOME \
    -u XDG_CACHE_HOME -u XDG_DATA_HOME HOME="$LAB_DIR" \
    LAB_USER="$LAB_USER" LAB_PORT="$LAB_PORT" LAB_MEM="$LAB_MEM" LAB_GUEST="$LAB_GUEST" \
    bash "$LAB_DIR/.two-hosts.sh" -d "$LAB_DIR" "$COMMAND" "$@"
fi

# ------------------------------------------------------------------- layout --
# A unix socket's path holds at most 107 characters, and libvirt's longest (the
# guest agent's: XDG_CONFIG_HOME/libvirt/qemu/channel/target/domain-ID-NAME/...)
# takes 86 with a long domain name; under a long LAB_DIR the daemons' folders
# move to a short one in /tmp.
RUN=$LAB_DIR/r
if [ ${#RUN} -gt 20 ]; then
  RUN=/tmp/lab-$(printf '%s %s' "$(id -u)" "$LAB_DIR" | sha256sum | cut -c1-8)
fi
GUEST=${LAB_GUEST:-$LAB_DIR/guest}
declare -A HOST_UUID=(
  [dc1]=dc100000-0000-4000-8000-0000000000d1
  [dc2]=dc200000-0000-4000-8000-0000000000d2
)

# Of two machines: each has an address on the cable, and a network named by the work folder.
declare -A ADDRESS=([dc1]=10.77.0.1 [dc2]=10.77.0.2)
network() { printf 'vmm-%s-%s' "$(printf %s "$LAB_DIR" | sha256sum | cut -c1-8)" "$1"; }

uri() {
  if [ -n "$LAB_APART" ]; then printf 'qemu+unix:///system?socket=%s/%s/run/libvirt-sock' "$RUN" "$1"
  else printf 'qemu+unix:///session?socket=%s/%s/run/libvirt/libvirt-sock' "$RUN" "$1"; fi
}
images() { printf '%s/%s/images' "$LAB_DIR" "$1"; }
console() { printf '%s/%s/log/%s.console' "$LAB_DIR" "$1" "$2"; }   # host domain
host_env() { # host command... : run a command in that host's surroundings
  local h=$1 f; shift
  if [ -n "$LAB_APART" ]; then
    # A system daemon's folders are fixed, and so is the account that it looks for: in this mount namespace they are the machine's own.
    for f in passwd group; do grep -v ^libvirt-qemu: "/etc/$f" >"$RUN/$h/$f"; done
    echo libvirt-qemu:x:64055:64055::/nonexistent:/bin/false >>"$RUN/$h/passwd"
    echo libvirt-qemu:x:64055: >>"$RUN/$h/group"
    for f in etc/libvirt var/lib/libvirt var/cache/libvirt var/log/libvirt run/libvirt; do mkdir -p "/$f"; done
    # shellcheck disable=SC2016
    ip netns exec "$(network "$h")" sh -ec 'd=$1; shift
      mount --bind "$d/libvirt" /etc/libvirt; mount --bind "$d/data" /var/lib/libvirt; mount --bind "$d/cache" /var/cache/libvirt
      mount --bind "$d/log" /var/log/libvirt; mount --bind "$d/run" /run/libvirt
      mount --bind "$d/passwd" /etc/passwd; mount --bind "$d/group" /etc/group; exec "$@"' sh "$RUN/$h" "$@"
    return
  fi
  env XDG_RUNTIME_DIR="$RUN/$h/run" XDG_CONFIG_HOME="$RUN/$h" \
    XDG_CACHE_HOME="$RUN/$h/cache" XDG_DATA_HOME="$RUN/$h/data" "$@"
}
v() { local h=$1; shift; virsh -q -c "$(uri "$h")" "$@"; }          # v HOST virsh-args
is_host() { case $1 in dc1 | dc2) ;; *) die "no host $1: there are ${HOSTS[*]}" ;; esac; }

# ------------------------------------------------------------ the test guest --
# What the guest does once up (see guest_init): prints LAB-BOOT, LAB-SHA ok and
# LAB-READY on the serial console, then LAB-TICK every second, each tick also
# appended to /data/ticks.log on the disk; answers HTTP on port 80 with its
# state; runs qemu-guest-agent; shuts down on the ACPI power button.
GUEST_MODULES=(
  virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci
  virtio_blk failover net_failover virtio_net virtio_console
  scsi_common scsi_mod sd_mod virtio_scsi libata ata_piix evdev button
)

initramfs_init() {
  cat <<'EOF'
#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t devtmpfs dev /dev
mount -t proc proc /proc
mount -t sysfs sys /sys
while read -r m; do insmod "/lib/$m.ko" || echo "LAB-INITRD no module $m"; done </lib/order
i=0
until dev=$(findfs LABEL=labroot 2>/dev/null); do
  i=$((i + 1)); [ $i -gt 100 ] && { echo LAB-INITRD no root disk; poweroff -f; }
  usleep 100000
done
echo "LAB-ROOT $dev"
mount -t ext4 "$dev" /root || { echo LAB-INITRD cannot mount "$dev"; poweroff -f; }
umount /proc /sys
mount --move /dev /root/dev
exec switch_root /root /sbin/init
EOF
}

guest_init() {
  cat <<'EOF'
#!/bin/busybox sh
export PATH=/sbin:/bin:/usr/sbin:/usr/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t tmpfs tmpfs /run
n=$(cat /data/boots 2>/dev/null || echo 0); n=$((n + 1)); echo $n >/data/boots; sync
echo "LAB-BOOT $n id=$(cat /proc/sys/kernel/random/boot_id) up=$(cut -d' ' -f1 /proc/uptime)"
echo "LAB-MARKER $(cat /data/marker)"
if (cd /data && sha256sum -c -s payload.sha256); then sha=ok; else sha=BAD; fi
echo "LAB-SHA $sha $(cut -c1-64 /data/payload.sha256)"
hostname labguest
ip link set lo up
ip link set eth0 up && udhcpc -i eth0 -n -q -t 3 -s /etc/udhcpc.sh >/dev/null 2>&1
echo "LAB-NET $(ip -4 -o addr show eth0 | tr -s ' ' | cut -d' ' -f4)"
echo "$sha" >/run/sha
httpd -p 80 -h /www
acpid -d -l /dev/null >/dev/null 2>&1 &
for p in /sys/class/virtio-ports/*; do
  [ "$(cat "$p/name" 2>/dev/null)" = org.qemu.guest_agent.0 ] &&
    qemu-ga -d -m virtio-serial -p "/dev/${p##*/}" -t /run -f /run/qga.pid -l /run/qga.log
done
echo "LAB-READY up=$(cut -d' ' -f1 /proc/uptime)"
i=0
while :; do
  i=$((i + 1)); echo $i >/run/tick
  echo "LAB-TICK $i up=$(cut -d' ' -f1 /proc/uptime)"
  # The file /data/quiet stops the steady writing, to see an empty increment.
  [ -e /data/quiet ] || { echo "boot=$n tick=$i" >>/data/ticks.log; sync; }
  sleep 1
done
EOF
}

# Debian binary packages unpacked, never installed: the kernel is not for this
# machine and the agent must not start here.
fetch_deb() { # package, target folder
  local deb
  mkdir -p "$LAB_DIR/cache" "$2"
  (cd "$LAB_DIR/cache" && apt-get download -q "$1" >/dev/null 2>&1) || die "cannot download $1"
  deb=$(find "$LAB_DIR/cache" -name "$1_*.deb" -printf '%T@ %p\n' | sort -n | tail -1 | cut -d' ' -f2-)
  dpkg-deb -x "$deb" "$2"
}

cmd_guest() {
  local t0 kpkg w root bin lib m
  t0=$(now_ms)
  mkdir -p "$GUEST"
  # Two labs may share one guest and build it at the same time.
  exec 8>"$GUEST/.lock"; flock 8
  [ -s "$GUEST/guest.qcow2" ] && { say "guest: already built in $GUEST"; exec 8>&-; return; }
  w=$LAB_DIR/build; rm -rf "$w"; mkdir -p "$w/k" "$w/ga" "$w/ird/bin" "$w/ird/lib" \
    "$w/ird/dev" "$w/ird/proc" "$w/ird/sys" "$w/ird/root"
  kpkg=$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends:/{print $2; exit}')
  [ -n "$kpkg" ] || die "no linux-image-cloud-amd64 in the package lists: run apt-get update"
  fetch_deb "$kpkg" "$w/k"
  fetch_deb qemu-guest-agent "$w/ga"
  cp "$w/k/boot/vmlinuz-"* "$GUEST/vmlinuz"

  # initrd: busybox, the modules, and a switch to the root file system on disk
  cp "$(command -v busybox)" "$w/ird/bin/busybox"
  for m in "${GUEST_MODULES[@]}"; do
    find "$w/k/lib/modules" -name "$m.ko" -exec cp {} "$w/ird/lib/" \;
    [ -s "$w/ird/lib/$m.ko" ] || die "kernel package has no module $m"
    echo "$m" >>"$w/ird/lib/order"
  done
  initramfs_init >"$w/ird/init"; chmod 755 "$w/ird/init"
  (cd "$w/ird" && find . | cpio --quiet -o -H newc -R 0:0 | gzip -9) >"$GUEST/initrd.img"

  # root file system: busybox, qemu-ga with its libraries, and the payload
  root=$w/root
  mkdir -p "$root"/{bin,sbin,dev,proc,sys,run,tmp,etc/acpi/PWRF,data,www/cgi-bin,usr/sbin,lib64,lib/x86_64-linux-gnu,var/run}
  cp "$w/ird/bin/busybox" "$root/bin/"
  for bin in $("$root/bin/busybox" --list); do
    case $bin in busybox|init|shutdown) ;; *) ln -sf busybox "$root/bin/$bin" ;; esac
  done
  cp "$w/ga/usr/sbin/qemu-ga" "$root/usr/sbin/"
  for lib in $(ldd "$root/usr/sbin/qemu-ga" | grep -o '/[^ ]*'); do
    cp -L "$lib" "$root/lib/x86_64-linux-gnu/"
  done
  cp -L /lib64/ld-linux-x86-64.so.2 "$root/lib64/"
  guest_init >"$root/sbin/init"
  # what qemu-guest-agent and the power button call to shut the guest down
  printf '%s\n' '#!/bin/sh' 'echo LAB-SHUTDOWN "$@" >/dev/console' 'sync' \
    'mount -o remount,ro / 2>/dev/null' 'poweroff -f' >"$root/sbin/shutdown"
  printf '%s\n' '#!/bin/sh' 'exec /sbin/shutdown acpi' >"$root/etc/acpi/PWRF/00000080"
  # shellcheck disable=SC2016
  printf '%s\n' '#!/bin/sh' '[ "$1" = bound ] && ip addr add "$ip/${mask:-24}" dev $interface &&' \
    '{ [ -z "$router" ] || ip route add default via $router; }; :' >"$root/etc/udhcpc.sh"
  # shellcheck disable=SC2016
  printf '%s\n' '#!/bin/sh' 'echo "Content-type: text/plain"' 'echo' \
    'echo "boots=$(cat /data/boots) tick=$(cat /run/tick) sha=$(cat /run/sha) marker=$(cat /data/marker) id=$(cat /proc/sys/kernel/random/boot_id)"' \
    >"$root/www/cgi-bin/state"
  chmod 755 "$root/sbin/init" "$root/sbin/shutdown" "$root/etc/acpi/PWRF/00000080" \
    "$root/etc/udhcpc.sh" "$root/www/cgi-bin/state"
  echo 'root:x:0:0:root:/:/bin/sh' >"$root/etc/passwd"
  printf 'NAME="Lab Linux"\nID=lablinux\nID_LIKE=linux\nVERSION_ID=1\n' >"$root/etc/os-release"
  echo "lab-$(cat /proc/sys/kernel/random/uuid)" | tee "$GUEST/marker" >"$root/data/marker"
  head -c 4M /dev/urandom >"$root/data/payload"
  (cd "$root/data" && sha256sum payload | tee "$GUEST/payload.sha256" >payload.sha256)

  # disk: MBR, FAT boot partition with syslinux, ext4 root; no root, no loop device
  local disk=$w/disk.raw fat=$w/fat.img ext=$w/ext.img
  truncate -s 192M "$disk"
  printf 'label: dos\nlabel-id: 0x1ab00001\nstart=2048, size=81920, type=6, bootable\nstart=83968, type=83\n' |
    /usr/sbin/sfdisk -q "$disk"
  dd if=/usr/lib/syslinux/mbr/mbr.bin of="$disk" bs=440 count=1 conv=notrunc status=none
  truncate -s $((81920 * 512)) "$fat"
  /usr/sbin/mkfs.fat -F 16 -n LABBOOT -h 2048 "$fat" >/dev/null
  printf '%s\n' 'SERIAL 0 115200' 'DEFAULT lab' 'PROMPT 0' 'TIMEOUT 1' 'LABEL lab' \
    '  LINUX vmlinuz' '  INITRD initrd.img' '  APPEND console=ttyS0,115200 quiet panic=-1' >"$w/syslinux.cfg"
  mcopy -i "$fat" "$GUEST/vmlinuz" "$GUEST/initrd.img" "$w/syslinux.cfg" ::
  syslinux --install "$fat"
  truncate -s $((192 * 1048576 - 83968 * 512)) "$ext"
  /usr/sbin/mke2fs -q -t ext4 -L labroot -d "$root" -E root_owner=0:0 -F "$ext"
  dd if="$fat" of="$disk" bs=1M seek=1 conv=notrunc,sparse status=none
  dd if="$ext" of="$disk" bs=1M seek=41 conv=notrunc,sparse status=none
  qemu-img convert -f raw -O qcow2 "$disk" "$GUEST/guest.qcow2.part"
  mv "$GUEST/guest.qcow2.part" "$GUEST/guest.qcow2"
  rm -rf "$w"
  exec 8>&-
  say "guest: built in $(($(now_ms) - t0)) ms: $(du -m "$GUEST/guest.qcow2" | cut -f1) MiB file, 192 MiB disk, kernel $kpkg"
}

# domain_xml HOST NAME DISK [FORMAT] [BOOT] [BUS]
#   BOOT  disk (default): SeaBIOS boots the disk; kernel: -kernel/-initrd
#   BUS   virtio (default), scsi (virtio-scsi), ide
# The UUID and MAC follow from the name.
domain_xml() {
  local h=$1 name=$2 disk=$3 fmt=${4:-qcow2} boot=${5:-disk} bus=${6:-virtio}
  local sum uuid mac dev=vda os='' scsi=''
  sum=$(printf %s "$name" | sha256sum)
  uuid=${sum:0:8}-${sum:8:4}-4${sum:13:3}-8${sum:17:3}-${sum:20:12}
  mac=52:54:00:${sum:0:2}:${sum:2:2}:${sum:4:2}
  [ "$boot" = disk ] && os="<boot dev='hd'/>"
  [ "$boot" = kernel ] && os="<kernel>$GUEST/vmlinuz</kernel><initrd>$GUEST/initrd.img</initrd>
    <cmdline>console=ttyS0,115200 quiet panic=-1</cmdline>"
  [ "$bus" = scsi ] && { dev=sda; scsi="<controller type='scsi' model='virtio-scsi'/>"; }
  [ "$bus" = ide ] && dev=hda
  # The console's file starts anew with each start of the guest (append off).
  cat <<XML
<domain type='qemu'>
  <name>$name</name>
  <uuid>$uuid</uuid>
  <memory unit='MiB'>$LAB_MEM</memory>
  <vcpu>1</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type>$os</os>
  <features><acpi/></features>
  <clock offset='utc'/>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='$fmt'/>
      <source file='$disk'/>
      <target dev='$dev' bus='$bus'/>
    </disk>
    $scsi
    <interface type='user'><mac address='$mac'/><model type='virtio'/></interface>
    <serial type='file'><source path='$(console "$h" "$name")' append='off'/><target port='0'/></serial>
    <console type='file'><source path='$(console "$h" "$name")' append='off'/><target type='serial' port='0'/></console>
    <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
    <memballoon model='none'/>
  </devices>
</domain>
XML
}

# --------------------------------------------------------------- up and down --
answers() { [ "$(timeout 10 virsh -q -c "$(uri "$1")" uri 2>/dev/null)" != '' ]; }
cmdline_has() { # pid text
  { tr '\0' ' ' <"/proc/$1/cmdline" | grep -qF -- "$2"; } 2>/dev/null
}
daemon_pid() { # host: prints the pid if the pid file names our live daemon
  local pid
  pid=$(cat "$RUN/$1/libvirtd.pid" 2>/dev/null) || return 1
  cmdline_has "$pid" "$RUN/$1/libvirt/libvirtd.conf" || return 1
  printf '%s' "$pid"
}

# Certificates of both hosts for live moves over TLS, where openssl is there; they name 127.0.0.1, or
# the two machines, and nothing else.
make_pki() {
  local p=$LAB_DIR/pki who names key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
  [ ! -s "$p/client-cert.pem" ] && command -v openssl >/dev/null || return 0
  mkdir -p "$p"
  names=IP:127.0.0.1
  [ -z "$LAB_APART" ] || names="IP:${ADDRESS[dc1]},IP:${ADDRESS[dc2]}"
  (
    cd "$p"
    openssl req -x509 "${key[@]}" -days 3650 -subj /CN=lab -keyout ca-key.pem -out ca-cert.pem \
      -addext keyUsage=critical,keyCertSign
    for who in server client; do
      openssl req "${key[@]}" -subj "/CN=$who" -keyout "$who-key.pem" -out "$who.csr"
      printf '%s\n' "subjectAltName=$names" keyUsage=critical,digitalSignature \
        extendedKeyUsage=serverAuth,clientAuth >"$who.ext"
      openssl x509 -req -in "$who.csr" -CA ca-cert.pem -CAkey ca-key.pem -CAcreateserial -days 3650 \
        -extfile "$who.ext" -out "$who-cert.pem"
    done
  ) 2>"$p/openssl.log" || { cat "$p/openssl.log" >&2; die "openssl could not make the lab's certificates"; }
}

# Two networks and the cable between them.
make_cable() {
  local h
  [ -n "$LAB_APART" ] || return 0
  for h in "${HOSTS[@]}"; do
    ip netns list | grep -q "^$(network "$h")\b" || ip netns add "$(network "$h")"
  done
  ip -n "$(network dc1)" link show cable >/dev/null 2>&1 || {
    ip -n "$(network dc1)" link add cable type veth peer name cable netns "$(network dc2)"
    for h in "${HOSTS[@]}"; do ip -n "$(network "$h")" address add "${ADDRESS[$h]}/24" dev cable; done
  }
  for h in "${HOSTS[@]}"; do
    ip -n "$(network "$h")" link set lo up
    ip -n "$(network "$h")" link set cable up
  done
}

# Like a pulled cable: what is sent from then on is lost, and nobody is told.
cmd_cut() { ip -n "$(network dc2)" link set cable down; }
cmd_mend() { ip -n "$(network dc2)" link set cable up; }

# Runs a command that leaves a daemon behind, and stays as the one that daemon's orphans (each QEMU) go
# to when they end. libvirt waits for an ended QEMU until its process is gone altogether; where the
# machine's first process is no real init, as in many containers and small sandboxes, that takes one to
# two seconds more at each stop of a guest. 157 is prctl on x86-64, 36 PR_SET_CHILD_SUBREAPER.
REAPED=(perl -e '
  pipe my $told, my $tell or die;
  if (fork) { close $tell; my $status = <$told>; exit($status // 1) }
  close $told;
  setpgrp; $SIG{HUP} = "IGNORE";
  syscall 157, 36, 1, 0, 0, 0;
  my $daemon = fork // die;
  if (!$daemon) { close $tell; exec @ARGV or exit 127 }
  waitpid $daemon, 0;
  print $tell $? >> 8; close $tell;
  1 while wait != -1')

start_host() {
  local h=$1 d=$RUN/$1 first t0 i
  t0=$(now_ms)
  if daemon_pid "$h" >/dev/null && answers "$h"; then say "host $h: already up"; return; fi
  mkdir -p "$d/run/libvirt" "$d/libvirt" "$d/cache" "$d/data" "$d/log" "$(images "$h")" "$LAB_DIR/$h/log"
  chmod 700 "$RUN" "$d/run"
  first=$LAB_PORT; [ "$h" = dc2 ] && first=$((LAB_PORT + 16))
  cat >"$d/libvirt/libvirtd.conf" <<CONF
host_uuid = "${HOST_UUID[$h]}"
log_outputs = "2:file:$LAB_DIR/$h/log/libvirtd.log"
$([ -z "$LAB_APART" ] || printf 'auth_unix_%s = "none"\n' ro rw)
CONF
  cat >"$d/libvirt/qemu.conf" <<CONF
security_driver = "none"
cgroup_controllers = []
stdio_handler = "file"
# Of a system daemon: QEMU as root, which keeps what post-copy needs (userfaultfd).
$([ -z "$LAB_APART" ] || printf '%s\n' 'user = "root"' 'group = "root"' 'clear_emulator_capabilities = 0' 'remember_owner = 0' 'namespaces = []')
migration_port_min = $first
migration_port_max = $((first + 15))
$([ ! -d "$LAB_DIR/pki" ] || echo "migrate_tls_x509_cert_dir = \"$LAB_DIR/pki\"")
CONF
  # The daemon keeps its start directory and environment: give it clean ones,
  # and no inherited descriptors, or a caller's pipe stays open for ever.
  (cd "$d" && host_env "$h" "${REAPED[@]}" /usr/sbin/libvirtd -d -f "$d/libvirt/libvirtd.conf" \
    -p "$d/libvirtd.pid" </dev/null >"$LAB_DIR/$h/log/start.log" 2>&1) ||
    { cat "$LAB_DIR/$h/log/start.log" >&2; die "host $h: libvirtd did not start"; }
  for i in $(seq 100); do answers "$h" && break; sleep 0.1; done
  answers "$h" || {
    tail -n 3 "$LAB_DIR/$h/log/libvirtd.log" >&2 || :
    die "host $h: no answer on $(uri "$h") after $i tries"
  }
  say "host $h: up in $(($(now_ms) - t0)) ms, pid $(daemon_pid "$h"), $(uri "$h")"
}

ensure_pool() { # host: an active pool "images", also after a restart of the daemon
  local h=$1 all
  all=$(v "$h" pool-list --all --name | tr -d ' ')
  if ! grep -qx images <<<"$all"; then
    v "$h" pool-define-as images dir --target "$(images "$h")" >/dev/null
    v "$h" pool-autostart images >/dev/null
  fi
  all=$(v "$h" pool-list --name | tr -d ' ')
  grep -qx images <<<"$all" || v "$h" pool-start images >/dev/null
}

cmd_up() {
  local h
  make_pki
  make_cable
  for h in "${HOSTS[@]}"; do start_host "$h"; ensure_pool "$h"; done
  cat >"$LAB_DIR/env.sh" <<ENV
export LAB_DIR='$LAB_DIR'
export LAB_URI_DC1='$(uri dc1)'
export LAB_URI_DC2='$(uri dc2)'
export LAB_IMAGES_DC1='$(images dc1)'
export LAB_IMAGES_DC2='$(images dc2)'
export LAB_GUEST_DISK='$GUEST/guest.qcow2'
export LAB_GUEST_KERNEL='$GUEST/vmlinuz'
export LAB_GUEST_INITRD='$GUEST/initrd.img'
ENV
}

cmd_status() {
  local h pid rc=0
  for h in "${HOSTS[@]}"; do
    if pid=$(daemon_pid "$h") && answers "$h"; then
      say "host $h: up, pid $pid, $(uri "$h")"
      v "$h" list --all | sed '/^$/d; s/^/  /'
    else
      say "host $h: down"; rc=1
    fi
  done
  return $rc
}

# Ends one process after a check that its command line carries the given text.
end_pid() { # pid text
  local i
  cmdline_has "$1" "$2" || return 0
  kill "$1" 2>/dev/null || return 0
  for i in $(seq 50); do kill -0 "$1" 2>/dev/null || return 0; sleep 0.1; done
  say "pid $1 still there after $i tries: killed"; kill -9 "$1" 2>/dev/null || :
}

cmd_down() {
  local h name pid f
  for h in "${HOSTS[@]}"; do
    if answers "$h"; then
      for name in $(v "$h" list --name); do v "$h" destroy "$name" >/dev/null || :; done
    fi
    if pid=$(daemon_pid "$h"); then end_pid "$pid" "$RUN/$h/libvirt/libvirtd.conf"; fi
    if [ -n "$LAB_APART" ]; then
      # Whatever is left in the machine's network is the machine's.
      for pid in $(ip netns pids "$(network "$h")" 2>/dev/null); do kill -9 "$pid" 2>/dev/null || :; done
      ip netns del "$(network "$h")" 2>/dev/null || :
    fi
    # guests whose daemon was already gone: libvirt left their pid files
    for f in "$RUN/$h"/run/libvirt/qemu/run/*.pid; do
      [ -e "$f" ] || continue
      case ${f##*/} in driver.pid) continue ;; esac
      end_pid "$(cat "$f")" "$RUN/$h/libvirt/qemu/lib"; rm -f "$f"
    done
    rm -f "$RUN/$h/libvirtd.pid"
    say "host $h: down"
  done
}

cmd_wipe() {
  cmd_down
  rm -rf "$RUN" "$LAB_DIR/dc1" "$LAB_DIR/dc2" "$LAB_DIR/pki" "$LAB_DIR/env.sh" "$LAB_DIR/build" "$LAB_DIR/cache"
}

# ------------------------------------------------------------------- guests --
cmd_forget() { # domain
  local h name=$1
  for h in "${HOSTS[@]}"; do
    v "$h" destroy "$name" >/dev/null 2>&1 || :
    v "$h" undefine "$name" --checkpoints-metadata --snapshots-metadata --managed-save --nvram >/dev/null 2>&1 || :
    rm -f "$(images "$h")/$name".qcow2 "$(images "$h")/$name".raw "$(images "$h")/$name"-*.????????.* "$(console "$h" "$name")"
    v "$h" pool-refresh images >/dev/null
  done
}

cmd_fresh_guest() { # name [options]
  local name=${1:-} host=dc1 bus=virtio fmt=qcow2 start='' wait='' disk i f
  [ -n "$name" ] || die "fresh-guest needs a name"
  shift
  while [ $# != 0 ]; do
    case $1 in
      --on) host=$2; shift ;;
      --bus) bus=$2; shift ;;
      --format) fmt=$2; shift ;;
      --start) start=1 ;;
      --wait) start=1; wait=1 ;;
      *) die "fresh-guest does not know $1" ;;
    esac
    shift
  done
  is_host "$host"
  [ -s "$GUEST/guest.qcow2" ] || cmd_guest
  answers "$host" || cmd_up
  cmd_forget "$name"
  disk=$(images "$host")/$name.$fmt
  if [ "$fmt" = qcow2 ]; then cp --reflink=auto "$GUEST/guest.qcow2" "$disk"; else qemu-img convert -O "$fmt" "$GUEST/guest.qcow2" "$disk"; fi
  v "$host" pool-refresh images >/dev/null
  domain_xml "$host" "$name" "$disk" "$fmt" disk "$bus" >"$LAB_DIR/$host/$name.xml"
  v "$host" define "$LAB_DIR/$host/$name.xml" >/dev/null
  [ -z "$start" ] || v "$host" start "$name" >/dev/null
  if [ -n "$wait" ]; then
    f=$(console "$host" "$name")
    for i in $(seq 900); do grep -aq LAB-READY "$f" 2>/dev/null && break; sleep 0.1; done
    grep -aq LAB-READY "$f" || { tail -n 5 "$f" >&2 || :; die "$name is not up after $((i / 10)) s"; }
  fi
  say "guest $name: on $host${start:+, running}"
}

case $COMMAND in
  guest) cmd_guest ;;
  up) cmd_up ;;
  status) cmd_status ;;
  down) cmd_down ;;
  wipe) cmd_wipe ;;
  cut | mend) [ -n "$LAB_APART" ] || die "there is a cable between two machines only (LAB_APART)"; "cmd_$COMMAND" ;;
  fresh-guest) cmd_fresh_guest "$@" ;;
  forget) [ $# = 1 ] || die "forget needs a name"; cmd_forget "$1" ;;
  xml) is_host "${1:-}"; domain_xml "$@" ;;
  *) usage >&2; exit 2 ;;
esac
