// Where returns lead: to code that was changed while its callee ran, and to elsewhere with flags that are looked at there.
// flags: -O1 -static
// flags: -O1
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

// sub rsp, 8; call rdi; mov eax, 1; add rsp, 8; ret
static const unsigned char by_register[] = {0x48, 0x83, 0xec, 0x08, 0xff, 0xd7, 0xb8, 1, 0, 0, 0, 0x48, 0x83, 0xc4, 0x08, 0xc3};
// sub rsp, 8; call +12 (the jmp); mov eax, 1; add rsp, 8; ret; nop...; jmp rdi
static const unsigned char direct[] = {0x48, 0x83, 0xec, 0x08, 0xe8, 0x0b, 0,    0,    0,    0xb8, 1,
                                       0,    0,    0,    0x48, 0x83, 0xc4, 0x08, 0xc3, 0x90, 0xff, 0xe7};
enum { register_constant = 7, direct_constant = 10 };

typedef long (*Caller)(void (*callee)(void));

static unsigned char* page;
static unsigned char* constant;
static int depth;
static Caller caller;

static void nothing(void) {}
static void change(void) {
    ++*constant;
}
static void change_protected(void) {
    mprotect(page, 4096, PROT_READ | PROT_WRITE);
    ++*constant;
    mprotect(page, 4096, PROT_READ | PROT_EXEC);
}
static void map_anew(void) {
    unsigned char copy[64];
    memcpy(copy, page, sizeof copy);
    mmap(page, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    memcpy(page, copy, sizeof copy);
    ++*constant;
    mprotect(page, 4096, PROT_READ | PROT_EXEC);
}
static long deep_sum;
static void change_deep_down(void) {
    if (--depth > 0) {
        deep_sum += caller(change_deep_down);
    } else {
        change_protected();
    }
}

static long run(const unsigned char* code, size_t size_bytes, int place, void (*callee)(void), int protection) {
    page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memcpy(page, code, size_bytes);
    mprotect(page, 4096, protection);
    constant = page + place;
    caller = (Caller)(void*)page;
    long sum = 0;
    for (int i = 0; i < 20; ++i) {
        depth = 5;
        for (int warm = 0; warm < 3; ++warm) sum = sum * 3 + caller(nothing);
        sum = sum * 3 + caller(callee);
    }
    munmap(page, 4096);
    return sum + deep_sum;
}

// As a coroutine's switch does: goes on at another return address than its own.
__attribute__((naked, noinline)) static long skip_to(void* target __attribute__((unused))) {
    __asm__("mov (%rsp), %rax\n\tmov %rdi, (%rsp)\n\tret");
}
__attribute__((noinline)) static long return_elsewhere(void) {
    long from;
    __asm__ volatile(
        "lea 1f(%%rip), %%rdi\n\t"
        "call *%1\n\t"
        "xor %%eax, %%eax\n\t"
        "1:\n\t"
        "lea 1b(%%rip), %%rcx\n\t"
        "sub %%rax, %%rcx\n\t"
        "mov %%rcx, %0"
        : "=r"(from)
        : "r"(skip_to)
        : "rax", "rcx", "rdi", "memory");
    return from;
}

// Flags pass a call and its return, and a return to elsewhere.
__attribute__((naked, noinline)) static long flags_through_calls(long a __attribute__((unused)),
                                                                 long b __attribute__((unused))) {
    __asm__(
        "cmp %rsi, %rdi\n\t"
        "call 1f\n\t"
        "setl %al\n\t"
        "seto %cl\n\t"
        "setp %dl\n\t"
        "call 2f\n\t"
        "ud2\n\t"
        "3: movzx %al, %eax\n\t"
        "movzx %cl, %ecx\n\t"
        "movzx %dl, %edx\n\t"
        "lea (%rax, %rcx, 2), %rax\n\t"
        "lea (%rax, %rdx, 4), %rax\n\t"
        "ret\n"
        "1: ret\n"
        "2: lea 3b(%rip), %r8\n\t"
        "mov %r8, (%rsp)\n\t"
        "ret");
}

int main(void) {
    const int may_change = PROT_READ | PROT_WRITE | PROT_EXEC;
    const int fixed = PROT_READ | PROT_EXEC;
    printf("%lx %lx\n", run(by_register, sizeof by_register, register_constant, change, may_change),
           run(direct, sizeof direct, direct_constant, change, may_change));
    printf("%lx %lx\n", run(by_register, sizeof by_register, register_constant, change_protected, fixed),
           run(direct, sizeof direct, direct_constant, change_protected, fixed));
    printf("%lx %lx\n", run(by_register, sizeof by_register, register_constant, map_anew, fixed),
           run(direct, sizeof direct, direct_constant, map_anew, fixed));
    printf("%lx\n", run(by_register, sizeof by_register, register_constant, change_deep_down, fixed));

    long elsewhere = 0;
    for (int i = 0; i < 50; ++i) elsewhere += return_elsewhere();
    printf("%ld\n", elsewhere);
    long flags = 0;
    for (int i = 0; i < 20; ++i) flags = flags * 3 + flags_through_calls(i % 3 - 1, i % 5 == 0 ? INT64_MIN : i % 4);
    printf("%lx\n", flags);
    return 0;
}
