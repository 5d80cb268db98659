// What the kernel hands over at the entry point: stack layout, alignment, zeroed registers, rdx. No libc at all.
// flags: -nostdlib -static
// args: alpha beta
    .globl _start
    .text
_start:
    // Registers other than rsp are zero in a fresh static program (Linux arch/x86/include/asm/elf.h, ELF_PLAT_INIT).
    or      %rbx, %rax
    or      %rcx, %rax
    or      %rdx, %rax
    or      %rsi, %rax
    or      %rdi, %rax
    or      %rbp, %rax
    or      %r8, %rax
    or      %r15, %rax
    test    %rax, %rax
    jnz     fail
    test    $15, %spl
    jnz     fail
    cmpq    $3, (%rsp)          // argc
    jne     fail
    cmpq    $0, 32(%rsp)        // argv[argc]
    jne     fail
    mov     16(%rsp), %rsi      // argv[1]
    mov     $5, %edx
    mov     $1, %edi
    mov     $1, %eax
    syscall
    mov     $7, %edi
    mov     $231, %eax
    syscall
fail:
    mov     $1, %edi
    mov     $231, %eax
    syscall
