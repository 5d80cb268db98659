// XRSTOR of random areas, also of ones that it must refuse, then XSAVE, XSAVEC or XSAVEOPT of random components.
// flags: -O1 -static
// flags: -O1
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct area {
    uint16_t control, status;
    uint8_t valid, reserved;
    uint16_t opcode;
    uint64_t instruction_pointer, data_pointer;
    uint32_t mxcsr, mxcsr_mask;
    struct {
        uint8_t value[10], reserved[6];
    } stack[8];
    uint8_t xmm[256], unused[96];
    uint64_t present, compact, header_rest[6];
    uint8_t avx[256];
} __attribute__((aligned(64)));

static struct area initial, given, saved;
static sigjmp_buf refused;

static void on_signal(int signal) {
    siglongjmp(refused, signal);
}

static uint32_t number(void) {
    static uint32_t state = 12345;
    state = state * 1664525 + 1013904223;
    return state >> 3;
}

static int one_in(unsigned n) {
    return number() % n == 0;
}

static void fill(uint8_t* bytes, int size) {
    for (int i = 0; i < size; ++i) bytes[i] = (uint8_t)number();
}

static unsigned hash(const void* bytes, int size) {
    unsigned result = 2166136261U;
    for (int i = 0; i < size; ++i) result = (result ^ ((const uint8_t*)bytes)[i]) * 16777619U;
    return result;
}

static void make_given(void) {
    static const uint64_t formats[] = {0, 0x8000000000000007, 0x8000000000000005};
    memset(&given, 0, sizeof given);
    given.control = 0x37f;
    given.status = number() & 0x7f00;
    given.valid = (uint8_t)number();
    given.mxcsr = 0x1f80 | (number() & 0x3f);
    for (int i = 0; i < 8; ++i) fill(given.stack[i].value, 10);
    fill(given.xmm, sizeof given.xmm);
    fill(given.avx, sizeof given.avx);
    given.present = number() & 7;
    if (one_in(8)) given.compact = formats[number() % 3];
    if (one_in(16)) given.header_rest[0] = 1;
    if (one_in(16)) given.header_rest[2] = 1;
    if (one_in(16)) given.mxcsr |= 0x10000;
    if (one_in(16)) given.present |= 0x100000000;
}

static void restore(const void* area, unsigned components) {
    __asm__ volatile("xrstor64 (%0)"
                     :
                     : "r"(area), "a"(components), "d"(0)
                     : "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10",
                       "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
}

static void restore_and_save(int form, unsigned restored, unsigned components, unsigned offset) {
    restore(&initial, 7);
    restore((const char*)&given + offset, restored);
    if (form == 0) __asm__ volatile("xsave64 %0" : "+m"(saved) : "a"(components), "d"(0) : "memory");
    if (form == 1) __asm__ volatile("xsavec64 %0" : "+m"(saved) : "a"(components), "d"(0) : "memory");
    if (form == 2) __asm__ volatile("xsaveopt64 %0" : "+m"(saved) : "a"(components), "d"(0) : "memory");
    const uint32_t mxcsr = 0x1f80;
    __asm__ volatile("fninit\n\tldmxcsr %0" : : "m"(mxcsr));
}

int main(void) {
    signal(SIGSEGV, on_signal);
    initial.control = 0x27f;
    initial.mxcsr = 0x1fa0;
    fill(initial.xmm, sizeof initial.xmm);
    fill(initial.avx, sizeof initial.avx);
    initial.present = 7;
    for (int i = 0; i < 400; ++i) {
        make_given();
        memset(&saved, 0xcc, sizeof saved);
        saved.present = number() & 7;
        saved.compact = 0;
        const int form = (int)(number() % 3);
        const unsigned restored = number() & 7, components = number() & 7, offset = one_in(16) ? 16 : 0;
        const int signal = sigsetjmp(refused, 1);
        if (signal != 0) {
            printf("%d: signal %d\n", i, signal);
            continue;
        }
        restore_and_save(form, restored, components, offset);
        // What was brought to its initial configuration the processor may or may not take as in use (SDM Vol. 1, "Processor
        // Tracking of XSAVE-Managed State"), and then the optimising forms may leave it out: not compared.
        const unsigned in_use = ~(restored & ~(unsigned)given.present);
        saved.present &= in_use;
        if (form != 0 && !(in_use & 1)) memset(saved.stack, 0, sizeof saved.stack), memset(&saved, 0, 24);
        if (form != 0 && !(in_use & 2)) memset(saved.xmm, 0, sizeof saved.xmm);
        if (form != 0 && !(in_use & 4)) memset(saved.avx, 0, sizeof saved.avx);
        printf("%d: form %d components %x x87 %08x %08x mxcsr %08x xmm %08x header %016llx %016llx avx %08x\n", i, form,
               components, hash(&saved, 24), hash(saved.stack, sizeof saved.stack), saved.mxcsr,
               hash(saved.xmm, sizeof saved.xmm), (unsigned long long)saved.present, (unsigned long long)saved.compact,
               hash(saved.avx, sizeof saved.avx));
    }
    return 0;
}
