/* x86-64 code as text, by a library that is not ours; and whether all of it is instructions. */
#ifndef SKEP_TESTS_DISASM_H
#define SKEP_TESTS_DISASM_H

#include <Zydis/Zydis.h>

#include "base/types.h"

/* Where a jump or call with a displacement goes; 0 when it is neither. */
static inline u64 disasm_target(const ZydisDisassembledInstruction *insn)
{
	u64 target;

	if (insn->info.meta.branch_type == ZYDIS_BRANCH_TYPE_NONE ||
	    insn->operands[0].type != ZYDIS_OPERAND_TYPE_IMMEDIATE ||
	    !ZYAN_SUCCESS(ZydisCalcAbsoluteAddress(&insn->info, &insn->operands[0],
						   insn->runtime_address, &target)))
		return 0;
	return target;
}

#endif
