# lxr_guest_copy (runtime/host/guest_copy.h). A fault leaves the bytes not yet copied in rcx (SDM Vol. 2B, REP: the registers
# show the state before the iteration that faulted), so going on behind the instruction is all that recovery takes.
        .text
        .globl  lxr_guest_copy, lxr_guest_copy_access, lxr_guest_copy_recovery
        .type   lxr_guest_copy, @function
        .balign 16
lxr_guest_copy:
        .cfi_startproc
        movq    %rdx, %rcx
lxr_guest_copy_access:
        rep movsb
lxr_guest_copy_recovery:
        movq    %rcx, %rax
        ret
        .cfi_endproc
        .size   lxr_guest_copy, . - lxr_guest_copy
        .section .note.GNU-stack, "", @progbits
