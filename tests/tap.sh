# What tests in sh share: read it in, from the top of the tree.  $tmp is a folder of their own.
B=${B:-build}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
fail=0
report() { # NAME WANTED GOT
	if [ "$2" = "$3" ]; then
		echo "ok - $1"
	else
		fail=1
		echo "not ok - $1"
		printf '%s\n' "wanted: $2" "got: $3" | sed 's/^/# /'
	fi
}
