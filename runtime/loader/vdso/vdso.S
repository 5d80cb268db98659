# The guest's vDSO: guest code, so x86-64 on every host. Assembled and linked to an ELF image of its own at build time
# (runtime/CMakeLists.txt), mapped by runtime/loader/vdso.cpp. Names and versions: vdso(7). The functions make the system
# call; it is the engine's business to make that quick.

        .macro  vdso_function name, number
        .globl  __vdso_\name
        .type   __vdso_\name, @function
        .weak   \name
        .type   \name, @function
        .balign 16
__vdso_\name:
\name:
        .cfi_startproc
        movl    $\number, %eax
        syscall
        ret
        .cfi_endproc
        .size   __vdso_\name, . - __vdso_\name
        .size   \name, . - \name
        .endm

        .text
        vdso_function gettimeofday, 96
        vdso_function time, 201
        vdso_function clock_gettime, 228
        vdso_function clock_getres, 229
        vdso_function getcpu, 309

        .section .note.GNU-stack, "", @progbits
