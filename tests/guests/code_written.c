// flags: -O1 -static
// flags: -O1
// Code that the program writes: new code at an old address, in all the ways in which programs do it.
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef int (*Function)(int);

// lea eax, [rdi + value]; ret
static void write_adder(unsigned char *code, int value) {
    code[0] = 0x8d, code[1] = 0x87;
    memcpy(code + 2, &value, 4);
    code[6] = 0xc3;
}

static unsigned char *pages(int protection) {
    return mmap(NULL, 8192, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static int writable_and_executable(void) {
    unsigned char *code = pages(PROT_READ | PROT_WRITE | PROT_EXEC);
    int sum = 0;
    for (int i = 0; i < 2000; ++i) {
        write_adder(code, i);
        sum += ((Function)code)(1);
    }
    return sum;
}

static int toggled_rights(void) {
    unsigned char *code = pages(PROT_READ | PROT_WRITE);
    int sum = 0;
    for (int i = 0; i < 500; ++i) {
        mprotect(code, 4096, PROT_READ | PROT_WRITE);
        write_adder(code, i * 3);
        mprotect(code, 4096, PROT_READ | PROT_EXEC);
        for (int again = 0; again < 3; ++again) sum += ((Function)code)(again);
    }
    return sum;
}

static int through_another_mapping(void) {
    const int file = memfd_create("code", 0);
    if (ftruncate(file, 4096) != 0) return -1;
    unsigned char *writable = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    unsigned char *executable = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, file, 0);
    int sum = 0;
    for (int i = 0; i < 500; ++i) {
        write_adder(writable, i * 5);
        sum += ((Function)executable)(2);
    }
    return sum;
}

static int mapped_over(void) {
    unsigned char *code = pages(PROT_READ | PROT_WRITE);
    int sum = 0;
    for (int i = 0; i < 200; ++i) {
        mmap(code, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        write_adder(code, i * 7);
        mprotect(code, 4096, PROT_READ | PROT_EXEC);
        sum += ((Function)code)(3);
    }
    return sum;
}

static int moved(void) {
    int sum = 0;
    unsigned char *code = pages(PROT_READ | PROT_WRITE | PROT_EXEC);
    for (int i = 0; i < 100; ++i) {
        write_adder(code, i * 11);
        sum += ((Function)code)(4);
        unsigned char *elsewhere = pages(PROT_NONE);
        code = mremap(code, 8192, 8192, MREMAP_MAYMOVE | MREMAP_FIXED, elsewhere);
        sum += ((Function)code)(5);
    }
    return sum;
}

// The kernel writes the code: read(2) into it.
static int read_from_a_pipe(void) {
    int ends[2];
    if (pipe(ends) != 0) return -1;
    unsigned char *code = pages(PROT_READ | PROT_WRITE | PROT_EXEC);
    int sum = 0;
    for (int i = 0; i < 200; ++i) {
        unsigned char adder[7];
        write_adder(adder, i * 13);
        if (write(ends[1], adder, 7) != 7 || read(ends[0], code, 7) != 7) return -1;
        sum += ((Function)code)(6);
    }
    return sum;
}

// Writes into the instruction that comes next: mov byte [rip + 1], 42 before mov eax, 1.
static int just_ahead(void) {
    static const unsigned char program[] = {
        0xc6, 0x05, 0x01, 0x00, 0x00, 0x00, 0x2a,  // mov byte [rip + 1], 42
        0xb8, 0x01, 0x00, 0x00, 0x00,              // mov eax, 1
        0xc3};
    unsigned char *code = pages(PROT_READ | PROT_WRITE | PROT_EXEC);
    int sum = 0;
    for (int i = 0; i < 50; ++i) {
        memcpy(code, program, sizeof program);
        sum += ((Function)code)(0);
    }
    return sum;
}

// A jump into the middle of an instruction, and code that ends at the end of a page.
static int overlapping(void) {
    unsigned char *code = pages(PROT_READ | PROT_WRITE | PROT_EXEC);
    static const unsigned char program[] = {0xb8, 0x90, 0x90, 0xb0, 0x07, 0xc3};  // mov eax, imm32; ret or nop nop mov al, 7; ret
    memcpy(code + 4096 - sizeof program, program, sizeof program);
    const int whole = ((Function)(code + 4096 - sizeof program))(0);
    const int inside = ((Function)(code + 4096 - sizeof program + 1))(0) & 0xff;
    return whole ^ inside;
}

int main(void) {
    printf("%d %d %d %d\n", writable_and_executable(), toggled_rights(), through_another_mapping(), mapped_over());
    printf("%d %d %d %x\n", moved(), read_from_a_pipe(), just_ahead(), overlapping());
    return 0;
}
