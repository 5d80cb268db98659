// Which entries the auxiliary vector has, and the values that do not depend on where things lie.
#include <elf.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

int main(int argc, char** argv, char** envp) {
    while (*envp) ++envp;
    for (Elf64_auxv_t* entry = (Elf64_auxv_t*)(envp + 1); entry->a_type != AT_NULL; ++entry) {
        // The CPU that lxr shows has fewer features than the host's.
        if (entry->a_type != AT_HWCAP2 && entry->a_type < 50 && entry->a_type != AT_RSEQ_FEATURE_SIZE &&
            entry->a_type != AT_RSEQ_ALIGN) {
            printf("entry %lu\n", (unsigned long)entry->a_type);
        }
    }
    printf("page %lu clock %lu phent %lu secure %lu flags %lu\n", getauxval(AT_PAGESZ), getauxval(AT_CLKTCK),
           getauxval(AT_PHENT), getauxval(AT_SECURE), getauxval(AT_FLAGS));
    printf("ids %d %d %d %d\n", getauxval(AT_UID) == getuid(), getauxval(AT_EUID) == geteuid(), getauxval(AT_GID) == getgid(),
           getauxval(AT_EGID) == getegid());
    printf("execfn %s platform %s\n", (char*)getauxval(AT_EXECFN), (char*)getauxval(AT_PLATFORM));
    printf("execfn is argv[0]: %d\n", strcmp((char*)getauxval(AT_EXECFN), argv[0]) == 0);
    unsigned char* random = (unsigned char*)getauxval(AT_RANDOM);
    int bits = 0;
    for (int i = 0; i < 16; ++i) bits |= random[i];
    printf("random %d, entry %d, headers %d\n", bits != 0, getauxval(AT_ENTRY) != 0, getauxval(AT_PHDR) != 0);
    return 0;
}
