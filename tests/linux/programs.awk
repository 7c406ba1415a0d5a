# programs.awk: what was asked for (first file), what was answered (second), what Linux answered (third):
# a table by group of objects with a total, and the programs that differ into out.*.
#
# Known verdicts alone are compared: "unknown" was refused before Linux's verifier saw it.

function group_of(object,    s) {
	s = object
	sub(/[_.].*/, "", s)
	return s
}

# What of the last line names this run.
function mask(s) {
	gsub(/\(18\) r[0-9]+ = 0x[0-9a-f]+/, "(18) rN = 0xKPTR", s)
	return s
}

function count(what, g) {
	n[what, g]++
	n[what, "all"]++
}

function note(file, k, linux) {
	print k "\tlinux " linux "\there " verdict[k] " " errno[k] " " reason[k] >(out "." file)
}

function compare(k, g, linux, linux_errno, linux_reason,    h) {
	h = (k in verdict) ? verdict[k] : "none"
	count("known", g)
	if (h == "crash" || h == "timeout" || h == "none") {
		count("died", g)
		note("died", k, linux)
	} else if (linux == "accept") {
		if (h == "accept") {
			count("same", g)
		} else {
			count("refused", g)
			note("refused", k, linux)
		}
	} else if (h == "accept") {
		count("dangerous", g)
		note("dangerous", k, linux " " linux_errno " " linux_reason)
	} else {
		count("same", g)
		count("both", g)
		if (errno[k] == linux_errno)
			count("errno", g)
		if (mask(reason[k]) == mask(linux_reason))
			count("line", g)
		if (errno[k] != linux_errno || mask(reason[k]) != mask(linux_reason))
			note("words", k, linux " " linux_errno " " linux_reason)
	}
}

# The groups come in the order of the objects, which is theirs.
function meet(g) {
	if (!met[g]++)
		group[++nr_groups] = g
}

function percent(a, b) {
	return b ? sprintf("%.1f %%", 100 * a / b) : "-"
}

function line(name, g) {
	printf "%-28s %8d %8d %8s %8d %8d %6d %9s %9s\n", name, n["known", g], n["same", g],
		percent(n["same", g], n["known", g]), n["dangerous", g], n["refused", g], n["died", g],
		percent(n["errno", g], n["both", g]), percent(n["line", g], n["both", g])
}

BEGIN {
	FS = "\t"
	split("dangerous refused words died", files, " ")
	for (i in files)
		printf "" >(out "." files[i])
}

FNR == 1 { file++ }
file == 1 { chosen[$1]; next }
FNR == 1 { next }
{ k = $1 "\t" $2 }
file == 2 {
	verdict[k] = $6
	errno[k] = $7
	reason[k] = $15
	next
}
!($1 in chosen) || $6 == "unopened" { next }
$6 == "unknown" {
	unknown++
	next
}
{
	meet(group_of($1))
	compare(k, group_of($1), $6, $7, $15)
}

END {
	printf "%-28s %8s %8s %8s %8s %8s %6s %9s %9s\n", "programs", "known", "same", "", "accepted",
		"refused", "died", "errno =", "line ="
	for (i = 1; detail && i <= nr_groups; i++)
		line("  " group[i], group[i])
	line("programs", "all")
	printf "  (accepted: by us, not by Linux; refused: by us, not by Linux; %d more have no known verdict)\n",
		unknown
}
