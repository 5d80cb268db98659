// The stages of a region. What LLVM needs to know of the host is made once a thread.
#include "jit/optimizing/compiler.h"

#include <fmt/core.h>
#include <llvm/Analysis/AliasAnalysis.h>
#include <llvm/IR/DiagnosticInfo.h>
#include <llvm/IR/DiagnosticPrinter.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/Verifier.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Support/CommandLine.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Target/TargetMachine.h>
#include <llvm/TargetParser/Host.h>
#include <llvm/TargetParser/SubtargetFeature.h>
#include <llvm/Transforms/InstCombine/InstCombine.h>
#include <llvm/Transforms/Scalar/ADCE.h>
#include <llvm/Transforms/Scalar/DeadStoreElimination.h>
#include <llvm/Transforms/Scalar/EarlyCSE.h>
#include <llvm/Transforms/Scalar/LICM.h>
#include <llvm/Transforms/Scalar/LoopPassManager.h>
#include <llvm/Transforms/Scalar/SROA.h>
#include <llvm/Transforms/Scalar/SimplifyCFG.h>
#include <llvm/Transforms/Utils/Cloning.h>

#include <array>
#include <chrono>
#include <mutex>

#include "jit/optimizing/lowering.h"
#include "jit/optimizing/object.h"
#include "lifter/lift.h"
#include "lifter/support/cpu_time.h"

namespace lxr::optimizing {

namespace {

/// Makes a message of the first error that LLVM reports in a context; the code of such a module is not used.
class Complaints : public llvm::DiagnosticHandler {
public:
    explicit Complaints(std::string& first) : first_(first) {}
    bool handleDiagnostics(const llvm::DiagnosticInfo& info) override {
        if (info.getSeverity() != llvm::DS_Error || !first_.empty()) return true;
        llvm::raw_string_ostream stream(first_);
        llvm::DiagnosticPrinterRawOStream printer(stream);
        info.print(printer);
        return true;
    }

private:
    std::string& first_;
};

/// Not AVX-512: LLVM makes masked loads of selections, and a masked load does not fault where the guest's access does.
bool is_used(llvm::StringRef feature) {
    return !feature.starts_with("avx512") && !feature.starts_with("avx10") && feature != "evex512";
}

std::string host_features() {
    llvm::SubtargetFeatures features;
    for (const auto& feature : llvm::sys::getHostCPUFeatures()) {
        features.AddFeature(feature.getKey(), feature.getValue() && is_used(feature.getKey()));
    }
    return features.getString();
}

/// Parts of LLVM 19's code generation that are turned off:
constexpr std::array harmful_passes = {
    // makes a branch around the load of a CMOV, which must fault whatever the condition;
    "x86-cmov-converter-force-mem-operand",
    // makes of a 16-bit load into a register whose upper part is used a load that clears it (`movw (%rax), %ax`).
    "fixup-byte-word-insts"};

/// Lowering writes instructions down that not every host has.
bool host_has_what_lowering_uses() {
    const auto features = llvm::sys::getHostCPUFeatures();
    const auto has = [&](const char* name) { return features.lookup(name); };
    return has("avx2") && has("fma") && has("bmi2") && has("f16c") && has("lzcnt") && has("cx16");
}

std::unique_ptr<llvm::TargetMachine> make_machine() {
    if (!host_has_what_lowering_uses()) return nullptr;
    static std::once_flag once;
    std::call_once(once, [] {
        llvm::InitializeNativeTarget();
        llvm::InitializeNativeTargetAsmPrinter();
        llvm::InitializeNativeTargetAsmParser();  // of inline assembly
        for (const auto* pass_option : harmful_passes) {
            static_cast<llvm::cl::opt<bool>*>(llvm::cl::getRegisteredOptions().lookup(pass_option))->setValue(false);
        }
    });
    const auto triple = llvm::sys::getProcessTriple();
    std::string error;
    const auto* target = llvm::TargetRegistry::lookupTarget(triple, error);
    if (target == nullptr) return nullptr;
    return std::unique_ptr<llvm::TargetMachine>(
        target->createTargetMachine(triple, llvm::sys::getHostCPUName(), host_features(), {}, llvm::Reloc::PIC_,
                                    llvm::CodeModel::Small, llvm::CodeGenOptLevel::Default));
}

/// Counts the CPU time until it goes as that of a stage.
class StageTimer {
public:
    StageTimer(RegionAnswer& answer, Stage stage) : sum_ns_(answer.stage_ns[static_cast<std::size_t>(stage)]) {}
    ~StageTimer() { sum_ns_ += static_cast<std::uint64_t>((thread_cpu_time() - begin_).count()); }
    StageTimer(const StageTimer&) = delete;
    StageTimer& operator=(const StageTimer&) = delete;

private:
    std::uint64_t& sum_ns_;
    const std::chrono::nanoseconds begin_ = thread_cpu_time();
};

template <typename Work>
auto timed(RegionAnswer& answer, Stage stage, Work work) {
    const StageTimer timer(answer, stage);
    return work();
}

/// What one compiling thread keeps.
class Compiler {
public:
    Compiler() : machine_(make_machine()) {
        if (machine_ == nullptr) return;
        llvm::PassBuilder builder(machine_.get());
        builder.registerModuleAnalyses(module_analyses_);
        builder.registerCGSCCAnalyses(scc_analyses_);
        builder.registerFunctionAnalyses(function_analyses_);
        builder.registerLoopAnalyses(loop_analyses_);
        builder.crossRegisterProxies(loop_analyses_, function_analyses_, scc_analyses_, module_analyses_);
        passes_.addPass(llvm::SROAPass(llvm::SROAOptions::ModifyCFG));
        passes_.addPass(llvm::EarlyCSEPass(true));
        passes_.addPass(llvm::InstCombinePass());
        passes_.addPass(llvm::SimplifyCFGPass());
        passes_.addPass(llvm::createFunctionToLoopPassAdaptor(llvm::LICMPass(llvm::LICMOptions()), true));
        passes_.addPass(llvm::EarlyCSEPass(true));
        passes_.addPass(llvm::InstCombinePass());
        passes_.addPass(llvm::DSEPass());
        passes_.addPass(llvm::ADCEPass());
        passes_.addPass(llvm::SimplifyCFGPass());
        // To put these together takes half a millisecond, and to run them on little code one.
        constexpr auto type = llvm::CodeGenFileType::ObjectFile;
        if (machine_->addPassesToEmitFile(code_generation_, object_stream_, nullptr, type)) machine_.reset();
    }

    RegionAnswer compile(const RegionRequest& request) {
        RegionAnswer answer;
        if (machine_ == nullptr) return refuse(answer, "the host lacks what lowering uses");
        std::string complaint;
        llvm::LLVMContext context;
        context.setDiagnosticHandler(std::make_unique<Complaints>(complaint));
        llvm::Module module("region", context);
        module.setTargetTriple(machine_->getTargetTriple().str());
        module.setDataLayout(machine_->createDataLayout());
        module.setPICLevel(llvm::PICLevel::SmallPIC);
        const auto refusal = timed(answer, Stage::lower, [&] { return lower(module, request); });
        if (!refusal.empty()) return refuse(answer, refusal);
        if (request.show_stages) answer.lifted = print(module);
        timed(answer, Stage::optimize, [&] { optimize(module); });
        if (request.show_stages) {
            answer.optimized = print(module);
            answer.assembly = generate_assembly(*llvm::CloneModule(module));
        }
        const auto object = timed(answer, Stage::generate, [&] { return generate_object(module); });
        if (!complaint.empty()) return refuse(answer, complaint);
        auto linked = timed(answer, Stage::link, [&] { return link_object(object, region_function); });
        answer.refusal = linked.refusal;
        answer.code = std::move(linked.bytes);
        answer.entry_offset = linked.entry_offset;
        return answer;
    }

private:
    static RegionAnswer& refuse(RegionAnswer& answer, std::string reason) {
        answer.refusal = std::move(reason);
        return answer;
    }

    /// @return why the region cannot be lowered; empty if the module is complete.
    std::string lower(llvm::Module& module, const RegionRequest& request) const {
        std::vector<ir::Block> blocks;
        for (const auto& block : request.blocks) {
            blocks.push_back(
                lift_block(block.bytes, block.begin, {.instructions = block.instructions, .ends_before_missing = true}));
            ir::simplify(blocks.back());
        }
        if (auto refusal = lower_region(module, request, blocks); !refusal.empty()) return refusal;
        for (auto& function : module) {
            function.addFnAttr("target-cpu", machine_->getTargetCPU());
            function.addFnAttr("target-features", machine_->getTargetFeatureString());
        }
        std::string complaint;
        llvm::raw_string_ostream stream(complaint);
        return llvm::verifyModule(module, &stream) ? "the lowered module is wrong: " + complaint : std::string();
    }

    static std::string print(const llvm::Module& module) {
        std::string text;
        llvm::raw_string_ostream stream(text);
        module.print(stream, nullptr);
        return text;
    }

    void optimize(llvm::Module& module) {
        for (auto& function : module) {
            if (!function.isDeclaration()) passes_.run(function, function_analyses_);
        }
        loop_analyses_.clear();
        function_analyses_.clear();
        scc_analyses_.clear();
        module_analyses_.clear();
    }

    std::string generate_object(llvm::Module& module) {
        code_generation_.run(module);
        std::string object(object_.data(), object_.size());
        object_.clear();
        return object;
    }

    std::string generate_assembly(llvm::Module& module) {
        llvm::SmallVector<char, 0> text;
        llvm::raw_svector_ostream stream(text);
        llvm::legacy::PassManager manager;
        if (machine_->addPassesToEmitFile(manager, stream, nullptr, llvm::CodeGenFileType::AssemblyFile)) return {};
        manager.run(module);
        return {text.data(), text.size()};
    }

    std::unique_ptr<llvm::TargetMachine> machine_;
    llvm::LoopAnalysisManager loop_analyses_;
    llvm::FunctionAnalysisManager function_analyses_;
    llvm::CGSCCAnalysisManager scc_analyses_;
    llvm::ModuleAnalysisManager module_analyses_;
    llvm::FunctionPassManager passes_;
    llvm::SmallVector<char, 0> object_;
    llvm::raw_svector_ostream object_stream_{object_};
    llvm::legacy::PassManager code_generation_;
};

}  // namespace

RegionAnswer compile_region(const RegionRequest& request) {
    static thread_local Compiler compiler;
    return compiler.compile(request);
}

}  // namespace lxr::optimizing
