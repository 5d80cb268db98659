// The guest's registers in the region that is being lowered: variables that LLVM makes into values, and what of them the
// GuestState does not know yet.
#pragma once

#include <array>
#include <bitset>
#include <functional>
#include <span>

#include "jit/optimizing/values.h"

namespace lxr::optimizing {

inline constexpr unsigned gpr_count = 16;
inline constexpr unsigned vector_count = 16;

/// Registers whose variables may be newer than the GuestState; and the flags.
struct Dirty {
    std::bitset<gpr_count> gpr;
    std::bitset<vector_count> vector;
    bool flags = false;

    Dirty& operator|=(const Dirty& other) {
        gpr |= other.gpr;
        vector |= other.vector;
        flags |= other.flags;
        return *this;
    }
    bool operator==(const Dirty&) const = default;
    /// What the operation writes becomes dirty.
    void note(const ir::Operation& operation);
};

class Registers {
public:
    using StoreState = std::function<void(llvm::Value* value, std::size_t offset)>;
    using LoadState = std::function<llvm::Value*(llvm::Type* type, std::size_t offset)>;

    explicit Registers(Values& values) : v_(values), b_(values.builder) {}

    /// Looks which registers the block uses, and how much of them. @return false if more than can be held in a variable.
    bool look_at(const ir::Block& block);
    /// Makes the variables; the builder is in the region's entry block.
    void make_variables();
    /// The GuestState becomes what the variables hold: at the entry and after helpers.
    void load_all(const LoadState& load_state);
    void store(const Dirty& dirty, const StoreState& store_state);

    /// A get_ or set_ operation of a register. @return false if it is none; a get's value is in the slot.
    bool lower(const ir::Operation& operation);

private:
    struct Place {
        llvm::AllocaInst* variable = nullptr;
        unsigned bits = 0;  // 0: not used
        bool is_pointer = false;
    };
    [[nodiscard]] llvm::Value* load_as_held(const Place& place) {
        return b_.CreateLoad(place.variable->getAllocatedType(), place.variable);
    }
    [[nodiscard]] llvm::Value* load(const Place& place) {
        auto* value = load_as_held(place);
        return place.is_pointer ? b_.CreatePtrToInt(value, b_.getInt64Ty()) : value;
    }
    void write(const Place& place, llvm::Value* integer) {
        b_.CreateStore(place.is_pointer ? b_.CreateIntToPtr(integer, b_.getPtrTy()) : integer, place.variable);
    }
    llvm::Type* type_of(const Place& place) { return place.is_pointer ? b_.getPtrTy() : v_.plain_type(place.bits); }
    void write_part(const Place& place, llvm::Value* value, unsigned bits);
    void set_register(const ir::Operation& operation);
    void set_high_byte(const ir::Operation& operation);
    template <typename Visit>
    void for_each_used(Visit visit);

    Values& v_;
    llvm::IRBuilder<>& b_;
    std::array<Place, gpr_count> gpr_{};
    std::array<Place, vector_count> vector_{};
};

}  // namespace lxr::optimizing
