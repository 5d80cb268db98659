// Into and out of translated code. Inside it the guest's registers are in the host's: RAX RCX RDX RBX RBP RSI RDI R8-R13 in their
// own, RSP in r15; R14 and R15 stay in GuestState, r14 is scratch; flags, MXCSR and vectors are the host's; GS is the GuestState.
// The host's stack pointer is that of the thread's return stack; C++ runs on the stack that the thread came with.
#include "jit/host/x86_64/state_offsets.h"

#define GPR(number) LXR_STATE_GPR + 8 * number
#define VECTOR(number) LXR_STATE_VECTOR + 64 * number
#define STATUS_FLAGS_MASK 0x8d5
#define DIRECTION_FLAG 0x400
#define OVERFLOW_FLAG_BIT 11

// rdi: the GuestState. Everything but rip goes to where translated code wants it.
        .macro  load_guest
        ldmxcsr LXR_STATE_MXCSR(%rdi)
        cmpb    $0, LXR_STATE_WIDE_VECTORS(%rdi)
        je      1f
        vmovups VECTOR(0) + 16(%rdi), %xmm0
        .irp    n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        vpor    VECTOR(\n) + 16(%rdi), %xmm0, %xmm0
        .endr
        vptest  %xmm0, %xmm0
        jne     4f
        // Upper halves that are 0 must look unused to the host: else each SSE instruction waits for the register that it writes,
        // whose upper half it keeps.
        vzeroupper
1:
        .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        movups  VECTOR(\n)(%rdi), %xmm\n
        .endr
        jmp     2f
4:
        .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        vmovups VECTOR(\n)(%rdi), %ymm\n
        .endr
2:
        // POPFQ would do all this, and takes longer.
        testl   $DIRECTION_FLAG, LXR_STATE_CONTROL_FLAGS(%rdi)
        je      3f
        std
3:
        movl    LXR_STATE_STATUS_FLAGS(%rdi), %eax
        movl    %eax, %ecx
        shrl    $OVERFLOW_FLAG_BIT, %ecx
        movb    %al, %ah
        addb    $0x7f, %cl      // OF, if the bit was 1
        sahf                    // the others
        movq    GPR(0)(%rdi), %rax
        movq    GPR(1)(%rdi), %rcx
        movq    GPR(2)(%rdi), %rdx
        movq    GPR(3)(%rdi), %rbx
        movq    GPR(4)(%rdi), %r15
        movq    GPR(5)(%rdi), %rbp
        movq    GPR(6)(%rdi), %rsi
        movq    GPR(8)(%rdi), %r8
        movq    GPR(9)(%rdi), %r9
        movq    GPR(10)(%rdi), %r10
        movq    GPR(11)(%rdi), %r11
        movq    GPR(12)(%rdi), %r12
        movq    GPR(13)(%rdi), %r13
        movq    GPR(7)(%rdi), %rdi
        .endm

// The reverse; C++ code may run afterwards.
        .macro  save_guest
        movq    %rax, %gs:GPR(0)
        movq    %rcx, %gs:GPR(1)
        movq    %rdx, %gs:GPR(2)
        movq    %rbx, %gs:GPR(3)
        movq    %r15, %gs:GPR(4)
        movq    %rbp, %gs:GPR(5)
        movq    %rsi, %gs:GPR(6)
        movq    %rdi, %gs:GPR(7)
        movq    %r8, %gs:GPR(8)
        movq    %r9, %gs:GPR(9)
        movq    %r10, %gs:GPR(10)
        movq    %r11, %gs:GPR(11)
        movq    %r12, %gs:GPR(12)
        movq    %r13, %gs:GPR(13)
        pushfq
        popq    %rax
        movl    %eax, %ecx
        andl    $STATUS_FLAGS_MASK, %eax
        movl    %eax, %gs:LXR_STATE_STATUS_FLAGS
        andl    $DIRECTION_FLAG, %ecx
        je      3f
        cld
3:
        movl    %gs:LXR_STATE_CONTROL_FLAGS, %edx
        andl    $~DIRECTION_FLAG, %edx
        orl     %ecx, %edx
        movl    %edx, %gs:LXR_STATE_CONTROL_FLAGS
        cmpb    $0, %gs:LXR_STATE_WIDE_VECTORS
        jne     1f
        .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        movups  %xmm\n, %gs:VECTOR(\n)
        .endr
        jmp     2f
1:
        .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        vmovups %ymm\n, %gs:VECTOR(\n)
        .endr
        vzeroupper
2:
        stmxcsr %gs:LXR_STATE_MXCSR
        ldmxcsr default_mxcsr(%rip)
        .endm

// For a stub that translated code calls. C++ wants the stack aligned where it makes its calls.
        .macro  to_host_stack
        movq    %rsp, %gs:LXR_STATE_RETURN_STACK
        movq    %gs:LXR_STATE_HOST_STACK, %rsp
        leaq    -8(%rsp), %rsp
        .endm

        .text

// BaselineExit* lxr_enter_translated(GuestState* state, const void* entry); null if attention is asked for. The word is read here, where
// a signal handler knows what to do: one that comes before is seen in it, one that comes later makes the host step.
        .globl  lxr_enter_translated
        .type   lxr_enter_translated, @function
lxr_enter_translated:
        .cfi_startproc
        cmpl    $0, LXR_STATE_ATTENTION(%rdi)
        jne     .Lnot_entered
        pushq   %rbx
        pushq   %rbp
        pushq   %r12
        pushq   %r13
        pushq   %r14
        pushq   %r15
        rdgsbase %rax   // reading it takes less time than writing
        cmpq    %rax, %rdi
        je      .Lgs_set
        wrgsbase %rdi
.Lgs_set:
        movq    %rsi, LXR_STATE_ENTRY(%rdi)
        movq    %rsp, LXR_STATE_HOST_STACK(%rdi)
        load_guest
        movq    %gs:LXR_STATE_RETURN_STACK, %rsp
        jmp     *%gs:LXR_STATE_ENTRY
.Lnot_entered:
        xorl    %eax, %eax
        ret
        .globl  lxr_enter_translated_end
lxr_enter_translated_end:
        .cfi_endproc
        .size   lxr_enter_translated, . - lxr_enter_translated

// Where a return arrives that has no entry on the return stack. The guest's target is in r14.
        .globl  lxr_bottom_return
        .type   lxr_bottom_return, @function
lxr_bottom_return:
        leaq    -8(%rsp), %rsp
        // and on into:

// Where a region goes on that has not left by a return.
        .globl  lxr_region_jumps
        .type   lxr_region_jumps, @function
lxr_region_jumps:
        pextq   %gs:LXR_STATE_JUMP_INDEX_MASK, %r14, %r14
        jmp     *%gs:LXR_STATE_JUMP_TABLE(, %r14, 8)
        .size   lxr_region_jumps, . - lxr_region_jumps

// Where a region goes on that has left by a return: to behind the host call that entered the guest's function.
        .globl  lxr_region_returns
        .type   lxr_region_returns, @function
lxr_region_returns:
        ret
        .size   lxr_region_returns, . - lxr_region_returns

// Where a transfer arrives that has not found its target in the jump table: the second one may have it. Flags stay as they are. A key
// is the address with its sign changed, so that the sum is 0 if it is the target's.
        .globl  lxr_transfer_miss
        .type   lxr_transfer_miss, @function
lxr_transfer_miss:
        movq    %rcx, %gs:LXR_STATE_SPILLED
        movq    %gs:LXR_STATE_RIP, %r14
        pextq   %gs:LXR_STATE_SECOND_JUMP_INDEX_MASK, %r14, %rcx
        movq    %gs:LXR_STATE_SECOND_JUMP_KEYS(, %rcx, 8), %rcx
        leaq    (%rcx, %r14), %rcx
        pextq   %gs:LXR_STATE_SECOND_JUMP_INDEX_MASK, %r14, %r14
        jrcxz   .Lfound
        movq    %gs:LXR_STATE_SPILLED, %rcx
        jmp     lxr_second_transfer_miss
.Lfound:
        movq    %gs:LXR_STATE_SPILLED, %rcx
        jmp     *%gs:LXR_STATE_SECOND_JUMP_TABLE(, %r14, 8)
        .size   lxr_transfer_miss, . - lxr_transfer_miss

// Where it arrives that has not found it there either.
        .globl  lxr_second_transfer_miss
        .type   lxr_second_transfer_miss, @function
lxr_second_transfer_miss:
        movq    %gs:LXR_STATE_TRANSFER_EXIT, %r14
        .size   lxr_second_transfer_miss, . - lxr_second_transfer_miss
        // and on into:

// Translated code jumps here with the exit that it took in r14.
        .globl  lxr_leave_translated
        .type   lxr_leave_translated, @function
lxr_leave_translated:
        movq    %rsp, %gs:LXR_STATE_RETURN_STACK
        movq    %gs:LXR_STATE_HOST_STACK, %rsp
        movq    %r14, %gs:LXR_STATE_EXIT
        save_guest
        movq    %gs:LXR_STATE_EXIT, %rax
.Lleave_saved:
        popq    %r15
        popq    %r14
        popq    %r13
        popq    %r12
        popq    %rbp
        popq    %rbx
        ret
        .globl  lxr_leave_translated_end
lxr_leave_translated_end:
        .size   lxr_leave_translated, . - lxr_leave_translated

// Translated code calls this with the guest's rip in r14 before x87 instructions, unless GuestState::use_x87 leads to the RET.
        .globl  lxr_load_x87_in_translated
        .type   lxr_load_x87_in_translated, @function
lxr_load_x87_in_translated:
        to_host_stack
        save_guest
        movq    %r14, %rdi
        call    lxr_use_x87
        xorl    %eax, %eax
        jmp     .Lgo_on
        .globl  lxr_x87_is_loaded
lxr_x87_is_loaded:
        ret
        .size   lxr_load_x87_in_translated, . - lxr_load_x87_in_translated

// Translated code calls this with an EvaluatedInstruction in r14: the interpreter evaluates it on the canonical state.
        .globl  lxr_evaluate_in_translated
        .type   lxr_evaluate_in_translated, @function
lxr_evaluate_in_translated:
        to_host_stack
        save_guest
        movq    %r14, %rdi
        call    lxr_evaluate_instruction
.Lgo_on:
        testq   %rax, %rax
        jne     .Lleave_evaluated
        leaq    lxr_attention_exit(%rip), %rax
        cmpl    $0, %gs:LXR_STATE_ATTENTION
        .globl  lxr_return_to_translated
lxr_return_to_translated:
        jne     .Lleave_evaluated
        rdgsbase %rdi
        load_guest
        movq    %gs:LXR_STATE_RIP, %r14
        movq    %gs:LXR_STATE_RETURN_STACK, %rsp
        ret
        // The same after a system call, where returns are not predicted (runtime/syscall/dispatch.cpp), and jumps are.
.Lgo_on_by_jump:
        testq   %rax, %rax
        jne     .Lleave_evaluated
        leaq    lxr_attention_exit(%rip), %rax
        cmpl    $0, %gs:LXR_STATE_ATTENTION
        jne     .Lleave_evaluated
        rdgsbase %rdi
        load_guest
        movq    %gs:LXR_STATE_RETURN_STACK, %rsp
        popq    %r14
        jmp     *%r14
        .globl  lxr_return_to_translated_end
lxr_return_to_translated_end:
.Lleave_evaluated:
        addq    $8, %gs:LXR_STATE_RETURN_STACK
        addq    $8, %rsp
        jmp     .Lleave_saved
        .size   lxr_evaluate_in_translated, . - lxr_evaluate_in_translated

// Translated code calls this at a system call, with the guest address behind it in r14.
        .globl  lxr_make_system_call_in_translated
        .type   lxr_make_system_call_in_translated, @function
lxr_make_system_call_in_translated:
        to_host_stack
        save_guest
        rdgsbase %rbx
        movq    %r14, %rdi
        call    lxr_make_system_call
        rdgsbase %rdi
        cmpq    %rdi, %rbx
        je      .Lgo_on_by_jump
        wrgsbase %rbx           // another guest has run on this host thread meanwhile
        jmp     .Lgo_on_by_jump
        .size   lxr_make_system_call_in_translated, . - lxr_make_system_call_in_translated

// Translated code calls this with a Region in r14, and then goes on where GuestState::translated.after_region says, to rip.
        .globl  lxr_run_region_in_translated
        .type   lxr_run_region_in_translated, @function
lxr_run_region_in_translated:
        to_host_stack
        save_guest
        movq    %r14, %rdi
        call    lxr_run_region
        jmp     .Lgo_on
        .size   lxr_run_region_in_translated, . - lxr_run_region_in_translated

        .section .rodata
        .balign 4
default_mxcsr:
        .long   0x1f80

        .section .note.GNU-stack, "", @progbits
