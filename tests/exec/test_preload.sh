#!/bin/sh
# skep exec --preload: lookups cost no call, and programs print what they print without.
B=${B:-build}
here=$(dirname "$0")
. "$here/lib.sh"
need "${CC:-gcc}"

dir=$(mktemp -d)
trap 'rm -rf "$dir" "$out"' EXIT
chmod 755 "$dir"
for probe in cached lives signals; do
	${CC:-gcc} -O1 -o "$dir/$probe" "$here/probes/$probe.c" || bad "$probe" "it does not compile"
done

for how in "" --preload "--preload --strict"; do
	EXEC_OPTIONS=$how
	for probe in cached lives signals; do
		run "$dir/$probe"
		if [ "$code" -eq 0 ] && ! grep -q ': NO$' "$out" && grep -q ': yes$' "$out"
		then echo "ok - $probe $how"; else bad "$probe $how" "status $code: $(cat "$out")"; fi
	done
done

EXEC_OPTIONS="--preload --stats" run "$dir/cached"
lookups=$(sed -n 's/^BPF_MAP_LOOKUP_ELEM *\([0-9]*\) .*/\1/p' "$out")
[ "${lookups:-1000}" -lt 10 ] && echo "ok - a thousand lookups are no calls" ||
	bad "a thousand lookups are no calls" "$(cat "$out")"

${CC:-gcc} -O2 -o "$dir/speed" "$here/probes/speed.c" || bad speed "it does not compile"
ns() { sed -n 's/^shared //p' "$out"; }
EXEC_OPTIONS="--preload --strict" run "$dir/speed"
strict=$(ns)
for round in 1 2 3 4 5; do
	EXEC_OPTIONS=--preload run "$dir/speed"
	[ "$(ns)" -gt 50 ] || break
done
echo "# figure exec: a preloaded lookup takes $(ns) ns, a strict one $strict ns"
[ "$(ns)" -le 50 ] && echo "ok - one takes 50 ns at most" || bad "one takes 50 ns at most" "$(cat "$out")"

EXEC_OPTIONS="--preload" sh "$here/test_clients.sh" >"$out"
[ $? -eq 0 ] && echo "ok - all of test_clients.sh" || bad "all of test_clients.sh" "$(cat "$out")"
done_testing
