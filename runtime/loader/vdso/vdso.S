# The guest's vDSO: guest code, so x86-64 on every host. Assembled and linked to an ELF image of its own at build time
# (runtime/CMakeLists.txt), mapped by runtime/loader/vdso.cpp. Names and versions: vdso(7).
#
# lxr answers with the status in RAX and values in RDX and R8, without entering the kernel where the host's own vDSO can tell
# (runtime/syscall/vdso_calls.cpp). Guest code stores them, so that a bad pointer faults here, as it does natively.
#include "runtime/loader/vdso/vdso_calls.h"

        .macro  vdso_function name
        .globl  __vdso_\name
        .type   __vdso_\name, @function
        .weak   \name
        .type   \name, @function
        .balign 16
__vdso_\name:
\name:
        .cfi_startproc
        .endm

        .macro  vdso_end name
        ret
        .cfi_endproc
        .size   __vdso_\name, . - __vdso_\name
        .size   \name, . - \name
        .endm

        .text
        # int gettimeofday(struct timeval *, struct timezone *); either may be null
        vdso_function gettimeofday
        movl    $LXR_VDSO_GETTIMEOFDAY, %eax
        syscall
        testq   %rdi, %rdi
        jz      1f
        movq    %rdx, (%rdi)
        movq    %r8, 8(%rdi)
1:      testq   %rsi, %rsi
        jz      2f
        movq    %r9, (%rsi)             # the two ints of the zone
2:
        vdso_end gettimeofday

        # time_t time(time_t *); may be null
        vdso_function time
        movl    $LXR_VDSO_TIME, %eax
        syscall
        testq   %rdi, %rdi
        jz      1f
        movq    %rax, (%rdi)
1:
        vdso_end time

        # int clock_gettime(clockid_t, struct timespec *)
        vdso_function clock_gettime
        movl    $LXR_VDSO_CLOCK_GETTIME, %eax
        syscall
        testl   %eax, %eax
        jnz     1f
        movq    %rdx, (%rsi)
        movq    %r8, 8(%rsi)
1:
        vdso_end clock_gettime

        # int clock_getres(clockid_t, struct timespec *); may be null
        vdso_function clock_getres
        movl    $LXR_VDSO_CLOCK_GETRES, %eax
        syscall
        testl   %eax, %eax
        jnz     1f
        testq   %rsi, %rsi
        jz      1f
        movq    %rdx, (%rsi)
        movq    %r8, 8(%rsi)
1:
        vdso_end clock_getres

        # int getcpu(unsigned *cpu, unsigned *node, void *unused); either may be null
        vdso_function getcpu
        movl    $LXR_VDSO_GETCPU, %eax
        syscall
        testq   %rdi, %rdi
        jz      1f
        movl    %edx, (%rdi)
1:      testq   %rsi, %rsi
        jz      2f
        movl    %r8d, (%rsi)
2:
        vdso_end getcpu

        .section .note.GNU-stack, "", @progbits
