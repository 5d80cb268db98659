# Guest code whose translation stands in NAME.txt beside this file, for review. Each label begins a case; guest address 0x400000.
# After a change: tests/golden/golden.py --update (see tests/README.md).
        .intel_syntax noprefix
        .text

integer_arithmetic:
        add     rax, rbx
        add     eax, 1
        sub     rcx, rdx
        sub     rsp, 40
        adc     rsi, rdi
        inc     r8d
        add     r14, r15
        add     [rdi], rax
compare_and_jump:
        cmp     rax, rbx
        jl      compare_and_jump
test_and_jump:
        test    eax, eax
        jz      test_and_jump
move_addressing_forms:
        mov     rax, [rbx]
        mov     rax, [rbx + 8]
        mov     rax, [rbx + rcx * 4]
        mov     rax, [rbx + rcx * 8 + 0x1234]
        mov     rax, [rcx * 8 + 0x10]
        mov     rax, [rsp + 8]
        mov     rax, [rsp + r12 * 2]
        mov     rax, [r14 + 8]
        mov     r15, [r14 + r15 * 8]
        mov     rax, [rip + 0x100]
        mov     rax, [0x1000]
        mov     rax, fs:[0x28]
        mov     rax, fs:[rbx + rcx]
        mov     eax, [ebx + 4]
        movabs  rax, [0x123456789a]
        mov     [rbx], al
        mov     [rbx], ah
        mov     qword ptr [rdx], 1
        mov     rax, r13
        mov     rsp, rbp
        movabs  rax, 0x123456789abc
lea:
        lea     rax, [rbx + rcx * 4 + 8]
        lea     rax, [rip + 0x100]
        lea     rbp, [rsp + 16]
        lea     r14, [r15 + 1]
push_and_pop:
        push    rbp
        push    r15
        push    0x12
        push    qword ptr [rdi]
        pop     rbx
        pop     r14
        leave
call:
        call    lea
return:
        ret
shift_by_cl:
        shl     rax, cl
        sar     edx, cl
        shr     r15, cl
multiply_and_divide:
        imul    rax, rbx
        imul    eax, [rdi], 10
        mul     rdx
        div     rcx
        cqo
        idiv    r14
extend:
        movzx   eax, bl
        movzx   ecx, word ptr [rsp]
        movsxd  rax, edx
set_and_conditional_move:
        setne   al
        cmovg   rax, r15
bit_scan:
        bsf     rax, rbx
        lzcnt   ecx, edx
        tzcnt   rax, r14
repeat_move:
        rep     movsb
atomic:
        lock xadd [rdi], eax
        lock cmpxchg [rdi], rcx
        xchg    [r14], r15
jump_indirect:
        jmp     rax
system_call:
        mov     eax, 110
        syscall

call_indirect:
        call    [rax + 8]
switch:
        cmp     edi, 5
        ja      switch
        mov     edi, edi
        jmp     [rdi * 8 + 0x402000]
leaf_function:
        lea     eax, [rdi + rsi]
        imul    eax, esi
        ret
vectors:
        addps   xmm0, xmm1
        mulsd   xmm2, [rdi]
        cvttsd2si rax, xmm0
        pshufb  xmm1, [rsp + 16]
        vfmadd231pd ymm0, ymm1, [r14]
        vpaddd  ymm3, ymm4, ymm5
compare_floats:
        ucomisd xmm0, xmm1
        ja      compare_floats
x87:
        fld     tbyte ptr [rdi]
        fadd    qword ptr [rsi + 8]
        fstp    tbyte ptr [rdi]
from_ir:
        lock add fs:[r14 + r15], eax
        loopne  from_ir
evaluated:
        pushfq
        xgetbv
one_add_loop:
        add     rax, rcx
        dec     rdx
        jnz     one_add_loop
memcpy_loop:
        movdqu  xmm0, [rsi + rax]
        movdqu  [rdi + rax], xmm0
        add     rax, 16
        cmp     rax, rdx
        jb      memcpy_loop
end_of_cases:
