#!/bin/sh
# capture.sh OUT.pcap: how capture.pcap was made.
#
# Two network namespaces of one's own, a veth pair between them, real programs talking over it, and
# tcpdump listening: ARP, ICMP (one ping in fragments), ICMPv6, UDP and TCP over IPv4 and IPv6.
# Needs root, iproute2, tcpdump, ping, curl, nc (netcat-openbsd), python3.
set -eu
out=$(realpath -m "${1:?usage: capture.sh OUT.pcap}")
a=skep-a-$$ b=skep-b-$$
trap 'kill $(jobs -p) 2>/dev/null; ip netns del $a; ip netns del $b' EXIT
in_a() { ip netns exec $a "$@"; }
in_b() { ip netns exec $b "$@"; }

ip netns add $a
ip netns add $b
ip link add veth0 netns $a address 02:00:00:00:00:0a type veth \
	peer name veth0 netns $b address 02:00:00:00:00:0b
in_a sysctl -qw net.ipv6.conf.veth0.accept_dad=0
in_b sysctl -qw net.ipv6.conf.veth0.accept_dad=0
in_a ip addr add 192.0.2.1/24 dev veth0
in_a ip addr add 192.0.2.66/24 dev veth0
in_a ip addr add 2001:db8::1/64 dev veth0
in_b ip addr add 192.0.2.2/24 dev veth0
in_b ip addr add 2001:db8::2/64 dev veth0
in_a ip link set veth0 up
in_b ip link set veth0 up
in_a ip link set lo up
in_b ip link set lo up

in_b tcpdump -i veth0 -w "$out" --immediate-mode -U 2>/dev/null &
sleep 1.5

dir=$(mktemp -d)
seq 1 400 >"$dir/numbers"
(cd "$dir" && exec ip netns exec $b python3 -m http.server --bind :: 8000 >/dev/null 2>&1) &
sleep 1
in_a ping -q -c 4 -i 0.2 192.0.2.2 >/dev/null
in_a ping -q -c 2 -i 0.2 -s 3000 192.0.2.2 >/dev/null
in_a ping -q -c 3 -i 0.2 -I 192.0.2.66 192.0.2.2 >/dev/null
in_a ping -q -6 -c 3 -i 0.2 2001:db8::2 >/dev/null
in_a curl -s -o /dev/null http://192.0.2.2:8000/numbers
in_a curl -s -o /dev/null --interface 192.0.2.66 http://192.0.2.2:8000/
in_a curl -s -o /dev/null "http://[2001:db8::2]:8000/numbers"
in_a curl -s -o /dev/null http://192.0.2.2:8001/ || : # nobody listens: a RST
in_b nc -u -l 5353 >/dev/null 2>&1 &
sleep 0.3
for i in 1 2 3 4 5; do echo "message $i"; sleep 0.1; done | in_a nc -u -q 1 -w 1 192.0.2.2 5353 >/dev/null 2>&1 || :
echo "nobody home" | in_a nc -u -w 1 192.0.2.2 9 >/dev/null 2>&1 || : # ICMP port unreachable
echo "over six" | in_a nc -6 -u -w 1 2001:db8::2 5354 >/dev/null 2>&1 || :
sleep 0.5
rm -r "$dir"
