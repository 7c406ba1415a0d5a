#!/bin/sh
# The comparisons of tests/linux can fail: recorded tables held beside themselves are equal, and each kind
# of difference put into a copy is counted as what it is.
cd "$(dirname "$0")/../.." || exit 1
facts=${SKEP_FACTS:-tests/facts}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# is NAME WANTED GOT
is() {
	if [ "$2" = "$3" ]; then
		echo "ok - $1"
	else
		echo "not ok - $1"
		echo "# wanted $2"
		echo "# got    $3"
	fi
}

# rows SUITE TABLE: rows, same, words, verdict, over all groups
rows() {
	awk -v suite="$1" '$1 == suite { print $4, $5, $6, $7 }' tests/linux/suites >"$work/columns"
	read -r key verdict text group <"$work/columns"
	awk -v key="$key" -v verdict="$verdict" -v text="$text" -v group="$group" -v rules="$3" \
		-v differing="$work/diff" -f tests/linux/rows.awk "$2" "$work/$1.tsv" |
		awk '{ r += $2; s += $3; w += $4; v += $5 } END { print r, s, w, v }'
}

for suite in insn_probe ctx_access map_probe programs; do
	xz -dc "$facts/$suite.tsv.xz" >"$work/$suite.tsv"
done

is "a table is equal to itself" "19712 19712 0 0" "$(rows insn_probe "$work/insn_probe.tsv" -)"
sed '100s/EINVAL/EPERM/; 200s/$/!/; 300d' "$work/insn_probe.tsv" >"$work/changed"
is "another errno, other words, a lost row" "19712 19709 1 2" "$(rows insn_probe "$work/changed" -)"

is "ranges of offsets are equal to themselves" "13183 13183 0 0" \
	"$(rows ctx_access "$work/ctx_access.tsv" range)"
sed '2s/reject\tEACCES/accept\t0/' "$work/ctx_access.tsv" >"$work/changed"
is "one range is not" "13183 13182 0 1" "$(rows ctx_access "$work/changed" range)"

# A map that cannot be made leaves a gap in the numbers of those that follow.
awk -F'\t' -v OFS='\t' '$3 == "create.misc" && $2 == 2433 { next } $2 > 2433 { $2-- } { print }' \
	"$work/map_probe.tsv" >"$work/changed"
is "a lost map does not move the others" "16353 16352 0 1" \
	"$(rows map_probe "$work/changed" map_number)"

# programs TABLE: known, same, accepted, refused, died
programs() {
	cut -f1 "$work/programs.tsv" | sort -u >"$work/chosen"
	awk -v out="$work/programs" -f tests/linux/programs.awk "$work/chosen" "$1" "$work/programs.tsv" |
		awk '$1 == "programs" && $2 != "known" { print $2, $3, $6, $7, $8 }'
}

is "programs are equal to themselves" "2737 2737 0 0 0" "$(programs "$work/programs.tsv")"
awk -F'\t' -v OFS='\t' '
	$6 == "accept" && ++a == 5 { $6 = "reject" }
	$6 == "reject" && ++r == 9 { $6 = "accept" }
	$6 == "accept" && a == 20 && !died++ { $6 = "crash" }
	{ print }' "$work/programs.tsv" >"$work/changed"
is "accepted, refused, died" "2737 2734 1 1 1" "$(programs "$work/changed")"
is "what is dangerous is named" 1 "$(wc -l <"$work/programs.dangerous")"
