#!/bin/sh
# What documents say of the code is so.  Run from the top of the tree.
B=${B:-build}
fail=0
report() { # NAME OFFENDERS
	if [ -n "$2" ]; then
		fail=1
		echo "not ok - $1"
		echo "$2" | head -n 40 | sed 's/^/# /'
	else
		echo "ok - $1"
	fi
}
docs="README.md docs/*.md"

# Words in backticks that look like paths: from the top, or of src/ for short.  The table after a line
# that begins with "Planned" names what is not there yet.
paths() {
	sed '/^Planned/,/^[^|]*[a-z][^|]*$/{ /^[|P]/d; }' "$@" | grep -ohE '`[^` ]+`' | tr -d '`' |
		 grep -E '^[a-z0-9_.]+(/[a-zA-Z0-9_.*{},-]+)+/?$|^[a-z_]+\.(c|h|def|sh)$' | sort -u
}

# The file that a short name means stands in a folder of src/ that the same document names.
exists() { # FILE-OF-DOCS PATH
	for at in "$2" "$2.*" "src/$2" "build/$2"; do
		[ -n "$(ls -d $at 2>/dev/null)" ] && return 0
	done
	case $2 in
	*/*) return 1 ;;
	esac
	[ -n "$(find src -name "$2")" ]
}

report "every path that a document names exists" "$(
	for doc in $docs; do
		for path in $(paths "$doc"); do
			case $path in
			build/* | */NAME* | NAME* | *NAME.* | usr/* | .ci/*) continue ;;
			esac
			exists "$doc" "$path" || echo "$doc: $path"
		done
	done)"

report "every link of a document leads to a file" "$(
	for doc in $docs; do
		for to in $(grep -oE '\]\([^)#:]+\)' "$doc" | sed 's/^](//; s/)$//'); do
			[ -e "$(dirname "$doc")/$to" ] || echo "$doc: $to"
		done
	done)"

# Samples: after "    $ COMMAND" come the lines that it says, but for those that end in an ellipsis.
said=$(mktemp) || exit 1
awk '/^    \$ / { print substr($0, 7) }' README.md | while read -r command; do
	PATH=$B:$PATH sh -c "$command" 2>&1 | awk -v command="$command" '
		FNR == NR { if (index($0, "    $ " command) == 1) on = 1; else if (!/^    /) on = 0
			else if (on && !/…$/) want[++n] = substr($0, 5); next }
		{ got[$0] = 1 }
		END { for (i = 1; i <= n; i++) if (!(want[i] in got)) print command ": " want[i] }' README.md -
done >"$said"
report "the samples of the README are what is said ($(grep -c '^    \$ ' README.md))" "$(cat "$said")"
rm -f "$said"

# All but the last column, "tested by": any test may come to name a row.
rows() { sed '/^|/s/ | [^|]*|$//' "$1"; }
made=$(mktemp) now=$(mktemp) committed=$(mktemp) || exit 1
trap 'rm -f "$made" "$now" "$committed"' EXIT
docs/support.sh >"$made"
rows "$made" >"$now"
rows docs/support.md >"$committed"
report "docs/support.md says what the tables say (make support writes it)" \
	"$(diff "$committed" "$now")"

report "every command has a manual, and every option of it stands there" "$(
	for tool in $(sed -n 's/^TOOL(\(.*\))$/\1/p' src/tools/tools.def); do
		page=man/skep-$tool.1
		[ -f "$page" ] || page=man/skep.1
		grep -q "$tool" "$page" || echo "$tool: no manual"
		for option in $("$B/skep" "$tool" --help | sed -n 's/^  --\([a-z-]*\).*/\1/p'); do
			[ "$option" = help ] || grep -q -- "Fl -$option\b" "$page" ||
				echo "$page: --$option"
		done
	done)"

report "the layers stand in docs/design.md as in src/LAYERS" "$(
	grep -qF "$(paste -sd' ' src/LAYERS | sed 's/ / < /g')" docs/design.md ||
		echo "wanted: $(paste -sd' ' src/LAYERS | sed 's/ / < /g')")"
exit $fail
