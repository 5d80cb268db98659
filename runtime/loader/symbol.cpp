// Reads the symbol tables of an ELF file. Source: elf(5).
#include "runtime/loader/symbol.h"

#include <elf.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <vector>

namespace lxr {

namespace {

/// A file in memory; all reads are checked.
class SymbolFile {
public:
    explicit SymbolFile(const std::string& path) {
        std::ifstream file(path, std::ios::binary);
        bytes_.assign(std::istreambuf_iterator<char>(file), {});
    }

    [[nodiscard]] std::optional<std::uint64_t> find(std::string_view name) const {
        const auto header = at<Elf64_Ehdr>(0);
        if (!header || std::string_view(bytes_.data(), SELFMAG) != ELFMAG) return std::nullopt;
        for (unsigned i = 0; i < header->e_shnum; ++i) {
            const auto section = section_at(*header, i);
            if (!section || (section->sh_type != SHT_SYMTAB && section->sh_type != SHT_DYNSYM)) continue;
            const auto strings = section_at(*header, section->sh_link);
            if (const auto found = strings ? find_in(*section, *strings, name) : std::nullopt) return found;
        }
        return std::nullopt;
    }

private:
    template <typename T>
    [[nodiscard]] std::optional<T> at(std::uint64_t offset) const {
        if (offset > bytes_.size() || bytes_.size() - offset < sizeof(T)) return std::nullopt;
        T value;
        std::memcpy(&value, bytes_.data() + offset, sizeof value);
        return value;
    }

    [[nodiscard]] std::optional<Elf64_Shdr> section_at(const Elf64_Ehdr& header, std::uint64_t index) const {
        return index < header.e_shnum ? at<Elf64_Shdr>(header.e_shoff + index * sizeof(Elf64_Shdr)) : std::nullopt;
    }

    [[nodiscard]] std::optional<std::uint64_t> find_in(const Elf64_Shdr& table, const Elf64_Shdr& strings,
                                                       std::string_view name) const {
        for (std::uint64_t offset = 0; offset + sizeof(Elf64_Sym) <= table.sh_size; offset += sizeof(Elf64_Sym)) {
            const auto symbol = at<Elf64_Sym>(table.sh_offset + offset);
            if (!symbol) return std::nullopt;
            if (symbol->st_shndx != SHN_UNDEF && is_named(strings.sh_offset + symbol->st_name, name)) return symbol->st_value;
        }
        return std::nullopt;
    }

    [[nodiscard]] bool is_named(std::uint64_t offset, std::string_view name) const {
        if (offset > bytes_.size()) return false;
        const auto rest = std::string_view(bytes_.data(), bytes_.size()).substr(offset);
        return rest.size() > name.size() && rest.starts_with(name) && rest[name.size()] == '\0';
    }

    std::vector<char> bytes_;
};

}  // namespace

std::optional<std::uint64_t> find_symbol(const std::string& path, std::string_view name) {
    return SymbolFile(path).find(name);
}

}  // namespace lxr
