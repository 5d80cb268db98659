// The guest's flags stay as they are: LEA counts, and JRCXZ tests for zero.
#include "jit/host/block_entries.h"

#include "jit/host/x86_64/assembler.h"
#include "jit/host/x86_64/homes.h"

namespace lxr::host {

namespace {

void leave_with(Assembler& a, const baseline::Exit& exit) {
    a.move_immediate(scratch, reinterpret_cast<std::uint64_t>(&exit));
    a.jump_through_state(offsetof(GuestState, translated.leave));
}

}  // namespace

std::size_t emit_counting_entry(const std::byte* next, std::uint64_t& left, baseline::Exit& hot, const Placement& placement) {
    Assembler a(placement.writable);
    a.move_immediate(scratch, reinterpret_cast<std::uint64_t>(&left));
    a.store_state(saved_rcx, rcx);
    a.load(rcx, scratch, 0);
    a.add_address(rcx, rcx, -1);
    a.store(scratch, 0, rcx);
    a.bytes({0xe3, 0x00});  // jrcxz
    const auto after = a.position();
    a.load_state(rcx, saved_rcx);
    a.set_relative(a.jump(), next - placement.executable);
    a.set_byte(after - 1, static_cast<unsigned>(a.position() - after));
    a.load_state(rcx, saved_rcx);
    leave_with(a, hot);
    return a.position();
}

std::size_t emit_region_entry(const void* region, const Placement& placement) {
    Assembler a(placement.writable);
    a.move_immediate(scratch, reinterpret_cast<std::uint64_t>(region));
    a.call_through_state(offsetof(GuestState, translated.run_region));
    a.jump_through_state(offsetof(GuestState, translated.after_region));
    return a.position();
}

}  // namespace lxr::host
