# What the tests of the command share: read it in, from the top of the tree.
. tests/tap.sh
skep=$B/skep
examples=$B/examples
pcap=examples/capture.pcap
# exits STATUS FIRST-LINE-OF-STDERR ARGUMENT...
exits() {
	status=$1 said=$2
	shift 2
	"$skep" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	report "skep $*" "$status $said" "$? $(head -n 1 "$tmp/err")"
}
# shows LINE ARGUMENT...: stdout has the line
shows() {
	line=$1
	shift
	"$skep" "$@" >"$tmp/out" 2>&1
	report "skep $* shows $line" 1 "$(grep -cxF -- "$line" "$tmp/out")"
}
