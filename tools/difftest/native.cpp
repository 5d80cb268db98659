// The parent's side of the oracle: starts the child, hands it batches, notices when it hangs.
#include "tools/difftest/native.h"

#include <fmt/core.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <ctime>
#include <new>

#include "lifter/support/check.h"
#include "tools/difftest/host/native_child.h"

namespace lxr::difftest {

namespace {

constexpr timespec longest_wait = {.tv_sec = 3, .tv_nsec = 0};

}  // namespace

NativeRunner::NativeRunner() {
    auto* const shared = mmap(nullptr, sizeof(Batch), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    LXR_CHECK(shared != MAP_FAILED);
    batch_ = new (shared) Batch;
    make_child();
}

NativeRunner::~NativeRunner() {
    end_child();
    munmap(batch_, sizeof(Batch));
}

void NativeRunner::make_child() {
    batch_->turn = static_cast<std::uint32_t>(Turn::idle);
    child_ = fork();
    LXR_CHECK(child_ >= 0);
    if (child_ == 0) host::serve_batches(*batch_);
}

void NativeRunner::end_child() {
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
}

void NativeRunner::start() {
    batch_->progress = 0;
    batch_->turn = static_cast<std::uint32_t>(Turn::native);
    syscall(SYS_futex, &batch_->turn, FUTEX_WAKE, 1, nullptr, nullptr, 0);
}

bool NativeRunner::finish() {
    const auto native = static_cast<std::uint32_t>(Turn::native);
    for (auto progress = batch_->progress.load(); batch_->turn == native;) {
        const auto woken = syscall(SYS_futex, &batch_->turn, FUTEX_WAIT, native, &longest_wait, nullptr, 0);
        if (batch_->turn != native) break;
        if (woken == 0 || errno != ETIMEDOUT) continue;  // a late wake-up of the batch before
        const auto now = batch_->progress.load();
        int status = 0;
        const bool died = waitpid(child_, &status, WNOHANG) != 0;
        if (now == progress || died) {
            failure_ = died && WIFSIGNALED(status) ? fmt::format("died of signal {}", WTERMSIG(status)) : "hung";
            end_child();
            make_child();
            return false;
        }
        progress = now;
    }
    return true;
}

}  // namespace lxr::difftest
