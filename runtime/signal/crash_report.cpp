// The line for a fault of lxr's own. Called by the host's signal handler; uses only write(2).
#include "runtime/signal/crash_report.h"

#include <array>
#include <cstring>
#include <string_view>

#include "lifter/support/own_output.h"
#include "runtime/guest_thread.h"
#include "runtime/host/signal_context.h"

namespace lxr {

namespace {

/// A line built in place: formatting that allocates is not async-signal-safe.
class Line {
public:
    Line& operator<<(std::string_view text) {
        const std::size_t length = std::min(text.size(), buffer_.size() - used_);
        std::memcpy(buffer_.data() + used_, text.data(), length);
        used_ += length;
        return *this;
    }
    Line& hex(std::uint64_t value) {
        std::array<char, 18> digits{};
        std::size_t position = digits.size();
        do {
            digits[--position] = "0123456789abcdef"[value & 15];
            value >>= 4;
        } while (value != 0);
        return *this << "0x" << std::string_view(&digits[position], digits.size() - position);
    }
    void print() const { write_own_output(own_standard_error(), {buffer_.data(), used_}); }

private:
    std::array<char, 512> buffer_{};
    std::size_t used_ = 0;
};

}  // namespace

void report_crash(const siginfo_t& info, const ucontext_t& context) {
    const char* name = sigabbrev_np(info.si_signo);
    Line line;
    line << "lxr: internal error: SIG" << (name != nullptr ? name : "?") << " in lxr itself at host pc ";
    line.hex(program_counter(context)) << ", address ";
    line.hex(reinterpret_cast<std::uint64_t>(info.si_addr));
    if (const GuestThread* thread = GuestThread::current()) {
        line << ", guest rip ";
        line.hex(thread->rip) << ", guest rax ";
        line.hex((*thread)[Gpr::rax]);
    } else {
        line << ", no guest thread";
    }
    line << "\n";
    line.print();
}

}  // namespace lxr
