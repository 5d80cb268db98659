// Step functions that touch guest memory. They access it directly: a fault arrives as a host signal, and the engine's fault
// recovery unwinds to before the instruction. Guest accesses are acquire loads and release stores, which is x86's own order
// (SDM Vol. 3A, "Memory Ordering") on any host.
#include <algorithm>

#include "lifter/evaluate/step.h"
#include "lifter/host/wide_atomics.h"
#include "lifter/support/write_probe.h"

namespace lxr::evaluate {

namespace {

template <typename T>
T* pointer(const EvaluationFrame* frame, std::uint16_t slot) {
    return host_pointer<T>(GuestAddress(frame->slots[slot]));
}

template <typename T>
bool aligned(const T* address) {
    return reinterpret_cast<std::uintptr_t>(address) % sizeof(T) == 0;
}

template <typename T>
T load_ordered(const T* address) {
    if (aligned(address)) return __atomic_load_n(address, __ATOMIC_ACQUIRE);
    T result;
    std::memcpy(&result, address, sizeof result);  // x86 promises no atomicity here
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return result;
}

template <typename T>
void store_ordered(T* address, T stored) {
    if (aligned(address)) return __atomic_store_n(address, stored, __ATOMIC_RELEASE);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    std::memcpy(address, &stored, sizeof stored);
}

template <typename T>
void load(const Step* step, GuestState* state, EvaluationFrame* frame) {
    set_value(frame, step->operation.result, load_ordered(pointer<T>(frame, step->operation.a)));
    LXR_NEXT_STEP;
}

template <typename T>
void store(const Step* step, GuestState* state, EvaluationFrame* frame) {
    store_ordered(pointer<T>(frame, step->operation.a), value<T>(frame, step->operation.b));
    LXR_NEXT_STEP;
}

template <unsigned Bytes>
void load_vector(const Step* step, GuestState* state, EvaluationFrame* frame) {
    std::memcpy(&frame->slots[step->operation.result], pointer<std::byte>(frame, step->operation.a), Bytes);
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    LXR_NEXT_STEP;
}

template <unsigned Bytes>
void store_vector(const Step* step, GuestState* state, EvaluationFrame* frame) {
    __atomic_thread_fence(__ATOMIC_RELEASE);
    auto* destination = pointer<std::byte>(frame, step->operation.a);
    // Done as several host stores, a store into a page that faults must still write nothing.
    if (Bytes > 16 && (reinterpret_cast<std::uintptr_t>(destination) & (page_size_bytes - 1)) > page_size_bytes - Bytes) {
        probe_write(GuestAddress(frame->slots[step->operation.a]), Bytes);
    }
    const auto* source = reinterpret_cast<const std::byte*>(&frame->slots[step->operation.b]);
    std::memcpy(destination, source, std::min(Bytes, 16U));
    for (unsigned done = 16; done < Bytes; done += 16) {
        __atomic_signal_fence(__ATOMIC_SEQ_CST);  // upwards, so that a fault reports the first byte that cannot be written
        std::memcpy(destination + done, source + done, 16);
    }
    LXR_NEXT_STEP;
}

struct FetchAdd {
    template <typename T>
    static T apply(T* p, T v) {
        return __atomic_fetch_add(p, v, __ATOMIC_SEQ_CST);
    }
};
struct FetchAnd {
    template <typename T>
    static T apply(T* p, T v) {
        return __atomic_fetch_and(p, v, __ATOMIC_SEQ_CST);
    }
};
struct FetchOr {
    template <typename T>
    static T apply(T* p, T v) {
        return __atomic_fetch_or(p, v, __ATOMIC_SEQ_CST);
    }
};
struct FetchXor {
    template <typename T>
    static T apply(T* p, T v) {
        return __atomic_fetch_xor(p, v, __ATOMIC_SEQ_CST);
    }
};
struct Exchange {
    template <typename T>
    static T apply(T* p, T v) {
        return __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST);
    }
};

template <typename Operation, typename T>
void atomic(const Step* step, GuestState* state, EvaluationFrame* frame) {
    const auto& operation = step->operation;
    set_value(frame, operation.result,
              Operation::template apply<T>(pointer<T>(frame, operation.a), value<T>(frame, operation.b)));
    LXR_NEXT_STEP;
}

template <typename T>
void compare_exchange(const Step* step, GuestState* state, EvaluationFrame* frame) {
    const auto& operation = step->operation;
    auto expected = value<T>(frame, operation.b);
    __atomic_compare_exchange_n(pointer<T>(frame, operation.a), &expected, value<T>(frame, operation.c), false,
                                __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    set_value(frame, operation.result, expected);
    LXR_NEXT_STEP;
}

void compare_exchange_wide(const Step* step, GuestState* state, EvaluationFrame* frame) {
    const auto& operation = step->operation;
    const auto old =
        host::compare_exchange_128(pointer<unsigned __int128>(frame, operation.a), value<unsigned __int128>(frame, operation.b),
                                   value<unsigned __int128>(frame, operation.c));
    set_value(frame, operation.result, old);
    LXR_NEXT_STEP;
}

void fence(const Step* step, GuestState* state, EvaluationFrame* frame) {
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    LXR_NEXT_STEP;
}

void check_aligned(const Step* step, GuestState* state, EvaluationFrame* frame) {
    const auto mask = static_cast<std::uint64_t>(step->operation.immediate) - 1;
    if ((frame->slots[step->operation.a] & mask) != 0) {
        return leave_with_fault(frame, {.vector = ExceptionVector::general_protection});
    }
    LXR_NEXT_STEP;
}

void check_canonical(const Step* step, GuestState* state, EvaluationFrame* frame) {
    const auto top = static_cast<std::int64_t>(frame->slots[step->operation.a]) >> 47;
    if (top != 0 && top != -1) return leave_with_fault(frame, {.vector = ExceptionVector::general_protection});
    LXR_NEXT_STEP;
}

template <typename T>
void address(const Step* step, GuestState* state, EvaluationFrame* frame) {
    const auto& operation = step->operation;
    auto sum = static_cast<T>(static_cast<std::int64_t>(operation.immediate));
    if (operation.a != ir::no_slot) sum += static_cast<T>(frame->slots[operation.a]);
    if (operation.b != ir::no_slot) sum += static_cast<T>(frame->slots[operation.b] << operation.aux);
    frame->slots[operation.result] = sum;
    LXR_NEXT_STEP;
}

void address_base(const Step* step, GuestState* state, EvaluationFrame* frame) {
    const auto& operation = step->operation;
    frame->slots[operation.result] =
        frame->slots[operation.a] + static_cast<std::uint64_t>(static_cast<std::int64_t>(operation.immediate));
    LXR_NEXT_STEP;
}

StepFunction select_address(const ir::Operation& operation) {
    if (operation.type == ir::Type::i32) return &address<std::uint32_t>;
    if (operation.a != ir::no_slot && operation.b == ir::no_slot) return &address_base;
    return &address<std::uint64_t>;
}

StepFunction select_load(ir::Type type) {
    switch (type) {
        case ir::Type::f32:
            return &load<std::uint32_t>;
        case ir::Type::f64:
        case ir::Type::v64:
            return &load<std::uint64_t>;
        case ir::Type::v128:
            return &load_vector<16>;
        case ir::Type::v256:
            return &load_vector<32>;
        case ir::Type::v512:
            return &load_vector<64>;
        default:
            return LXR_SELECT_INTEGER(type, []<typename T>() { return &load<T>; });
    }
}

StepFunction select_store(ir::Type type) {
    switch (type) {
        case ir::Type::f32:
            return &store<std::uint32_t>;
        case ir::Type::f64:
        case ir::Type::v64:
            return &store<std::uint64_t>;
        case ir::Type::v128:
            return &store_vector<16>;
        case ir::Type::v256:
            return &store_vector<32>;
        case ir::Type::v512:
            return &store_vector<64>;
        default:
            return LXR_SELECT_INTEGER(type, []<typename T>() { return &store<T>; });
    }
}

template <typename Operation>
StepFunction select_atomic(ir::Type type) {
    return LXR_SELECT_INTEGER(type, []<typename T>() { return &atomic<Operation, T>; });
}

StepFunction select_compare_exchange(ir::Type type) {
    if (type == ir::Type::v128) return &compare_exchange_wide;
    return LXR_SELECT_INTEGER(type, []<typename T>() { return &compare_exchange<T>; });
}

}  // namespace

StepFunction select_memory(const ir::Operation& operation) {
    using ir::Opcode;
    switch (operation.opcode) {
        case Opcode::address:
            return select_address(operation);
        case Opcode::check_aligned:
            return &check_aligned;
        case Opcode::check_canonical:
            return &check_canonical;
        case Opcode::load:
            return select_load(operation.type);
        case Opcode::store:
            return select_store(operation.type);
        case Opcode::atomic_add:
            return select_atomic<FetchAdd>(operation.type);
        case Opcode::atomic_and:
            return select_atomic<FetchAnd>(operation.type);
        case Opcode::atomic_or:
            return select_atomic<FetchOr>(operation.type);
        case Opcode::atomic_xor:
            return select_atomic<FetchXor>(operation.type);
        case Opcode::atomic_exchange:
            return select_atomic<Exchange>(operation.type);
        case Opcode::atomic_compare_exchange:
            return select_compare_exchange(operation.type);
        case Opcode::fence:
            return &fence;
        default:
            return nullptr;
    }
}

}  // namespace lxr::evaluate
