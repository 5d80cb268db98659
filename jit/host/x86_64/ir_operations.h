// Which operations of the IR have host code. Called by IrCode.
#pragma once

#include "jit/host/x86_64/ir_code.h"

namespace lxr::host {

/// A function that finds the operands in RAX, RCX, RDX and leaves the result in RAX, above whose type may be anything.
struct IrOperationRow {
    ir::Opcode opcode;
    void (*emit)(IrCode& code, const ir::Operation& operation);
    unsigned smallest_bytes = 1;  // operand sizes for which there is code
};

/// Null for operations that have no host code.
const IrOperationRow* ir_operation_row(ir::Opcode opcode);

}  // namespace lxr::host
