// The system call instructions of an x86-64 host: the face is runtime/host/system_call.h.
// psABI, A.2.1 Calling Conventions: number and result in rax, arguments in rdi rsi rdx r10 r8 r9; rcx and r11 are lost.

        .text

// Loads the six arguments from the array at rcx and the number into rax.
.macro load_call number
        mov     \number, %rax
        mov     0(%rcx), %rdi
        mov     8(%rcx), %rsi
        mov     16(%rcx), %rdx
        mov     24(%rcx), %r10
        mov     32(%rcx), %r8
        mov     40(%rcx), %r9
.endm

// int64 lxr_system_call(uint64 number, const uint64* arguments)
        .globl  lxr_system_call
        .type   lxr_system_call, @function
lxr_system_call:
        .cfi_startproc
        mov     %rsi, %rcx
        load_call %rdi
        syscall
        ret
        .cfi_endproc
        .size   lxr_system_call, . - lxr_system_call

// {int64 value, uint64 interrupted} lxr_interruptible_system_call(uint64 number, const uint64* arguments,
//                                                                 const uint32* attention)
// Between the two labels (the second included) the call has not begun, or the kernel wants it made again: a signal that
// arrives there goes on at lxr_interruptible_call_abort.
        .globl  lxr_interruptible_system_call, lxr_interruptible_call_begin
        .globl  lxr_interruptible_call_instruction, lxr_interruptible_call_abort
        .type   lxr_interruptible_system_call, @function
lxr_interruptible_system_call:
        .cfi_startproc
        mov     %rdx, %r11
        mov     %rsi, %rcx
        load_call %rdi
lxr_interruptible_call_begin:
        cmpl    $0, (%r11)
        jne     lxr_interruptible_call_abort
lxr_interruptible_call_instruction:
        syscall
        xor     %edx, %edx
        // A jump is predicted where returns are not (runtime/syscall/dispatch.cpp).
        pop     %rcx
        .cfi_adjust_cfa_offset -8
        .cfi_register %rip, %rcx
        jmp     *%rcx
        .cfi_adjust_cfa_offset 8
        .cfi_offset %rip, -8
lxr_interruptible_call_abort:
        mov     $1, %edx
        ret
        .cfi_endproc
        .size   lxr_interruptible_system_call, . - lxr_interruptible_system_call

// int64 lxr_clone_with_stack(uint64 number, const uint64* arguments)
// As lxr_system_call; the child starts on the stack given in the arguments, whose top holds {entry, argument}.
        .globl  lxr_clone_with_stack
        .type   lxr_clone_with_stack, @function
lxr_clone_with_stack:
        .cfi_startproc
        mov     %rsi, %rcx
        load_call %rdi
        syscall
        test    %rax, %rax
        jz      1f
        ret
1:      .cfi_undefined %rip
        xor     %ebp, %ebp
        pop     %rax
        pop     %rdi
        call    *%rax
        hlt
        .cfi_endproc
        .size   lxr_clone_with_stack, . - lxr_clone_with_stack

// Where the host's own signal handler returns to.
        .globl  lxr_signal_return
        .type   lxr_signal_return, @function
lxr_signal_return:
        mov     $15, %eax               // rt_sigreturn
        syscall
        .size   lxr_signal_return, . - lxr_signal_return

        .section .note.GNU-stack, "", @progbits
