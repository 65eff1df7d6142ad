#!/usr/bin/env bash
# wan-link.sh up NAME FOLDER | down NAME: a network namespace behind a link of 40 ms and 100 Mbit/s, with an sshd in it that lets in who has FOLDER/key. Needs root.
# `up` prints the far address, the near device whose counters tell what crossed, and what shapes it: netem, or tbf without the delay.
set -euo pipefail
name=$2 near=n${2: -8} far=f${2: -8}
case $1 in
  up)
    folder=$3
    ip netns add "$name"
    ip link add "$near" type veth peer name "$far" netns "$name"
    ip addr add 10.213.77.1/30 dev "$near"
    ip -n "$name" addr add 10.213.77.2/30 dev "$far"
    ip link set "$near" up
    ip -n "$name" link set "$far" up
    ip -n "$name" link set lo up
    # Half of the delay each way; the queue holds what a long fat link would. A kernel without netem shapes the rate alone, and whoever measures adds the delay.
    shaped=netem
    tc qdisc add dev "$near" root netem delay 20ms rate 100mbit limit 10000 2>/dev/null || shaped=tbf
    if [ $shaped = netem ]; then
      tc -n "$name" qdisc add dev "$far" root netem delay 20ms rate 100mbit limit 10000
    else
      tc qdisc add dev "$near" root tbf rate 100mbit burst 64kb latency 400ms
      tc -n "$name" qdisc add dev "$far" root tbf rate 100mbit burst 64kb latency 400ms
    fi
    ssh-keygen -q -t ed25519 -N '' -f "$folder/key"
    ssh-keygen -q -t ed25519 -N '' -f "$folder/host"
    mkdir -p /run/sshd
    printf '%s\n' 'Port 22' 'ListenAddress 10.213.77.2' "HostKey $folder/host" "AuthorizedKeysFile $folder/key.pub" 'StrictModes no' 'UsePAM yes' 'PasswordAuthentication no' \
      "PidFile $folder/sshd.pid" 'PermitRootLogin prohibit-password' >"$folder/sshd_config"
    ip netns exec "$name" /usr/sbin/sshd -f "$folder/sshd_config" -E "$folder/sshd.log"
    echo "10.213.77.2 $near $shaped"
    ;;
  down)
    for pid in $(ip netns pids "$name" 2>/dev/null); do kill "$pid" 2>/dev/null || :; done
    ip netns del "$name" 2>/dev/null || :
    ip link del "$near" 2>/dev/null || :
    ;;
esac
