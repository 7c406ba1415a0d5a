#!/bin/sh
# Writes docs/support.md from docs/support.head, what `skep features` says, and where names are found
# in src/ and tests/.  Run from the top of the tree; `make support` does.
B=${B:-build}
export LC_ALL=C

# The rows of a list: "name since state".
rows() { "$B/skep" features "$1" | awk '$1 ~ /^[A-Za-z_]/ && NF >= 3 && !/:$/'; }

# Words of tests, "word file", for finding who tests a name; helpers are named with and without bpf_.
words=$(mktemp) files=$(mktemp) || exit 1
trap 'rm -f "$words" "$files"' EXIT
grep -rowE '(BPF_[A-Z_0-9]+|[a-z_][a-z0-9_]*)' tests --include='*.[ch]' --include='*.def' \
	--include='*.sh' --include='*.txt' --include=scope -H |
	awk -F: '!seen[$0]++ {
		print $2, $1
		if (sub(/^(bpf_|BPF_FUNC_)/, "", $2)) print $2, $1
	}' | sort -u >"$words"

# tested FOLDERS TEST: each line "KEY[,KEY...]<TAB>CELLS" becomes "| CELLS | the tests of these folders
# that name a key, at most three; or TEST, which walks all rows |".
tested() {
	awk -F'\t' -v words="$words" -v folders="^tests/($1)/" -v all="$2" '
	BEGIN {
		while ((getline line < words) > 0) {
			split(line, w, " ")
			if (w[2] ~ folders) where[w[1]] = where[w[1]] " " w[2]
		}
	}
	{
		n = split($1, keys, ","); split("", uses); split("", order); m = 0
		for (k = 1; k <= n; k++) {
			c = split(where[keys[k]], in_, " ")
			for (i = 1; i <= c; i++)
				if (!uses[in_[i]]++) order[++m] = in_[i]
		}
		out = ""
		for (picked = 0; picked < 3 && picked < m; picked++) {
			best = 0
			for (i = 1; i <= m; i++)
				if (uses[order[i]] && (!best || uses[order[i]] > uses[order[best]])) best = i
			out = out (out ? ", " : "") "`" order[best] "`"
			uses[order[best]] = 0
		}
		print "| " $2 " | " (out ? out : "`" all "`") " |"
	}'
}

# "symbol file" for what files define: the name before the bracket that opens a function, an ops.
defined_in() { # PATTERN FILE...
	pattern=$1
	shift
	grep -HoE "$pattern" "$@" | awk -F: '{ gsub(/[^a-z_0-9A-Z]+$/, "", $2); n = split($2, w, /[^a-zA-Z0-9_]+/)
		print w[n], $1 }'
}

cat docs/support.head

echo '
## Commands of bpf(2)

| command | since | state | source | tested by |
|---|---|---|---|---|'
defined_in '^long cmd_[a-z_0-9]+\(' src/sys/*.c >"$files"
awk -F'[(,] *' '/^COMMAND\(/ { print $2, $3 }' src/sys/command.def >>"$files"
rows commands | awk -v files="$files" '
	BEGIN { while ((getline line < files) > 0) { split(line, w, " "); at[w[1]] = w[2] } }
	{ print $1 "\t`" $1 "` | " $2 " | " $3 (NF > 3 ? " " $4 : "") " | `" at[at[$1]] "`" }' |
	tested 'sys|map|btf' tests/sys/test_facts_commands.c

echo '
## Map types

| type | since | state | source | tested by |
|---|---|---|---|---|'
grep -HoE '^const struct map_ops map_[a-z_]+_ops' src/map/*.c | awk -F'[: ]' '{ print $5, $1 }' >"$files"
sed -n 's/^MAP_ROW([0-9]*, \([A-Z_]*\), &\(map_[a-z_]*\),.*/BPF_MAP_TYPE_\1 \2/p' src/map/map.def >>"$files"
rows 'map types' | awk -v files="$files" '
	BEGIN { while ((getline line < files) > 0) { split(line, w, " "); at[w[1]] = w[2] } }
	$3 == "works" { print $1 "\t`" $1 "` | " $2 " | works | `" at[at[$1]] "`" }
	$3 != "works" { later = later (later ? ", " : "") "`" $1 "`" }
	END { print later > "/dev/stderr" }' 2>"$words.later" |
	tested map tests/sys/test_facts_maps.c
printf '\nNot yet: %s.\n' "$(cat "$words.later")"
rm -f "$words.later"

echo '
## Program types and BPF_PROG_TEST_RUN

All 32 load. A context of BTF types (tracing, LSM, extensions, struct_ops) is not typed yet.

| type | since | TEST_RUN | source | tested by |
|---|---|---|---|---|'
defined_in '^int test_run_[a-z_0-9]+\(' src/progtype/*.c >"$files"
sed -n 's/^PROGTYPE(\([A-Z_0-9]*\),.* \([a-z_0-9]*\))$/BPF_PROG_TYPE_\1 test_run_\2/p' \
	src/progtype/progtype.def >>"$files"
rows 'program types' | awk -v files="$files" '
	BEGIN {
		state["test_run_none"] = "refused, as in Linux"
		state["test_run_tracing"] = state["test_run_struct_ops"] = "not yet"
 while ((getline line < files) > 0) { split(line, w, " "); at[w[1]] = w[2] } }
	{
		run = at[$1]; name = $1; sub(/BPF_PROG_TYPE_/, "", name)
		print $1 "," name "\t`" $1 "` | " $2 " | " (state[run] ? state[run] : "works") \
			" | `src/progtype/progtype.def`, `" at[run] "`"
	}' | tested 'progtype|prog' tests/progtype/test_rows.c

echo '
## Helpers

By the file that implements them.

| helpers | source | tested by |
|---|---|---|'
defined_in '^HELPER_FN\([a-z_0-9]+' src/helper/*.c >"$files"
awk -F'[(,] *' '/^HELPER\(/ { print $3, $4 }' src/helper/helper.def | awk -v files="$files" '
	BEGIN { while ((getline line < files) > 0) { split(line, w, " "); at[w[1]] = w[2] } }
	{
		f = ($2 in at) ? at[$2] : "src/helper/helper.def"
		names[f] = names[f] (names[f] ? ", " : "") $1
		keys[f] = keys[f] (keys[f] ? "," : "") $1 ",BPF_FUNC_" $1
	}
	END { for (f in names) print keys[f] "\t" names[f] " | `" f "`" }' | sort -t'`' -k2 |
	tested 'helper|map|prog' tests/helper/test_cases.sh
printf '\nNot yet: %s.\n' "$(rows helpers | awk '$3 != "works" { printf "%s%s", s, $1; s = ", " }')"

echo '
## kfuncs

| kfuncs | source | tested by |
|---|---|---|'
awk -F'[(,] *' '/^KFUNC\(/ { print $2, $3 }' src/helper/kfunc.def | awk -v files="$files" '
	BEGIN { while ((getline line < files) > 0) { split(line, w, " "); at[w[1]] = w[2] } }
	{
		f = ($2 in at) ? at[$2] : "src/helper/kfunc.def"
		names[f] = names[f] (names[f] ? ", " : "") $1
		keys[f] = keys[f] (keys[f] ? "," : "") $1
	}
	END { for (f in names) print keys[f] "\t" names[f] " | `" f "`" }' | sort -t'`' -k2 |
	tested 'helper|map|prog' tests/helper/test_cases.sh
echo
rows kfuncs | awk '$3 != "works" { n++ } END { print n " more are known by name (`skep features kfuncs`), and refused." }'

echo '
## Instructions

| group | instructions | since | source | tested by |
|---|---|---|---|---|'
rows instructions | awk '
	function group(name) {
		if (name ~ /^(LOAD_ACQ|STORE_REL)/) return "load-acquire, store-release"
		if (name ~ /^(ATOMIC|FETCH|XCHG|CMPXCHG)/) return "atomics"
		if (name ~ /^LD_(ABS|IND)/) return "packet (legacy)"
		if (name ~ /^(SDIV|SMOD|MOVSX|LDSX|BSWAP|GOTOL)/) return "v4"
		if (name ~ /^(LDX|STX|ST)[0-9]/) return "memory"
		if (name ~ /^LD_/) return "64-bit immediates"
		if (name ~ /^(CALL|EXIT)/) return "calls"
		if (name == "MAY_GOTO" || name == "ADDR_SPACE_CAST") return "may_goto, addr_space_cast"
		if (name ~ /^J/) return "jumps"
		return "arithmetic"
	}
	function older(a, b,   x, y) { split(a, x, "."); split(b, y, "."); return x[1] * 256 + x[2] < y[1] * 256 + y[2] }
	{
		g = group($1)
		if (!(g in n)) order[++m] = g
		n[g]++
		if (!(g in from) || older($2, from[g])) from[g] = $2
		if (!(g in to) || older(to[g], $2)) to[g] = $2
	}
	END {
		for (i = 1; i <= m; i++) {
			g = order[i]
			print "| " g " | " n[g] " | " (from[g] == to[g] ? from[g] : from[g] " to " to[g]) \
				" | `src/isa/isa.def`, `src/interp/loop.h`, `src/jit/x86_64/emit.c`" \
				" | `tests/isa/test_insn_probe.c`, `tests/interp/test_insns.c`, `tests/jit/test_insns.c` |"
		}
	}'

echo '
## Attach types and links

Links and attachments are objects with ids, info and pins; nothing fires them yet.

| link | attach types | source | tested by |
|---|---|---|---|'
awk -F'[(,] *|\\)' '/^ATTACH\(/ { n[$4]++; if (!($4 in o)) { o[$4] = ++m; l[m] = $4 }
	names[$4] = names[$4] (names[$4] ? ", " : "") $2 }
	END { for (i = 1; i <= m; i++) print names[l[i]] "\t" l[i] " | " names[l[i]] " | `src/sys/attach.def`, `src/sys/link.c`" }' \
	src/sys/attach.def | sed 's/\(^[^	]*\), /\1,/g; :a; s/^\([^	]*\), /\1,/; ta' |
	tested 'sys|progtype' tests/sys/test_facts_abi.c

echo '
## The command

| command | what it does | source | manual | tested by |
|---|---|---|---|---|'
for tool in $(sed -n 's/^TOOL(\(.*\))$/\1/p' src/tools/tools.def); do
	man=$([ -f "man/skep-$tool.1" ] && echo "man/skep-$tool.1" || echo man/skep.1)
	echo "| \`skep $tool\` | $("$B/skep" --help | sed -n "s/^  $tool  *//p") | \`src/tools/$tool.c\` |" \
		"\`$man\` | $(grep -lwE "(skep\"?|shows '.*'|exits .*) .*\b$tool\b" tests/tools/*.sh |
			sed 's/.*/`&`/' | paste -sd, - | sed 's/,/, /g') |"
done
