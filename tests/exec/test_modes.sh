#!/bin/sh
# Under a filter that answers bpf(2) itself, as containers have, all is the same by ptrace.
B=${B:-build}
here=$(dirname "$0")
. "$here/lib.sh"
need ${CC:-gcc} bpftool

dir=$(mktemp -d)
trap 'rm -rf "$dir" "$out"' EXIT
chmod 755 "$dir"
for source in "$here"/probes/*.c; do
	${CC:-gcc} -O1 -o "$dir/$(basename "$source" .c)" "$source" || bad "$source" "it does not compile"
done
for source in "$here"/clients/*.c; do
	${CC:-gcc} -O1 -o "$dir/$(basename "$source" .c)" "$source" -lbpf ||
		bad "$source" "it does not compile"
done

EXEC_OPTIONS=-v run true
grep -q 'served by notification' "$out" && echo "ok - without a filter it is by notification" ||
	bad "without a filter it is by notification" "$(cat "$out")"

EXEC_OPTIONS="-v --mode ptrace" run "$dir/array"
grep -q 'served by ptrace' "$out" && [ $code -eq 0 ] && echo "ok - by ptrace when that is asked for" ||
	bad "by ptrace when that is asked for" "$(cat "$out")"

# both NAME COMMAND...: the same output and status by notification and under the filter.
both() {
	name=$1
	shift
	WRAP=
	run "$@"
	cp "$out" "$dir/free"
	free=$code
	WRAP="$dir/denied $DENIED"
	run "$@"
	if [ "$code" -ne "$free" ]; then bad "$name" "status $code, not $free: $(cat "$out")"
	else same "$name, under a filter $DENIED" "$(cat "$dir/free")"; fi
}

for client in array freeze hash map_in_map percpu poll prog_array ringbuf; do
	both $client "$dir/$client"
done
both bpftool sh -c 'bpftool map create /sys/fs/bpf/x type hash key 4 value 8 entries 4 name x
	bpftool map show; ls /sys/fs/bpf; rm /sys/fs/bpf/x; bpftool map show; exit 5'
both lives "$dir/lives"
both attack "$dir/attack"
mkdir "$dir/point"
chmod 777 "$dir/point"
both signals "$dir/signals"
both "a mounted bpffs" sh -c 'cd /; mount -t bpf bpf "$0" && mkdir "$0/inner" && ls "$0" && umount "$0" &&
	mount -t tmpfs tmpfs "$0"' "$dir/point"
both "a killed program" sh -c 'kill -KILL $$'
both "a program that is not there" ./nonesuch/at/all

# Where other processes' fds cannot be fetched: not ring buffers' epoll, which needs the set's.
DENIED=-f
for client in array freeze hash map_in_map percpu prog_array lives attack; do
	both $client "$dir/$client"
done

DENIED=
for test in clients bpftool bpffs; do
	WRAP=$dir/denied sh "$here/test_$test.sh" >"$out"
	if [ $? -eq 0 ] && grep -q '^ok' "$out"; then echo "ok - all of test_$test.sh"
	else bad "all of test_$test.sh" "$(cat "$out")"; fi
done

WRAP="$dir/denied -p"
run true
[ $code -eq 125 ] && grep -q 'ptrace of one.s own children: .*ptrace_scope' "$out" &&
	grep -q 'there is no way' "$out" && echo "ok - where nothing works it says why" ||
	bad "where nothing works it says why" "status $code: $(cat "$out")"
WRAP=$dir/denied
EXEC_OPTIONS="--mode notify" run true
[ $code -eq 125 ] && grep -q 'mode notify does not work here' "$out" &&
	echo "ok - a mode that does not work is refused" ||
	bad "a mode that does not work is refused" "status $code: $(cat "$out")"
run sh -c "$B/skep exec -v -- $dir/array"
[ $code -eq 0 ] && grep -q 'skep exec already' "$out" && echo "ok - a nested one joins" ||
	bad "a nested one joins" "status $code: $(cat "$out")"

EXEC_OPTIONS=-v run true
grep -q 'served by ptrace' "$out" && echo "ok - it says so" || bad "it says so" "$(cat "$out")"
run "$dir/busy"
[ "$code" -eq 0 ] && ! grep -q ': NO$' "$out" && [ "$(grep -c ': yes$' "$out")" -eq 3 ] &&
	echo "ok - and runs delay nobody" || bad "and runs delay nobody" "$(cat "$out")"
done_testing
