// The order of Linux fs/binfmt_elf.c, load_elf_binary, so that natively equal programs lie equally without randomisation.
#include "runtime/loader/load.h"

#include "lifter/support/log.h"
#include "runtime/loader/image.h"
#include "runtime/loader/initial_stack.h"
#include "runtime/loader/layout.h"
#include "runtime/loader/process_title.h"
#include "runtime/loader/vdso.h"

namespace lxr {

namespace {

LoadFailure as_elf_interpreter(LoadFailure failure, const Program& program) {
    failure.role = LoadRole::elf_interpreter;
    failure.wanted_by = program.image.path;
    return failure;
}

void place_break(AddressSpace& memory, const Program& program, const LoadedImage& image, const AddressLayout& layout) {
    // A dynamic linker that is itself the program lies among the libraries, where there is no room to grow.
    const bool among_libraries = program.image.elf.position_independent && !program.interpreter;
    const std::uint64_t base = among_libraries ? layout.free_break_base : image.end.value();
    memory.set_initial_break(GuestAddress(base + layout.break_offset));
}

}  // namespace

LoadResult<LoadedProgram> load_program(AddressSpace& memory, Program program, const std::vector<std::string>& environment,
                                       std::uint64_t stack_limit_bytes) {
    const AddressLayout layout = choose_layout(memory.window(), stack_limit_bytes);
    memory.set_placement_top(GuestAddress(layout.placement_top));
    const auto base = program.interpreter ? std::optional(layout.program_base) : std::nullopt;
    const auto image = map_image(memory, program.image, base);
    if (!image) return std::unexpected(image.error());
    place_break(memory, program, *image, layout);

    LoadedImage interpreter;
    if (program.interpreter) {
        auto mapped = map_image(memory, *program.interpreter, std::nullopt);
        if (!mapped) return std::unexpected(as_elf_interpreter(std::move(mapped.error()), program));
        interpreter = *mapped;
    }
    const auto vdso = map_vdso(memory);
    if (!vdso) log(LogCategory::loader, LogLevel::warning, "no room for the vDSO; the guest does without");
    const auto stack = make_initial_stack(memory, {.program = program,
                                                   .environment = environment,
                                                   .layout = layout,
                                                   .image = *image,
                                                   .interpreter_base = GuestAddress(interpreter.bias),
                                                   .vdso = vdso.value_or(GuestAddress()),
                                                   .stack_limit_bytes = stack_limit_bytes});
    if (!stack) return std::unexpected(stack.error());
    show_as_guest(program.requested_path, *image, *stack);
    return LoadedProgram{.entry = program.interpreter ? interpreter.entry : image->entry,
                         .stack_pointer = stack->pointer,
                         .vdso = vdso.value_or(GuestAddress()),
                         .bias = image->bias};
}

}  // namespace lxr
