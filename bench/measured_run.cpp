// fork, exec, wait4: the kernel's own account of what a run cost.
#include "bench/measured_run.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <thread>

#include "lifter/support/check.h"

namespace lxr::bench {

namespace {

using Clock = std::chrono::steady_clock;

/// A file in memory that takes one output stream.
class Capture {
public:
    Capture() : descriptor_(memfd_create("lxr-bench output", MFD_CLOEXEC)) { LXR_CHECK(descriptor_ >= 0); }
    ~Capture() { close(descriptor_); }
    Capture(const Capture&) = delete;
    Capture& operator=(const Capture&) = delete;

    int descriptor() const { return descriptor_; }

    std::string text() const {
        std::string bytes(static_cast<std::size_t>(lseek(descriptor_, 0, SEEK_END)), '\0');
        std::size_t size = 0;
        for (ssize_t count = 1; count > 0 && size < bytes.size(); size += static_cast<std::size_t>(count)) {
            count = pread(descriptor_, bytes.data() + size, bytes.size() - size, static_cast<off_t>(size));
            LXR_CHECK(count >= 0);
        }
        return bytes;
    }

private:
    int descriptor_;
};

std::uint64_t fnv1a(const std::string& bytes) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const unsigned char byte : bytes) hash = (hash ^ byte) * 0x100000001b3;
    return hash;
}

std::string last_line(std::string text) {
    while (text.ends_with('\n')) text.pop_back();
    return text.substr(text.rfind('\n') + 1);
}

[[noreturn]] void become(const std::vector<std::string>& argv, const std::string& folder, int output, int errors) {
    std::vector<char*> words;
    words.reserve(argv.size() + 1);
    for (const auto& word : argv) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    setpgid(0, 0);
    const int input = open("/dev/null", O_RDONLY);
    if (input >= 0 && dup2(input, 0) == 0 && dup2(output, 1) == 1 && dup2(errors, 2) == 2 && chdir(folder.c_str()) == 0) {
        execv(words[0], words.data());
    }
    _exit(127);
}

std::chrono::duration<double> seconds(const timeval& time) {
    return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

void account(MeasuredRun& run, const rusage& usage) {
    run.cpu_time += seconds(usage.ru_utime) + seconds(usage.ru_stime);
    run.peak_resident_kib = std::max(run.peak_resident_kib, usage.ru_maxrss);
}

/// Waits until no child is left. What a child waited for itself is in its account already.
void wait_for_all(pid_t program, Clock::time_point begin, std::chrono::seconds time_limit, MeasuredRun& run) {
    for (;;) {
        int status = 0;
        rusage usage{};
        const pid_t ended = wait4(-1, &status, WNOHANG, &usage);
        if (ended < 0 && errno == ECHILD) return;
        if (ended > 0) account(run, usage);
        if (ended == program) {
            run.wait_status = status;
            run.elapsed = Clock::now() - begin;
        }
        if (ended > 0) continue;
        if (Clock::now() - begin > time_limit) {
            run.timed_out = true;
            kill(-program, SIGKILL);
        }
        std::this_thread::sleep_for(std::chrono::microseconds(500));
    }
}

}  // namespace

void adopt_orphans() {
    LXR_CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0);
}

MeasuredRun measured_run(const std::vector<std::string>& argv, const std::string& folder, std::chrono::seconds time_limit) {
    const Capture output, errors;
    const auto begin = Clock::now();
    const pid_t program = fork();
    LXR_CHECK(program >= 0);
    if (program == 0) become(argv, folder, output.descriptor(), errors.descriptor());
    MeasuredRun run;
    wait_for_all(program, begin, time_limit, run);
    run.output_checksum = fnv1a(output.text());
    run.last_error_line = last_line(errors.text());
    return run;
}

}  // namespace lxr::bench
