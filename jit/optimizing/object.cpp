// All relocations of such an object are relative, since it is compiled as position-independent code.
#include "jit/optimizing/object.h"

#include <fmt/core.h>
#include <llvm/BinaryFormat/ELF.h>
#include <llvm/Object/ELFObjectFile.h>

#include <cstring>
#include <map>

namespace lxr::optimizing {

namespace {

using llvm::object::ELFObjectFileBase;
using llvm::object::SectionRef;

class Linker {
public:
    explicit Linker(const ELFObjectFileBase& object) : object_(object) {}

    LinkedCode run(llvm::StringRef entry_symbol) {
        for (const SectionRef& section : object_.sections()) place(section);
        for (const SectionRef& section : object_.sections()) relocate(section);
        for (const auto& symbol : object_.symbols()) {
            const bool is_function = llvm::object::ELFSymbolRef(symbol).getELFType() == llvm::ELF::STT_FUNC;
            if (is_function && name_of(symbol) == entry_symbol)
                code_.entry_offset = static_cast<std::uint32_t>(address_of(symbol));
        }
        return std::move(code_);
    }

private:
    void refuse(std::string reason) { code_.refusal = std::move(reason); }

    static bool is_loaded(const SectionRef& section) {
        return (llvm::object::ELFSectionRef(section).getFlags() & llvm::ELF::SHF_ALLOC) != 0 && section.getSize() > 0;
    }

    void place(const SectionRef& section) {
        if (!is_loaded(section)) return;
        if (section.isBSS()) return refuse("the object has variables");
        auto contents = section.getContents();
        if (!contents) return refuse(llvm::toString(contents.takeError()));
        const auto alignment = section.getAlignment().value();
        const auto offset = (code_.bytes.size() + alignment - 1) / alignment * alignment;
        places_[section.getIndex()] = offset;
        code_.bytes.resize(offset + contents->size());
        std::memcpy(code_.bytes.data() + offset, contents->data(), contents->size());
    }

    std::uint64_t address_of(const llvm::object::SymbolRef& symbol) {
        auto section = symbol.getSection();
        auto value = symbol.getValue();
        if (!section || !value) {
            if (!section) llvm::consumeError(section.takeError());
            if (!value) llvm::consumeError(value.takeError());
            return refuse("a symbol cannot be read"), 0;
        }
        if (*section == object_.section_end()) return refuse(fmt::format("it refers to {}", name_of(symbol))), 0;
        const auto found = places_.find((*section)->getIndex());
        if (found == places_.end()) return refuse("a symbol of no code"), 0;
        return found->second + *value;
    }

    static std::string name_of(const llvm::object::SymbolRef& symbol) {
        auto name = symbol.getName();
        if (name) return name->str();
        return llvm::toString(name.takeError());
    }

    void relocate(const SectionRef& section) {
        auto target = section.getRelocatedSection();
        if (!target) return llvm::consumeError(target.takeError());
        if (*target == object_.section_end()) return;
        const auto place = places_.find((*target)->getIndex());
        if (place == places_.end()) return;
        for (const auto& relocation : section.relocations()) relocate(place->second, relocation);
    }

    void relocate(std::uint64_t base, const llvm::object::ELFRelocationRef& relocation) {
        auto addend = relocation.getAddend();
        if (!addend) return refuse(llvm::toString(addend.takeError()));
        const auto at = base + relocation.getOffset();
        const auto distance = static_cast<std::int64_t>(address_of(*relocation.getSymbol()) - at) + *addend;
        switch (relocation.getType()) {
            case llvm::ELF::R_X86_64_PC32:
            case llvm::ELF::R_X86_64_PLT32: {
                const auto narrow = static_cast<std::int32_t>(distance);
                std::memcpy(code_.bytes.data() + at, &narrow, sizeof narrow);
                return;
            }
            case llvm::ELF::R_X86_64_PC64:
                std::memcpy(code_.bytes.data() + at, &distance, sizeof distance);
                return;
            default:
                return refuse(fmt::format("a relocation of type {}", relocation.getType()));
        }
    }

    const ELFObjectFileBase& object_;
    LinkedCode code_;
    std::map<std::uint64_t, std::uint64_t> places_;  // offsets of sections by index
};

}  // namespace

LinkedCode link_object(llvm::StringRef object, llvm::StringRef entry_symbol) {
    auto file = llvm::object::ObjectFile::createELFObjectFile(llvm::MemoryBufferRef(object, "region"));
    if (!file) return {.refusal = llvm::toString(file.takeError()), .bytes = {}, .entry_offset = 0};
    return Linker(llvm::cast<ELFObjectFileBase>(**file)).run(entry_symbol);
}

}  // namespace lxr::optimizing
