#!/bin/sh
# bpftool, unmodified and as nobody: what it prints of maps and programs.
B=${B:-build}
here=$(dirname "$0")
. "$here/lib.sh"
need bpftool

run sh -c '
	bpftool map create /sys/fs/bpf/m type hash key 4 value 8 entries 16 name m
	bpftool map update pinned /sys/fs/bpf/m key 1 0 0 0 value 2 0 0 0 0 0 0 0
	bpftool map dump pinned /sys/fs/bpf/m
	bpftool map show'
same "a map is made, pinned, filled, dumped and shown" \
	'key: 01 00 00 00  value: 02 00 00 00 00 00 00 00
Found 1 element
1: hash  name m  flags 0x0
	key 4B  value 8B  max_entries 16  memlock 2320B'

run sh -c "
	bpftool prog load $B/examples/drop.bpf.o /sys/fs/bpf/x &&
	bpftool prog show | sed -n 's/^[0-9]*: //p'
	bpftool prog dump xlated name drop | head -n 1"
same "a program is loaded, shown and dumped" \
	'xdp  name drop  tag 5d24a2fbc3a21600  gpl
int drop(struct xdp_md * ctx):'

run bpftool map show id 1
same "another run is another instance" "Error: get map by id (1): No such file or directory"
done_testing
