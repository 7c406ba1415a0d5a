#!/bin/sh
# The benchmark's own pieces, on samples too short to tell anything.  Run from the top of the tree.
. tests/tap.sh
for part in progs native raw dpdk.so; do
	ln -s "$(realpath -m "$B/bench/$part")" "$tmp/$part"
done
bench() {
	BENCH_DIR=$tmp "$B/bench/bench" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
}
# of the given lines of standard output or of results.json
count() {
	grep -cE -- "$2" "$tmp/$1"
}

bench --quick counter fnv
report "a short run ends well, and all engines return the same" "0 " "$? $(cat "$tmp/err")"
report "a row a program" 3 "$(count out '^(empty|counter|fnv) ')"
report "nine targets, each with a verdict" 9 "$(count out '[<>]= +[0-9.]+ .*(pass|FAIL|not measured)$')"
report "and in JSON" 9 "$(count results.json '"verdict": "(pass|FAIL|not measured)"')"
report "every program on skep's two engines" 6 \
	"$(count results.json '"program": .*"engine": "skep (jit|interp)"')"
report "libskep's own figures are there" 0 \
	"$(sed -n '/"figures"/,/\]/p' "$tmp/results.json" | grep -cE '"fastest_ns": -?0\.00,')"
report "the plot has a line a program" 3 "$(grep -c . "$tmp/plot.tsv")"
if command -v python3 >/dev/null; then
	python3 -m json.tool "$tmp/results.json" >/dev/null
	report "results.json is JSON" 0 $?
else
	echo "ok - results.json is JSON # SKIP no python3"
fi

bench --quick conuter
report "an unknown program is a wrong call" 2 $?
report "and is told from those there are" 1 \
	"$(count err '^bench: no program of ours is called conuter; there are: empty .*counter')"
exit $fail
