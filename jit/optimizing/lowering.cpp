// Blocks, branches and exits of a region, memory and helpers. Everything that may fault finds the guest's state in the
// GuestState as it was before the instruction, where the request asks for that.
#include "jit/optimizing/lowering.h"

#include <fmt/core.h>
#include <llvm/IR/MDBuilder.h>

#include <algorithm>

#include "jit/optimizing/flags.h"
#include "jit/optimizing/flow.h"
#include "jit/optimizing/registers.h"
#include "jit/optimizing/values.h"
#include "lifter/helpers.h"

namespace lxr::optimizing {

namespace {

using ir::Opcode;

/// Helpers after which translated code must look up: they change MXCSR or may have asked for attention.
constexpr std::array helpers_that_end_regions = {Helper::load_mxcsr, Helper::restore_legacy_state,
                                                 Helper::restore_extended_state, Helper::notice_control_flags};

class RegionLowering {
public:
    RegionLowering(llvm::Module& module, const RegionRequest& request, const std::vector<ir::Block>& blocks)
        : context_(module.getContext()),
          request_(request),
          blocks_(blocks),
          builder_(context_),
          values_(builder_),
          registers_(values_),
          flow_(request, blocks) {
        auto* pointer = builder_.getPtrTy();
        auto* type = llvm::FunctionType::get(builder_.getInt64Ty(), {pointer, pointer}, false);
        function_ = llvm::Function::Create(type, llvm::Function::ExternalLinkage, region_function, module);
        function_->setDoesNotThrow();
        state_ = function_->getArg(0);
        helper_caller_ = function_->getArg(1);
        state_->addAttr(llvm::Attribute::NoAlias);
        function_->addFnAttr(llvm::Attribute::NullPointerIsValid);  // the guest's null faults, and may be mapped
        function_->addFnAttr("no-jump-tables", "true");             // most_targets
    }

    std::string run() {
        for (const auto& block : blocks_) {
            if (!registers_.look_at(block)) return "a vector register wider than 256 bits";
        }
        auto* entry = llvm::BasicBlock::Create(context_, "entry", function_);
        for (std::size_t i = 0; i < blocks_.size(); ++i) {
            const auto name = fmt::format("guest_{:x}", blocks_[i].begin.value());
            starts_.push_back(llvm::BasicBlock::Create(context_, name, function_));
            if (blocks_[i].begin == request_.entry && request_.blocks[i].frame == first_frame) entry_number_ = i;
        }
        builder_.SetInsertPoint(entry);
        registers_.make_variables();
        registers_.load_all([&](llvm::Type* type, std::size_t offset) { return load_state(type, offset); });
        Flags flags(values_, load_state(builder_.getInt32Ty(), offsetof(GuestState, status_flags)));
        flags_ = &flags;
        rounds_ = builder_.CreateAlloca(builder_.getInt64Ty());
        builder_.CreateStore(builder_.getInt64(0), rounds_);
        builder_.CreateBr(starts_[entry_number_]);
        for (number_ = 0; number_ < blocks_.size(); ++number_) lower_block(blocks_[number_]);
        return refusal_;
    }

private:
    // -- the state

    llvm::Value* state_pointer(std::size_t offset) {
        return builder_.CreateConstInBoundsGEP1_64(builder_.getInt8Ty(), state_, offset);
    }

    llvm::Value* load_state(llvm::Type* type, std::size_t offset) {
        return builder_.CreateAlignedLoad(type, state_pointer(offset), llvm::Align(1));
    }
    void store_state(llvm::Value* value, std::size_t offset) {
        // Volatile where a fault shows the state: LLVM does not know that a guest access may end the function.
        builder_.CreateAlignedStore(value, state_pointer(offset), llvm::Align(1), request_.precise);
    }

    void flush() {
        const auto store = [&](llvm::Value* value, std::size_t offset) { store_state(value, offset); };
        registers_.store(dirty_, store);
        if (dirty_.flags) flags_->store(store);
    }
    void flush_here() {
        flush();
        dirty_ = {};
        store_rip();
    }
    void store_rip() {
        if (rip_is_stored_) return;
        store_state(builder_.getInt64(rip_), offsetof(GuestState, rip));
        rip_is_stored_ = true;
    }

    // -- branches and exits

    /// The builder's block ends by leaving the region, with rip set already.
    void leave(RegionExit exit, unsigned vector = 0) {
        flush();
        return_word(exit_word(exit, vector));
    }
    void count_round() {
        auto* rounds = builder_.CreateLoad(builder_.getInt64Ty(), rounds_);
        builder_.CreateStore(builder_.CreateAdd(rounds, builder_.getInt64(1)), rounds_);
    }
    void return_word(std::uint64_t word) {
        auto* rounds = builder_.CreateShl(builder_.CreateLoad(builder_.getInt64Ty(), rounds_), exit_word_rounds_bit);
        builder_.CreateRet(builder_.CreateOr(rounds, word));
    }
    void leave_to(llvm::Value* rip, RegionExit exit = RegionExit::look_up, unsigned vector = 0) {
        store_state(rip, offsetof(GuestState, rip));
        leave(exit, vector);
    }
    void leave_to(std::uint64_t rip, RegionExit exit = RegionExit::look_up, unsigned vector = 0) {
        leave_to(builder_.getInt64(rip), exit, vector);
    }

    llvm::BasicBlock* new_block(const char* name) { return llvm::BasicBlock::Create(context_, name, function_); }
    llvm::MDNode* unlikely() { return llvm::MDBuilder(context_).createBranchWeights(1, 2000); }

    /// If the bit is set, what `make` makes of a block of its own, which must end; the builder goes on after it.
    template <typename Make>
    void branch_away_if(llvm::Value* bit, Make make, llvm::MDNode* weights = nullptr) {
        auto* away = new_block("away");
        auto* on = new_block("on");
        builder_.CreateCondBr(bit, away, on, weights);
        builder_.SetInsertPoint(away);
        make();
        builder_.SetInsertPoint(on);
    }

    /// Ends the builder's block: to a block of the region. A way back looks at the attention word.
    void go_to(std::size_t number) {
        const auto begin = blocks_[number].begin.value();
        if (must_leave_) return leave_to(begin);
        const bool leads_back = number <= number_;
        const bool is_recursion = blocks_[number].begin == request_.entry && number != entry_number_;
        if (is_recursion || (leads_back && number == entry_number_)) count_round();
        if (leads_back) {
            auto* word = builder_.CreateLoad(builder_.getInt32Ty(), state_pointer(offsetof(GuestState, attention)), true);
            branch_away_if(builder_.CreateICmpNE(word, builder_.getInt32(0)), [&] { leave_to(begin); }, unlikely());
        }
        builder_.CreateBr(starts_[number]);
    }

    /// Ends the builder's block: to the exit's known target, in the region or out of it.
    void go_along(const ir::Operation& exit) {
        const auto number = flow_.destination(number_, exit);
        number ? go_to(*number) : leave_to(exit.wide);
    }

    /// Ends the builder's block: to wherever the guest goes by an indirect jump or a return.
    void go_to_one_of(llvm::Value* target, Opcode exit) {
        flags_->save();
        for (const auto number : flow_.targets(number_, exit)) {
            auto* address = builder_.getInt64(blocks_[number].begin.value());
            branch_away_if(builder_.CreateICmpEQ(target, address), [&] { go_to(number); });
        }
        leave_to(target, exit == Opcode::return_indirect ? RegionExit::returned : RegionExit::look_up);
    }

    void fault_if(llvm::Value* bit, ExceptionVector vector) {
        branch_away_if(bit, [&] { leave_to(rip_, RegionExit::fault, static_cast<unsigned>(vector)); }, unlikely());
    }

    // -- memory

    llvm::Value* pointer(std::uint16_t slot) { return values_.pointer(slot); }

    /// Accesses that LLVM may merge and reorder like any program's: those to the stack, while nobody else sees the memory.
    /// Others are made as they stand, also those whose value is of no use: they may fault, which ends the program.
    bool is_plain(std::uint16_t address) { return !request_.ordered && !request_.precise && values_.is_stack_address(address); }
    void load(const ir::Operation& o) {
        auto* type = values_.plain_type(ir::size_bits(o.type));
        values_.set(o.result, builder_.CreateAlignedLoad(type, pointer(o.a), llvm::Align(1), !is_plain(o.a)));
    }
    void store(const ir::Operation& o) {
        builder_.CreateAlignedStore(values_.get(o.b, ir::size_bits(o.type)), pointer(o.a), llvm::Align(1), !is_plain(o.a));
    }
    static llvm::Align natural_alignment(const ir::Operation& o) { return llvm::Align(ir::size_bytes(o.type)); }
    // LLVM wants to hear of an alignment to make an instruction of it; the host's locked instructions need none.
    void modify(const ir::Operation& o, llvm::AtomicRMWInst::BinOp how) {
        // A known operand could make it a mere load, which needs no page that can be written.
        auto* operand = host::hide(values_, values_.get(o.b, ir::size_bits(o.type)));
        auto* made = builder_.CreateAtomicRMW(how, pointer(o.a), operand, natural_alignment(o),
                                              llvm::AtomicOrdering::SequentiallyConsistent);
        made->setVolatile(true);
        values_.set(o.result, made);
    }
    void compare_exchange(const ir::Operation& o) {
        const auto bits = ir::size_bits(o.type);
        auto* type = builder_.getIntNTy(bits);
        const auto integer = [&](std::uint16_t slot) { return builder_.CreateBitCast(values_.get(slot, bits), type); };
        constexpr auto order = llvm::AtomicOrdering::SequentiallyConsistent;
        auto* made = builder_.CreateAtomicCmpXchg(pointer(o.a), integer(o.b), integer(o.c), natural_alignment(o), order, order);
        made->setVolatile(true);
        values_.set(o.result, values_.plain(builder_.CreateExtractValue(made, 0)));
    }
    void check_aligned(const ir::Operation& o) {
        auto* low = builder_.CreateAnd(values_.get(o.a, 64), static_cast<std::uint64_t>(o.immediate) - 1);
        fault_if(builder_.CreateICmpNE(low, builder_.getInt64(0)), ExceptionVector::general_protection);
    }
    void check_canonical(const ir::Operation& o) {
        auto* top = builder_.CreateAShr(values_.get(o.a, 64), 47);
        auto* one_more = builder_.CreateAdd(top, builder_.getInt64(1));
        fault_if(builder_.CreateICmpUGT(one_more, builder_.getInt64(1)), ExceptionVector::general_protection);
    }
    bool lower_memory(const ir::Operation& o) {
        using Rmw = llvm::AtomicRMWInst;
        switch (o.opcode) {
            case Opcode::load:
                return load(o), true;
            case Opcode::store:
                return store(o), true;
            case Opcode::atomic_add:
                return modify(o, Rmw::Add), true;
            case Opcode::atomic_and:
                return modify(o, Rmw::And), true;
            case Opcode::atomic_or:
                return modify(o, Rmw::Or), true;
            case Opcode::atomic_xor:
                return modify(o, Rmw::Xor), true;
            case Opcode::atomic_exchange:
                return modify(o, Rmw::Xchg), true;
            case Opcode::atomic_compare_exchange:
                return compare_exchange(o), true;
            case Opcode::fence:
                return builder_.CreateFence(llvm::AtomicOrdering::SequentiallyConsistent), true;
            case Opcode::check_aligned:
                return check_aligned(o), true;
            case Opcode::check_canonical:
                return check_canonical(o), true;
            default:
                return false;
        }
    }

    // -- divisions, helpers

    /// Quotient and remainder of the same operands are two operations and one instruction.
    void divide(const ir::Operation& o) {
        const bool is_signed = o.opcode == Opcode::divide_signed || o.opcode == Opcode::remainder_signed;
        const bool is_quotient = o.opcode == Opcode::divide_unsigned || o.opcode == Opcode::divide_signed;
        const auto operand = [&](std::uint16_t slot) { return values_.get(slot, ir::size_bits(o.type)); };
        const DivisionKey key{is_signed, o.type, o.a, o.b, o.c};
        if (!(key == last_division_)) {
            division_ = host::divide(values_, is_signed, operand(o.a), operand(o.b), operand(o.c));
            last_division_ = key;
        }
        values_.set(o.result, is_quotient ? division_.quotient : division_.remainder);
    }

    void call_helper(const ir::Operation& o) {
        auto* word = builder_.getInt64Ty();
        const auto argument = [&](std::uint16_t slot) -> llvm::Value* {
            return slot == ir::no_slot ? builder_.getInt64(0) : values_.get(slot, 64);
        };
        auto* type = llvm::FunctionType::get(word, {state_->getType(), word, word, word, word}, false);
        auto* number = builder_.getInt64(static_cast<std::uint64_t>(o.immediate));
        auto* result = builder_.CreateCall(type, helper_caller_, {state_, number, argument(o.a), argument(o.b), argument(o.c)});
        result->setDoesNotThrow();
        values_.set(o.result, result);
        const auto helper = static_cast<Helper>(o.immediate);
        if (helper_row(helper).faults) {
            auto* pending = builder_.CreateAlignedLoad(builder_.getInt8Ty(), state_pointer(offsetof(GuestState, fault_pending)),
                                                       llvm::Align(1));
            branch_away_if(
                builder_.CreateICmpNE(pending, builder_.getInt8(0)), [&] { return_word(exit_word(RegionExit::helper_fault)); },
                unlikely());
        }
        registers_.load_all([&](llvm::Type* each, std::size_t offset) { return load_state(each, offset); });
        must_leave_ |= std::ranges::find(helpers_that_end_regions, helper) != helpers_that_end_regions.end();
    }

    // -- blocks

    void lower_block(const ir::Block& block) {
        builder_.SetInsertPoint(starts_[number_]);
        values_.begin(block.slots);
        flags_->begin_block();
        dirty_ = flow_.dirty(number_);
        last_division_ = {};
        must_leave_ = false;
        for (const auto& operation : block.operations) {
            if (flow_.flushes(operation) && !(is_division(operation) && is_known_division(operation))) flush_here();
            if (!lower(operation)) {
                refusal_ = "cannot lower: " + ir::print(operation);
                builder_.CreateUnreachable();
                return;
            }
            dirty_.note(operation);
            if (builder_.GetInsertBlock()->getTerminator() != nullptr) return;
        }
    }

    bool is_known_division(const ir::Operation& o) const {
        const bool is_signed = o.opcode == Opcode::divide_signed || o.opcode == Opcode::remainder_signed;
        return last_division_ == DivisionKey{is_signed, o.type, o.a, o.b, o.c};
    }

    void begin_instruction(const ir::Operation& o) {
        rip_ = o.wide;
        rip_is_stored_ = false;
        if (must_leave_) leave_to(rip_);
    }

    bool lower_exit(const ir::Operation& o) {
        switch (o.opcode) {
            case Opcode::exit_if: {
                flags_->save();
                auto* holds = builder_.CreateICmpNE(values_.get(o.a, 8), builder_.getInt8(0));
                return branch_away_if(holds, [&] { go_along(o); }), true;
            }
            case Opcode::jump:
                flags_->save();
                return go_along(o), true;
            case Opcode::return_indirect:
            case Opcode::jump_indirect:
                return go_to_one_of(values_.get(o.a, 64), o.opcode), true;
            case Opcode::hint_call:
                return true;
            case Opcode::syscall:
                return leave_to(o.wide, RegionExit::syscall), true;
            case Opcode::syscall_int80:
                return leave_to(o.wide, RegionExit::syscall_int80), true;
            case Opcode::raise:
                return leave_to(o.wide, RegionExit::fault, o.aux), true;
            default:
                return false;
        }
    }

    bool lower_state(const ir::Operation& o) {
        switch (o.opcode) {
            case Opcode::instruction:
                return begin_instruction(o), true;
            case Opcode::constant:
                return values_.set(o.result, values_.constant(ir::size_bits(o.type), o.wide)), true;
            case Opcode::get_state: {
                auto* type = values_.plain_type(ir::size_bits(o.type));
                return values_.set(o.result, load_state(type, static_cast<std::size_t>(o.immediate))), true;
            }
            case Opcode::set_state:
                return store_state(values_.get(o.a, ir::size_bits(o.type)), static_cast<std::size_t>(o.immediate)), true;
            case Opcode::get_flags:
                return values_.set(o.result, flags_->image()), true;
            case Opcode::condition:
                return values_.set(o.result, values_.truth(flags_->condition(static_cast<ir::Condition>(o.aux)))), true;
            case Opcode::call_helper:
                return call_helper(o), true;
            default:
                return false;
        }
    }

    bool lower(const ir::Operation& o) {
        if (registers_.lower(o) || lower_state(o) || flags_->record(o) || lower_memory(o) || lower_exit(o)) return true;
        if (is_division(o)) return divide(o), true;
        for (const auto& lower_pure :
             {lower_stack_address, lower_integer, lower_shape, host::lower_special, host::lower_float}) {
            auto* value = lower_pure(values_, o);
            if (value == nullptr) continue;
            values_.set(o.result, value);
            return true;
        }
        return false;
    }

    struct DivisionKey {
        bool is_signed = false;
        ir::Type type = ir::Type::none;
        std::uint16_t a = ir::no_slot, b = ir::no_slot, c = ir::no_slot;
        bool operator==(const DivisionKey&) const = default;
    };

    llvm::LLVMContext& context_;
    const RegionRequest& request_;
    const std::vector<ir::Block>& blocks_;
    llvm::IRBuilder<> builder_;
    Values values_;
    Registers registers_;
    Flow flow_;
    Flags* flags_ = nullptr;
    llvm::Function* function_ = nullptr;
    llvm::Argument* state_ = nullptr;
    llvm::Value* helper_caller_ = nullptr;
    llvm::AllocaInst* rounds_ = nullptr;
    std::vector<llvm::BasicBlock*> starts_;  // of blocks_
    std::size_t entry_number_ = 0;
    std::string refusal_;

    // Where lowering is:
    std::size_t number_ = 0;  // of the block
    Dirty dirty_;
    std::uint64_t rip_ = 0;
    bool rip_is_stored_ = false;
    bool must_leave_ = false;
    DivisionKey last_division_;
    host::Division division_{};
};

}  // namespace

std::string lower_region(llvm::Module& module, const RegionRequest& request, const std::vector<ir::Block>& blocks) {
    return RegionLowering(module, request, blocks).run();
}

}  // namespace lxr::optimizing
