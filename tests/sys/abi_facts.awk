# Rows of constants.tsv and struct_layout.tsv as C initialisers that hold what our headers say beside
# what Linux's BTF says.  A name in scope that our headers lack does not compile.
#   awk -f abi_facts.awk SCOPE CONSTANTS STRUCT_LAYOUT
BEGIN { FS = "\t" }
FILENAME == ARGV[1] {
	split($0, word, " ")
	if (word[1] == "constants" || word[1] == "struct_layout" || word[1] == "not_ours")
		scope[word[1], word[2]] = 1
	next
}
FNR == 1 { next }
FILENAME == ARGV[2] {
	if (!(("constants", $1) in scope) || (("not_ours", $2) in scope)) {
		out_constants++
		next
	}
	constants = constants sprintf("\t{\"%s\", (long long)%s, %sLL},\n", $2, $2, $3)
	next
}
{
	if (!(("struct_layout", $1) in scope)) {
		out_fields++
		next
	}
	type = ($1 == "bpf_attr" || $1 == "bpf_iter_link_info" ? "union " : "struct ") $1
	if (!($1 in seen)) {
		seen[$1] = 1
		fields = fields sprintf("\t{\"%s\", 0, sizeof(%s), 0, %s},\n", $1, type, $2)
	}
	if ($8 != "") {
		bits = bits sprintf("\t{ %s s = {0}; s.%s = -1; bits_are(\"%s.%s\", &s, sizeof(s), %s, %s); }\n",
			type, $3, $1, $3, $5 * 8 + $7, $8)
		next
	}
	size = $6 ? "sizeof(((" type " *)0)->" $3 ")" : "0"
	fields = fields sprintf("\t{\"%s.%s\", offsetof(%s, %s), %s, %s, %s},\n",
		$1, $3, type, $3, size, $5, $6 + 0)
}
END {
	printf "static const struct constant_row constants[] = {\n%s};\n", constants
	printf "static const struct field_row fields[] = {\n%s};\n", fields
	printf "static void check_bit_fields(void)\n{\n%s}\n", bits
	printf "enum { OUT_CONSTANTS = %d, OUT_FIELDS = %d };\n", out_constants, out_fields
}
