// Flags that are looked at only behind an indirect jump, call or return, which goes to one of two places in turn: the first
// overwrites the flags at once, the second looks at them. They are as far apart as makes a table of targets mix them up, and
// copies of them as far as a table would that looks at more bits of the address.
// flags: -O1 -static
// flags: -O1
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

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

enum { places = 5, distance = 1 << 21, code_bytes = 32 };

static unsigned in_turn(int (*transfer)(const void*, int), const char* const targets[3]) {
    unsigned sum = 0;
    for (int i = 0; i < 300; ++i) {
        sum = sum * 3 + (unsigned)transfer(targets[0], i % 3);
        sum = sum * 3 + (unsigned)transfer(targets[1], i % 2);
        if (i % 5 == 0) sum = sum * 3 + (unsigned)transfer(targets[2], i % 4 / 2);
    }
    return sum;
}

static void print_all(const char* const targets[3]) {
    printf("jump %u\n", in_turn(jump_with_flags, targets));
    printf("call %u\n", in_turn(call_with_flags, targets));
    printf("return %u\n", in_turn(return_with_flags, targets));
    printf("return past a call %u\n", in_turn(return_past_call, targets));
}

/// In turn, one of the three at each place.
static int put(char* area, int first) {
    if (mprotect(area, places * distance, PROT_READ | PROT_WRITE) != 0) return 0;
    const char* const all[] = {overwrites, looks, looks_elsewhere};
    for (int i = 0; i < places; ++i) memcpy(area + i * distance, all[(first + i) % 3], code_bytes);
    return mprotect(area, places * distance, PROT_READ | PROT_EXEC) == 0;
}

int main(void) {
    const char* const here[] = {overwrites, looks, looks_elsewhere};
    print_all(here);
    char* const area = mmap(NULL, places * distance, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (area == MAP_FAILED || !put(area, 0)) return 1;
    const char* const far[] = {area, area + distance, area + 2 * distance};
    print_all(far);
    // Another place is the first to be gone to each time that something else is there.
    for (int i = 0; i < 2 * places; ++i) {
        if (!put(area, i / places + 1)) return 1;
        printf("changed %d:", jump_with_flags(area + i % places * distance, 1));
        const char* const mixed[] = {area + 3 * distance, here[1], area + (i + 2) % places * distance};
        printf(" %u, ", in_turn(jump_with_flags, far));
        printf("%u, ", in_turn(jump_with_flags, mixed));
        printf("%d\n", jump_with_flags(area + (i + 1) % places * distance, 0));  // and the last to have been
    }
    return 0;
}
