// The status flags of the region that is being lowered. What set them last is kept as its operands, and each flag is an
// expression that is made only where somebody asks; between blocks they are variables, of which LLVM drops what nobody reads.
#pragma once

#include <array>
#include <functional>

#include "jit/optimizing/values.h"
#include "lifter/evaluator.h"

namespace lxr::optimizing {

class Flags {
public:
    /// Stores a value to the GuestState at an offset.
    using StoreState = std::function<void(llvm::Value* value, std::size_t offset)>;

    /// Makes the variables; the builder is in the region's entry block.
    /// @param status  GuestState::status_flags at the entry (i32).
    Flags(Values& values, llvm::Value* status);

    /// One of the flags operations, put_flags included. @return false if it is none.
    bool record(const ir::Operation& operation);
    llvm::Value* condition(ir::Condition condition);
    /// All of them at their places in RFLAGS (i32).
    llvm::Value* image();

    /// Before a branch to another block of the region: the variables hold the flags.
    void save();
    /// A block begins: the flags are in the variables.
    void begin_block() { source_ = {}; }
    /// Makes the state's flags current: status_flags and lazy_flags, as the evaluator keeps them.
    void store(const StoreState& store_state);

private:
    enum Flag : std::uint8_t { cf, pf, af, zf, sf, of, count };

    /// What set the flags last.
    struct Source {
        enum class Kind : std::uint8_t { variables, image, family } kind = Kind::variables;
        FlagsFamily family{};
        ir::Type type = ir::Type::none;
        // Of a family: what LazyFlags holds of it, each of the type but c: a carry, 0 or 1, of bits 0 (inc, dec: the old CF).
        // Of an image: a, the flags at their places.
        llvm::Value* a = nullptr;
        llvm::Value* b = nullptr;
        llvm::Value* c = nullptr;
    };
    /// The same as values for LazyFlags and status_flags.
    struct Lazy {
        llvm::Value* kind;
        llvm::Value* a;
        llvm::Value* b;
        llvm::Value* c;
        llvm::Value* status;
    };

    llvm::Value* flag(Flag flag) { return flag_of(source_, flag); }
    llvm::Value* flag_of(const Source& source, Flag flag);
    llvm::Value* family_flag(const Source& source, Flag flag);
    llvm::Value* add_flag(const Source& source, Flag flag);
    llvm::Value* sub_flag(const Source& source, Flag flag);
    llvm::Value* step_flag(const Source& source, Flag flag);
    llvm::Value* shift_flag(const Source& source, Flag flag);
    llvm::Value* result_flag(llvm::Value* result, Flag flag);
    Lazy lazy_of(const Source& source);
    void record_shift(FlagsFamily family, const ir::Operation& operation);
    void put(std::uint32_t mask, llvm::Value* image);

    Values& v_;
    llvm::IRBuilder<>& b_;
    Source source_;
    std::array<llvm::AllocaInst*, count> flags_{};
    Lazy variables_{};  // allocas
};

}  // namespace lxr::optimizing
