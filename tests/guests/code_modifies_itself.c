// Code that changes instructions that are about to be executed, by each kind of instruction that writes memory.
// flags: -O1 -static
// flags: -O1
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef long (*Function)(long argument);

static unsigned char* pages(void) {
    return mmap(NULL, 16384, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static long repeat(unsigned char* code, const void* program, size_t size, int times) {
    long sum = 0;
    for (int i = 0; i < times; ++i) {
        memcpy(code, program, size);
        for (int again = 0; again < 3; ++again) sum = sum * 3 + ((Function)(void*)code)(i + again);
    }
    return sum;
}

// Each changes the constant of the `mov eax, 1` that follows it.
#define CASE(name, ...) static const unsigned char name[] = {__VA_ARGS__}
// mov [rip + 1], dil; mov eax, 1; ret
CASE(by_byte, 0x40, 0x88, 0x3d, 0x01, 0, 0, 0, 0xb8, 1, 0, 0, 0, 0xc3);
// mov [rip + 1], edi; mov eax, 1; ret
CASE(by_mov, 0x89, 0x3d, 0x01, 0, 0, 0, 0xb8, 1, 0, 0, 0, 0xc3);
// nop; add [rip + 2], edi; nop; mov eax, 1; ret
CASE(by_add, 0x90, 0x01, 0x3d, 0x02, 0, 0, 0, 0x90, 0xb8, 1, 0, 0, 0, 0xc3);
// lock xadd [rip + 1], edi; mov eax, 1; ret
CASE(by_xadd, 0xf0, 0x0f, 0xc1, 0x3d, 0x01, 0, 0, 0, 0xb8, 1, 0, 0, 0, 0xc3);
// movd xmm0, edi; movd [rip + 1], xmm0; mov eax, 1; ret
CASE(by_movd, 0x66, 0x0f, 0x6e, 0xc7, 0x66, 0x0f, 0x7e, 0x05, 0x01, 0, 0, 0, 0xb8, 1, 0, 0, 0, 0xc3);
// mov eax, edi; lea rdi, [rip + 2]; stosd; mov eax, 1; ret
CASE(by_stos, 0x89, 0xf8, 0x48, 0x8d, 0x3d, 0x02, 0, 0, 0, 0xab, 0xb8, 1, 0, 0, 0, 0xc3);
// mov rdx, rsp; lea rsp, [rip + 19]; mov rax, (mov eax, 42; nop; nop; nop); push rax; mov eax, 1; nop; nop; nop; mov rsp, rdx;
// ret
CASE(by_push, 0x48, 0x89, 0xe2, 0x48, 0x8d, 0x25, 0x13, 0, 0, 0, 0x48, 0xb8, 0xb8, 0x2a, 0, 0, 0, 0x90, 0x90, 0x90, 0x50, 0xb8,
     1, 0, 0, 0, 0x90, 0x90, 0x90, 0x48, 0x89, 0xd4, 0xc3);
// cmp edi, 2; mov [rip + 5], dil; setl r8b; mov eax, 1; movzx r8d, r8b; add eax, r8d; ret
CASE(flags_live, 0x83, 0xff, 0x02, 0x40, 0x88, 0x3d, 0x05, 0, 0, 0, 0x41, 0x0f, 0x9c, 0xc0, 0xb8, 1, 0, 0, 0, 0x45, 0x0f, 0xb6,
     0xc0, 0x44, 0x01, 0xc0, 0xc3);

// mov ecx, 1000; xor eax, eax; again: add eax, 7; add byte [rip - 7 (the 7)], 1; dec ecx; jnz again; ret
static const unsigned char own_immediate[] = {0xb9, 0xe8, 0x03, 0,    0,    0x31, 0xc0, 0x83, 0xc0, 0x07, 0x80,
                                              0x05, 0xf8, 0xff, 0xff, 0xff, 0x01, 0xff, 0xc9, 0x75, 0xf2, 0xc3};

static volatile sig_atomic_t signals;

static void on_signal(int number) {
    signals += number == SIGUSR1;
}

// The handler itself, its frame and the code that raises the signal are all in one page that is also written.
static int handler_in_code_page(void) {
    unsigned char* area = pages();
    static const unsigned char handler[] = {0xff, 0x05, 0xfa, 0x00, 0, 0, 0xc3};  // inc dword [rip + 0xfa]; ret
    memcpy(area, handler, sizeof handler);
    const stack_t stack = {.ss_sp = area, .ss_size = 16384, .ss_flags = 0};
    sigaltstack(&stack, NULL);
    struct sigaction action = {.sa_flags = SA_ONSTACK};
    action.sa_handler = (void (*)(int))(void*)area;
    sigaction(SIGUSR2, &action, NULL);
    for (int i = 0; i < 50; ++i) raise(SIGUSR2);
    int count;
    memcpy(&count, area + 0x100, sizeof count);  // 6 + 0xfa
    return count;
}

static long on_the_stack(void) {
    unsigned char buffer[8192];
    const uintptr_t first = (uintptr_t)buffer & ~(uintptr_t)4095;
    mprotect((void*)first, 12288, PROT_READ | PROT_WRITE | PROT_EXEC);
    long sum = 0;
    for (int i = 0; i < 200; ++i) {
        memcpy(buffer + i * 16, by_byte, sizeof by_byte);
        sum += ((Function)(void*)(buffer + i * 16))(i & 0x7f);
    }
    mprotect((void*)first, 12288, PROT_READ | PROT_WRITE);
    return sum;
}

int main(void) {
    unsigned char* code = pages();
#define RUN(name) printf("%-12s %lx\n", #name, repeat(code, name, sizeof name, 50))
    RUN(by_byte);
    RUN(by_mov);
    RUN(by_add);
    RUN(by_xadd);
    RUN(by_movd);
    RUN(by_stos);
    RUN(by_push);
    RUN(flags_live);
    RUN(own_immediate);
    signal(SIGUSR1, on_signal);
    for (int i = 0; i < 10; ++i) {
        raise(SIGUSR1);
        printf("%lx\n", repeat(code + 4090, by_mov, sizeof by_mov, 3));  // over the end of a page
    }
    printf("%d %d %lx\n", (int)signals, handler_in_code_page(), on_the_stack());
    return 0;
}
