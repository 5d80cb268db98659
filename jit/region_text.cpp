// One region of a snippet, whose code is read where it lies and never run.
#include "jit/region_text.h"

#include <fmt/core.h>

#include "jit/optimizing/optimizer_process.h"
#include "jit/optimizing/region_formation.h"

namespace lxr {

namespace {

/// A world that is code and nothing else.
class Snippet : public Services {
public:
    Snippet(std::span<const std::byte> code, GuestAddress address) : code_(code), address_(address) {}

    CodeBytes code_at(GuestAddress address) override {
        const auto offset = address - address_;  // wraps before the snippet
        if (offset >= code_.size()) return {.bytes = {}};
        return {.bytes = code_.subspan(offset)};
    }
    void syscall(GuestState&) override {}
    void syscall_int80(GuestState&) override {}
    void fault(GuestState&, const GuestFault&) override {}
    void attention(GuestState&) override {}
    bool thread_should_exit(const GuestState&) override { return true; }

private:
    std::span<const std::byte> code_;
    GuestAddress address_;
};

}  // namespace

std::string describe_region(std::span<const std::byte> code, GuestAddress address, DumpStages stages) {
    Snippet snippet(code, address);
    auto request = optimizing::form_region(snippet, address, {});
    if (request.blocks.empty()) return "there is no region\n";
    request.show_stages = true;
    optimizing::OptimizerProcess optimizer;
    optimizing::RegionAnswer answer;
    if (!optimizer.send(request) || optimizer.receive(answer, -1) != optimizing::OptimizerProcess::Outcome::answered) {
        return "there is no optimiser\n";
    }
    if (!answer.refusal.empty()) return fmt::format("refused: {}\n", answer.refusal);
    auto text = fmt::format("region {:016x}\n", content_id(request));
    for (std::size_t i = 0; i < stages.size(); ++i) {
        if (!stages.test(i)) continue;
        text += fmt::format("\n{}\n{}", dump_stage_names[i], stage_text(static_cast<DumpStage>(i), request, answer));
    }
    return text;
}

}  // namespace lxr
