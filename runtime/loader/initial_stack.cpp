// Strings at the top, then what AT_PLATFORM and AT_RANDOM point to, then auxiliary vector, environment, argv and argc.
#include "runtime/loader/initial_stack.h"

#include <elf.h>
#include <sys/auxv.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <string_view>

#include "lifter/cpu_model.h"
#include "runtime/guest_memory.h"

namespace lxr {

namespace {

constexpr std::string_view platform{"x86_64\0", 7};
constexpr std::uint64_t clock_ticks_per_second = 100;  // USER_HZ
/// What is mapped below the vectors from the start (Linux fs/exec.c, setup_arg_pages).
constexpr std::uint64_t initial_growth_bytes = 128 << 10;

class StackWriter {
public:
    explicit StackWriter(const StackRequest& request) : request_(request), position_(request.layout.stack_end) {}

    /// Plans every address from the top down; nothing is written yet.
    void plan() {
        position_ -= sizeof(std::uint64_t);  // a null pointer ends the stack
        const std::uint64_t path = push_string(request_.program.requested_path);
        stack_.environment_end = GuestAddress(position_);
        const auto environment = push_strings(request_.environment);
        stack_.environment_begin = stack_.argument_end = GuestAddress(position_);
        const auto arguments = push_strings(request_.program.arguments);
        stack_.argument_begin = GuestAddress(position_);

        position_ = (position_ - request_.layout.stack_skip_bytes) & ~15ULL;
        const std::uint64_t platform_address = push_bytes(std::as_bytes(std::span(platform)));
        const std::uint64_t random_address = push_bytes(request_.layout.random_bytes);
        position_ &= ~15ULL;

        vectors_.push_back(arguments.size());
        append_pointers(arguments);
        append_pointers(environment);
        const std::size_t auxiliary_index = vectors_.size();
        append_auxiliary_vector(path, platform_address, random_address);
        position_ = (position_ - vectors_.size() * sizeof(std::uint64_t)) & ~15ULL;
        stack_.pointer = GuestAddress(position_);
        stack_.auxiliary_vector = stack_.pointer + auxiliary_index * sizeof(std::uint64_t);
        stack_.auxiliary_vector_size_bytes = (vectors_.size() - auxiliary_index) * sizeof(std::uint64_t);
    }

    [[nodiscard]] bool write() const {
        const auto write_piece = [](const Piece& piece) {
            return copy_to_guest(GuestAddress(piece.address), piece.bytes.data(), piece.bytes.size());
        };
        return std::ranges::all_of(pieces_, write_piece) &&
               copy_to_guest(stack_.pointer, vectors_.data(), vectors_.size() * sizeof(std::uint64_t));
    }

    [[nodiscard]] const InitialStack& stack() const { return stack_; }

private:
    struct Piece {
        std::uint64_t address;
        std::span<const std::byte> bytes;
    };

    std::uint64_t push_bytes(std::span<const std::byte> bytes) {
        position_ -= bytes.size();
        pieces_.push_back({.address = position_, .bytes = bytes});
        return position_;
    }

    std::uint64_t push_string(const std::string& text) {
        return push_bytes(std::as_bytes(std::span(text.c_str(), text.size() + 1)));
    }

    /// The first string lowest. @return their addresses in order.
    std::vector<std::uint64_t> push_strings(const std::vector<std::string>& strings) {
        std::vector<std::uint64_t> addresses(strings.size());
        for (std::size_t index = strings.size(); index-- > 0;) addresses[index] = push_string(strings[index]);
        return addresses;
    }

    void append_pointers(const std::vector<std::uint64_t>& pointers) {
        vectors_.insert(vectors_.end(), pointers.begin(), pointers.end());
        vectors_.push_back(0);
    }

    void append_auxiliary_vector(std::uint64_t path, std::uint64_t platform_address, std::uint64_t random_address) {
        const auto append = [&](std::uint64_t type, std::uint64_t value) { vectors_.insert(vectors_.end(), {type, value}); };
        const auto append_of_host = [&](std::uint64_t type) { append(type, getauxval(type)); };
        if (request_.vdso != GuestAddress()) append(AT_SYSINFO_EHDR, request_.vdso.value());
        append_of_host(AT_MINSIGSTKSZ);
        append(AT_HWCAP, guest_hwcap());
        append(AT_PAGESZ, page_size_bytes);
        append(AT_CLKTCK, clock_ticks_per_second);
        append(AT_PHDR, request_.image.program_headers.value());
        append(AT_PHENT, sizeof(Elf64_Phdr));
        append(AT_PHNUM, request_.program.image.elf.program_header_count);
        append(AT_BASE, request_.interpreter_base.value());
        append(AT_FLAGS, 0);
        append(AT_ENTRY, request_.image.entry.value());
        for (const std::uint64_t type : {AT_UID, AT_EUID, AT_GID, AT_EGID, AT_SECURE}) append_of_host(type);
        append(AT_RANDOM, random_address);
        append(AT_HWCAP2, guest_hwcap2());
        append(AT_EXECFN, path);
        append(AT_PLATFORM, platform_address);
        append(AT_NULL, 0);
    }

    const StackRequest& request_;
    std::uint64_t position_;
    std::vector<Piece> pieces_;
    std::vector<std::uint64_t> vectors_;
    InitialStack stack_{};
};

std::unexpected<LoadFailure> no_stack(const StackRequest& request, int error_number) {
    LoadFailure failure{
        .kind = LoadFailureKind::no_stack, .file = request.program.requested_path, .detail = std::strerror(error_number)};
    failure.system_errno = error_number;
    return std::unexpected(std::move(failure));
}

}  // namespace

LoadResult<InitialStack> make_initial_stack(AddressSpace& memory, const StackRequest& request) {
    StackWriter writer(request);
    writer.plan();
    const std::uint64_t stack_end = request.layout.stack_end;
    const std::uint64_t used = stack_end - page_floor(writer.stack().pointer.value());
    const std::uint64_t limit = page_floor(request.stack_limit_bytes);
    const std::uint64_t size = used + std::min(initial_growth_bytes, limit - std::min(limit, used));
    const int protection = PROT_READ | PROT_WRITE | (request.program.image.elf.executable_stack ? PROT_EXEC : 0);
    const auto mapped =
        memory.map(GuestAddress(stack_end - size), size, protection,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_STACK | MAP_FIXED_NOREPLACE, -1, 0, "[stack]");
    if (!mapped) return no_stack(request, mapped.error().value);
    if (!writer.write()) return no_stack(request, EFAULT);
    return writer.stack();
}

}  // namespace lxr
