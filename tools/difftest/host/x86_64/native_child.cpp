// The native child lives inside one signal handler. A test is started by returning from it with the test's registers in the
// signal frame, so that the kernel loads them all, and ends with the next signal: INT3 where code was left, or a fault.
// The handler uses no thread-local storage: FS is the guest's.
#include "tools/difftest/host/native_child.h"

#include <immintrin.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

#include "jit/fault_recovery.h"
#include "lifter/support/check.h"
#include "tools/difftest/engine_runner.h"

namespace lxr::difftest::host {

namespace {

constexpr std::uint32_t breakpoint_vector = 3;
constexpr std::uint32_t page_fault_vector = 14;

/// Order of uc_mcontext.gregs for Gpr's order.
constexpr std::array<int, 16> greg_of = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                                         REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};

/// XSAVE's standard format as the kernel puts it into signal frames (SDM Vol. 1, "XSAVE Area").
struct XsaveImage {
    std::uint16_t control;
    std::uint16_t status;
    std::uint8_t valid;
    std::uint8_t reserved_0;
    std::uint16_t opcode;
    std::uint64_t instruction_pointer;
    std::uint64_t data_pointer;
    std::uint32_t mxcsr;
    std::uint32_t mxcsr_mask;
    std::array<std::array<std::uint64_t, 2>, 8> st;
    std::array<std::array<std::uint64_t, 2>, 16> xmm;
    std::array<std::byte, 96> reserved_1;
    std::uint64_t components;  // XSTATE_BV
    std::array<std::uint64_t, 7> header;
    std::array<std::array<std::uint64_t, 2>, 16> ymm_high;
};
static_assert(offsetof(XsaveImage, components) == 512 && offsetof(XsaveImage, ymm_high) == 576);
constexpr std::uint64_t component_x87 = 1;
constexpr std::uint64_t component_sse = 2;
constexpr std::uint64_t component_avx = 4;

constexpr unsigned top_shift = 11;

Batch* batch = nullptr;
std::uint32_t current = 0;
bool running = false;

void take_x87(X87State& x87, const XsaveImage& image) {
    if ((image.components & component_x87) == 0) {
        x87 = {};
        x87.control = 0x37f;
        return;
    }
    x87.control = image.control;
    x87.top = (image.status >> top_shift) & 7;
    x87.status = static_cast<std::uint16_t>(image.status & ~(7U << top_shift));
    x87.valid = image.valid;
    x87.opcode = image.opcode;
    x87.instruction_pointer = image.instruction_pointer;
    x87.data_pointer = image.data_pointer;
    for (unsigned i = 0; i < 8; ++i) {
        auto& reg = x87.registers[(x87.top + i) & 7];
        reg.significand = image.st[i][0];
        reg.sign_exponent = static_cast<std::uint16_t>(image.st[i][1]);
    }
}

void put_x87(XsaveImage& image, const X87State& x87) {
    image.control = x87.control;
    image.status = static_cast<std::uint16_t>(x87.status | (x87.top << top_shift));
    image.valid = x87.valid;
    image.opcode = x87.opcode;
    image.instruction_pointer = x87.instruction_pointer;
    image.data_pointer = x87.data_pointer;
    for (unsigned i = 0; i < 8; ++i) {
        const auto& reg = x87.registers[(x87.top + i) & 7];
        image.st[i] = {reg.significand, reg.sign_exponent};
    }
}

void take_selectors(std::array<std::uint16_t, 6>& selectors) {
    auto& [es, cs, ss, ds, fs, gs] = selectors;
    asm volatile(
        "mov %%es, %0\n\t"
        "mov %%cs, %1\n\t"
        "mov %%ss, %2\n\t"
        "mov %%ds, %3\n\t"
        "mov %%fs, %4\n\t"
        "mov %%gs, %5"
        : "=m"(es), "=m"(cs), "=m"(ss), "=m"(ds), "=m"(fs), "=m"(gs));
}

/// Those that the signal frame does not restore.
void put_selectors(const std::array<std::uint16_t, 6>& selectors) {
    const auto& [es, cs, ss, ds, fs, gs] = selectors;
    asm volatile(
        "mov %0, %%es\n\t"
        "mov %1, %%ds\n\t"
        "mov %2, %%fs\n\t"
        "mov %3, %%gs"
        :
        : "m"(es), "m"(ds), "m"(fs), "m"(gs));
}

void take_registers(MachineState& state, const ucontext_t& context) {
    const auto& gregs = context.uc_mcontext.gregs;
    for (unsigned i = 0; i < 16; ++i) state.gpr[i] = static_cast<std::uint64_t>(gregs[greg_of[i]]);
    state.rip = static_cast<std::uint64_t>(gregs[REG_RIP]);
    state.rflags = static_cast<std::uint64_t>(gregs[REG_EFL]) & compared_flags;
    state.fs_base = _readfsbase_u64();
    state.gs_base = _readgsbase_u64();
    take_selectors(state.selectors);
    clear_rpl_of_null(state.selectors);
    const auto& image = *reinterpret_cast<const XsaveImage*>(context.uc_mcontext.fpregs);
    state.mxcsr = image.mxcsr;
    take_x87(state.x87, image);
    const bool has_sse = (image.components & component_sse) != 0;
    const bool has_avx = (image.components & component_avx) != 0;
    for (unsigned i = 0; i < 16; ++i) {
        state.ymm[i] = {has_sse ? image.xmm[i][0] : 0, has_sse ? image.xmm[i][1] : 0, has_avx ? image.ymm_high[i][0] : 0,
                        has_avx ? image.ymm_high[i][1] : 0};
    }
}

void put_registers(ucontext_t& context, const MachineState& state) {
    auto& gregs = context.uc_mcontext.gregs;
    for (unsigned i = 0; i < 16; ++i) gregs[greg_of[i]] = static_cast<greg_t>(state.gpr[i]);
    gregs[REG_RIP] = static_cast<greg_t>(state.rip);
    gregs[REG_EFL] = static_cast<greg_t>(state.rflags | rflags::fixed | rflags::interrupts);
    put_selectors(state.selectors);
    _writefsbase_u64(state.fs_base);
    _writegsbase_u64(state.gs_base);
    auto& image = *reinterpret_cast<XsaveImage*>(context.uc_mcontext.fpregs);
    image.mxcsr = state.mxcsr;
    put_x87(image, state.x87);
    for (unsigned i = 0; i < 16; ++i) {
        image.xmm[i] = {state.ymm[i][0], state.ymm[i][1]};
        image.ymm_high[i] = {state.ymm[i][2], state.ymm[i][3]};
    }
    image.components = component_x87 | component_sse | component_avx;
}

/// True if the INT3 that stopped at `rip` was a landing pad and no part of the tested bytes.
bool is_landing_pad(std::uint64_t rip) {
    return rip >= arena::code_begin && rip < arena::code_end && (rip < batch->entry || rip >= batch->end);
}

void take_outcome(Outcome& outcome, int signal, const ucontext_t& context) {
    take_registers(outcome.after, context);
    const auto vector = static_cast<std::uint32_t>(context.uc_mcontext.gregs[REG_TRAPNO]);
    outcome.fault = {};
    if (signal == SIGSYS) {
        outcome.ending = Ending::syscall;
    } else if (vector == breakpoint_vector && is_landing_pad(outcome.after.rip - 1)) {
        outcome.ending = Ending::landed;
        --outcome.after.rip;
    } else {
        outcome.ending = Ending::fault;
        outcome.fault = {
            .vector = vector,
            .error_code = static_cast<std::uint32_t>(context.uc_mcontext.gregs[REG_ERR]),
            .address = vector == page_fault_vector ? static_cast<std::uint64_t>(context.uc_mcontext.gregs[REG_CR2]) : 0};
    }
    auto* const data = host_pointer(GuestAddress(arena::data_begin));
    std::memcpy(outcome.memory.data(), data, arena::data_size_bytes);
    std::memcpy(data, batch->memory.data(), arena::data_size_bytes);
}

void await_batch() {
    const auto native = static_cast<std::uint32_t>(Turn::native);
    for (auto turn = batch->turn.load(); turn != native; turn = batch->turn.load()) {
        syscall(SYS_futex, &batch->turn, FUTEX_WAIT, turn, nullptr, nullptr, 0);
    }
    current = 0;
    std::memcpy(host_pointer(GuestAddress(arena::data_begin)), batch->memory.data(), arena::data_size_bytes);
}

void finish_batch() {
    batch->turn = static_cast<std::uint32_t>(Turn::done);
    syscall(SYS_futex, &batch->turn, FUTEX_WAKE, 1, nullptr, nullptr, 0);
}

void on_signal(int signal, siginfo_t*, void* raw_context) {
    __builtin_ia32_writeeflags_u64(rflags::fixed | rflags::interrupts);  // the guest may have set AC
    auto& context = *static_cast<ucontext_t*>(raw_context);
    if (running) {
        take_outcome(batch->native[current], signal, context);
        batch->progress.store(++current, std::memory_order_relaxed);
        if (current == batch->count) {
            finish_batch();
            running = false;
        }
    }
    if (!running) await_batch();
    running = true;
    const auto& test = batch->tests[current];
    apply_pokes(test);
    put_registers(context, test.before);
    // rt_sigreturn takes these from the flags that it finds (Linux arch/x86/kernel/signal_64.c, FIX_EFLAGS).
    constexpr std::uint64_t untouched_by_sigreturn = rflags::nt | rflags::id;
    __builtin_ia32_writeeflags_u64(rflags::fixed | rflags::interrupts | (test.before.rflags & untouched_by_sigreturn));
}

void catch_signals(void (*handler)(int, siginfo_t*, void*)) {
    constexpr std::size_t stack_size_bytes = 256 * 1024;
    stack_t stack = {};
    stack.ss_size = stack_size_bytes;
    stack.ss_sp = mmap(nullptr, stack_size_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    LXR_CHECK(stack.ss_sp != MAP_FAILED && sigaltstack(&stack, nullptr) == 0);
    struct sigaction action = {};
    action.sa_sigaction = handler;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigfillset(&action.sa_mask);
    for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS}) {
        LXR_CHECK(sigaction(signal, &action, nullptr) == 0);
    }
}

/// Only code of lxr-difftest and libc, which lie above the guest, may make system calls; those of tested bytes become SIGSYS.
void confine() {
    constexpr std::uint32_t guest_end_high = 0x7e90;  // LXR_IMAGE_BASE >> 32
    constexpr std::uint32_t high_half_of_rip = offsetof(seccomp_data, instruction_pointer) + 4;
    sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, high_half_of_rip),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, guest_end_high, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const sock_fprog filter = {.len = std::size(program), .filter = program};
    LXR_CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    LXR_CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) == 0);
}

/// A fault of guest code that lxr runs, as the host reports it.
void on_fault_of_lxr(int signal, siginfo_t* info, void* raw_context) {
    auto& context = *static_cast<ucontext_t*>(raw_context);
    if (signal == SIGTRAP && info->si_code == TRAP_TRACE && continue_interruption(context)) return;
    const auto& gregs = context.uc_mcontext.gregs;
    const GuestFault fault = {.vector = static_cast<ExceptionVector>(gregs[REG_TRAPNO]),
                              .error_code = static_cast<std::uint32_t>(gregs[REG_ERR]),
                              .address = GuestAddress(static_cast<std::uint64_t>(gregs[REG_CR2])),
                              .host_signal = signal,
                              .host_code = info->si_code};
    if (redirect_to_fault(context, fault)) return;
    ::signal(signal, SIG_DFL);  // lxr's own: the instruction is repeated and ends the process
}

void on_tick(int, siginfo_t*, void* raw_context) {
    patience.ticks.fetch_add(1);
    auto* const state = patience.running.load();
    if (state == nullptr) return;
    state->attention = 1;
    interrupt_translated_code(*static_cast<ucontext_t*>(raw_context));
}

}  // namespace

void serve_batches(Batch& shared_batch) {
    batch = &shared_batch;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    LXR_CHECK(mprotect(host_pointer<void>(GuestAddress(arena::code_begin)), arena::code_size_bytes, PROT_READ | PROT_EXEC) ==
              0);
    arena::make_present();
    catch_signals(&on_signal);
    confine();
    raise(SIGTRAP);
    __builtin_unreachable();
}

void catch_faults_of_lxr() {
    catch_signals(&on_fault_of_lxr);
}

void interrupt_endless_runs() {
    struct sigaction action = {};
    action.sa_sigaction = &on_tick;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
    sigfillset(&action.sa_mask);
    LXR_CHECK(sigaction(SIGALRM, &action, nullptr) == 0);
    constexpr timeval period = {.tv_sec = 0, .tv_usec = 5000};
    const itimerval timer = {.it_interval = period, .it_value = period};
    LXR_CHECK(setitimer(ITIMER_REAL, &timer, nullptr) == 0);
}

}  // namespace lxr::difftest::host
