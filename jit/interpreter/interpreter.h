// The interpreter tier: IR to steps.
#pragma once

#include <memory>

#include "jit/services.h"
#include "jit/translation.h"
#include "lifter/ir.h"

namespace lxr::interpreter {

/// Makes the translation of a block. `code` are the bytes it was lifted from (they start at block.begin).
std::unique_ptr<Translation> translate(const ir::Block& block, const CodeBytes& code);

}  // namespace lxr::interpreter
