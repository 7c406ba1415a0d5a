#!/bin/sh
# seeds.sh BUILD: what the fuzzers start from, in BUILD/corpus: the examples as objects, their BTF, and
# their instructions behind the four bytes that fuzz_verifier reads first.
set -e
corpus=$1/corpus
mkdir -p "$corpus/fuzz_object" "$corpus/fuzz_btf" "$corpus/fuzz_verifier" "$corpus/fuzz_insns"
for o in "$1"/examples/*.bpf.o; do
	name=$(basename "$o" .bpf.o)
	cp "$o" "$corpus/fuzz_object/$name"
	llvm-objcopy -O binary --only-section=.BTF --set-section-flags .BTF=alloc "$o" \
		"$corpus/fuzz_btf/$name"
	llvm-objcopy -O binary --only-section=xdp --only-section=tc --only-section=socket "$o" \
		"$corpus/fuzz_insns/$name"
	for type in 0 2 5; do # socket filter, classifier, XDP
		{ printf "\\$type\\0\\0\\0"; cat "$corpus/fuzz_insns/$name"; } \
			>"$corpus/fuzz_verifier/$name.$type"
	done
done

# Calls for fuzz_attr: 0, command, variant, number of changes.
seed() { # NAME BYTE...
	name=$1
	shift
	for byte; do printf "\\$(printf %o "$byte")"; done >"$corpus/fuzz_attr/$name"
}
mkdir -p "$corpus/fuzz_attr"
seed elements 0 0 1 0 0 2 0 0 0 1 0 0 0 4 0 0 0 26 0 0 0 24 0 0 0 3 0 0
seed lookup 0 0 1 0 0 5 31 0 0 10 0 0 0 15 0 0 2 1
seed tail_call 0 0 3 0 0 5 32 0 0 10 0 0 0 2 0 0
seed callback 0 5 5 0 0 10 0 0
seed packet 0 5 34 0 0 10 0 0 0 15 0 0
seed link 0 5 30 0 0 28 0 0 0 15 0 0 0 34 0 0
seed attach 0 5 12 0 0 8 0 0 0 16 0 0 0 9 0 0
seed types 0 18 0 0 0 15 0 0 0 19 0 0
seed pin 0 0 2 0 0 6 0 0 2 0 0 7 0 0
