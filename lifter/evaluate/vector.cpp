// Step functions of vector operations: moves between shapes, and lanes of integers.
#include <algorithm>

#include "lifter/evaluate/step.h"

namespace lxr::evaluate {

namespace {

/// Zero-extends or cuts, from and to any size.
void resize(const Step* step, GuestState* state, EvaluationFrame* frame) {
    const auto& operation = step->operation;
    const auto to = ir::size_bytes(operation.type);
    const auto kept = std::min(to, ir::size_bytes(operation.lane));
    auto* result = reinterpret_cast<std::byte*>(&frame->slots[operation.result]);
    std::memcpy(result, &frame->slots[operation.a], kept);
    std::memset(result + kept, 0, to - kept);
    LXR_NEXT_STEP;
}

void insert_lane(const Step* step, GuestState* state, EvaluationFrame* frame) {
    const auto& operation = step->operation;
    const auto lane_bytes = ir::size_bytes(operation.lane);
    auto* result = reinterpret_cast<std::byte*>(&frame->slots[operation.result]);
    std::memcpy(result, &frame->slots[operation.a], ir::size_bytes(operation.type));
    std::memcpy(result + static_cast<std::size_t>(operation.immediate) * lane_bytes, &frame->slots[operation.b], lane_bytes);
    LXR_NEXT_STEP;
}

void extract_lane(const Step* step, GuestState* state, EvaluationFrame* frame) {
    const auto& operation = step->operation;
    const auto lane_bytes = ir::size_bytes(operation.type);
    const auto* source = reinterpret_cast<const std::byte*>(&frame->slots[operation.a]);
    frame->slots[operation.result] = 0;
    std::memcpy(&frame->slots[operation.result], source + std::size_t{operation.aux} * lane_bytes, lane_bytes);
    LXR_NEXT_STEP;
}

}  // namespace

StepFunction select_vector(const ir::Operation& operation) {
    using ir::Opcode;
    switch (operation.opcode) {
        case Opcode::resize:
            return &resize;
        case Opcode::insert_lane:
            return &insert_lane;
        case Opcode::extract_lane:
            return &extract_lane;
        default:
            return nullptr;
    }
}

}  // namespace lxr::evaluate
