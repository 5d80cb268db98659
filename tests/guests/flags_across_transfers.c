// Flags that are looked at only behind an indirect jump, call or return, which goes to one of two places in turn: the first
// overwrites the flags at once, the second looks at them. Both are as far apart as makes a table of targets mix them up.
// flags: -O1 -static
// flags: -O1
#include <stdio.h>

// rdi: the target. The flags of esi compared with 0 are to arrive there.
int jump_with_flags(const void* target, int value);
int call_with_flags(const void* target, int value);
int return_with_flags(const void* target, int value);
int return_past_call(const void* target, int value);
extern const char overwrites[], looks[], looks_elsewhere[];

asm(".text\n"
    "jump_with_flags: cmpl $0, %esi\n  jmp *%rdi\n"
    "call_with_flags: subq $8, %rsp\n  cmpl $0, %esi\n  call *%rdi\n  leaq 8(%rsp), %rsp\n  ret\n"
    "return_with_flags: pushq %rdi\n  cmpl $0, %esi\n  ret\n"
    // The return goes elsewhere than behind the call, where flags are overwritten at once.
    "return_past_call: call 1f\n  xorl %eax, %eax\n  ret\n"
    "1: movq %rdi, (%rsp)\n  cmpl $0, %esi\n  ret\n"
    ".balign 65536\noverwrites: xorl %eax, %eax\n  addl %esi, %eax\n  ret\n"
    ".balign 65536\nlooks: jne 1f\n  movl $100, %eax\n  ret\n1: movl $200, %eax\n  ret\n"
    ".balign 65536\nlooks_elsewhere: sete %al\n  movzbl %al, %eax\n  ret\n");

static unsigned in_turn(int (*transfer)(const void*, int)) {
    unsigned sum = 0;
    for (int i = 0; i < 300; ++i) {
        sum = sum * 3 + (unsigned)transfer(overwrites, i % 3);
        sum = sum * 3 + (unsigned)transfer(looks, i % 2);
        if (i % 5 == 0) sum = sum * 3 + (unsigned)transfer(looks_elsewhere, i % 4 / 2);
    }
    return sum;
}

int main(void) {
    printf("jump %u\n", in_turn(jump_with_flags));
    printf("call %u\n", in_turn(call_with_flags));
    printf("return %u\n", in_turn(return_with_flags));
    printf("return past a call %u\n", in_turn(return_past_call));
    return 0;
}
