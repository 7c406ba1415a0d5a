# For the tests of this folder: run commands under skep exec as a user who may nothing.
out=$(mktemp)
trap 'rm -f "$out" "$out".*' EXIT
chmod 666 "$out"
failed=0 code=0

need() {
	for tool; do
		command -v "$tool" >/dev/null && continue
		echo "ok - $(basename "$0") # SKIP there is no $tool"
		exit 0
	done
}

# What makes a command nobody's, when we are root: $AS COMMAND...
AS=
[ "$(id -u)" != 0 ] || AS="setpriv --reuid=65534 --regid=65534 --clear-groups --"

# run COMMAND...: under skep exec (itself under $WRAP); its output goes to $out, its status to $code.
run() {
	$AS timeout "${LIMIT:-60}" $WRAP "$B/skep" exec $EXEC_OPTIONS -- "$@" >"$out" 2>&1
	code=$?
}

bad() { # NAME WHY
	failed=1
	echo "not ok - $1"
	echo "$2" | sed 's/^/# /'
}

# same NAME TEXT: what the last run wrote is TEXT.
same() {
	if [ "$(cat "$out")" = "$2" ]; then
		echo "ok - $1"
	else
		bad "$1" "wanted:
$2
got:
$(cat "$out")"
	fi
}

done_testing() {
	exit $failed
}
