#!/bin/sh
# C programs in the manner of libbpf's documentation: what they print under skep exec, as nobody, is
# what they print on Linux, as root.
B=${B:-build}
here=$(dirname "$0")
. "$here/lib.sh"
need ${CC:-gcc} taskset
cpu=$(taskset -cp $$ | sed 's/.*[ ,-]//')

dir=$(mktemp -d)
trap 'rm -rf "$dir" "$out"' EXIT
chmod 755 "$dir"

# Where the machine's own bpf() can be asked.
native=0
[ "$(id -u)" = 0 ] && bpftool map create /sys/fs/bpf/skep_probe type array key 4 value 4 entries 1 \
	name probe 2>/dev/null && rm -f /sys/fs/bpf/skep_probe && native=1

# compare NAME COMMAND: the shell command, in both worlds.
compare() {
	name=$1
	run sh -c "$2"
	if [ $native = 0 ]; then
		[ $code -eq 0 ] && echo "ok - $name # SKIP there is no Linux to compare with" ||
			bad "$name" "status $code: $(cat "$out")"
		return
	fi
	timeout 60 sh -c "$2" >"$dir/native" 2>&1
	same "$name" "$(cat "$dir/native")"
}

for source in "$here"/clients/*.c; do
	client=$(basename "$source" .c)
	if [ "$client" = lpm ] && "$B/skep" features 'map types' | grep -q 'LPM_TRIE.*not yet'; then
		echo "ok - $client # SKIP there is no such map type yet"
		continue
	fi
	${CC:-gcc} -O1 -o "$dir/$client" "$source" -lbpf || { bad "$client" "it does not compile"; continue; }
	case $client in
	pin)
		path=/sys/fs/bpf/skep_client
		compare pin "$dir/pin set $path; $dir/pin get $path; $dir/pin get $path" ;;
	batch)
		# an LRU's free elements are its CPUs'
		WRAP="taskset -c $cpu"
		compare "$client" "taskset -c $cpu $dir/$client"
		WRAP= ;;
	*) compare "$client" "$dir/$client" ;;
	esac
done
done_testing
