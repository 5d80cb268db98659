// int lxr_enter_guest(RecoveryPoint* point, function, a, b, c): see jit/host/guest_entry.h.
        .text
        .globl  lxr_enter_guest
        .type   lxr_enter_guest, @function
lxr_enter_guest:
        .cfi_startproc
        movq    %rbx, (%rdi)
        movq    %rbp, 8(%rdi)
        movq    %r12, 16(%rdi)
        movq    %r13, 24(%rdi)
        movq    %r14, 32(%rdi)
        movq    %r15, 40(%rdi)
        movq    %rsp, 48(%rdi)
        movq    %rsi, %rax
        movq    %rdx, %rdi
        movq    %rcx, %rsi
        movq    %r8, %rdx
        subq    $8, %rsp
        .cfi_adjust_cfa_offset 8
        call    *%rax
        addq    $8, %rsp
        .cfi_adjust_cfa_offset -8
        xorl    %eax, %eax
        ret
        .cfi_endproc
        .size   lxr_enter_guest, . - lxr_enter_guest

// Where leave_guest sends an interrupted thread: rdi is the recovery point.
        .globl  lxr_guest_left
        .type   lxr_guest_left, @function
lxr_guest_left:
        movq    (%rdi), %rbx
        movq    8(%rdi), %rbp
        movq    16(%rdi), %r12
        movq    24(%rdi), %r13
        movq    32(%rdi), %r14
        movq    40(%rdi), %r15
        movq    48(%rdi), %rsp
        movl    $1, %eax
        ret
        .size   lxr_guest_left, . - lxr_guest_left

        .section .note.GNU-stack, "", @progbits
