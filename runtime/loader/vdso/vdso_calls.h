// The numbers with which the guest's vDSO asks lxr (vdso.S, runtime/syscall/vdso_calls.cpp). They lie outside Linux's table, in
// the range that has bit 30 set and belongs to x32, which 64-bit kernels of today answer with ENOSYS. Assembler reads this too.
#pragma once

#define LXR_VDSO_CALLS 0x4c585200
#define LXR_VDSO_GETTIMEOFDAY (LXR_VDSO_CALLS + 0)
#define LXR_VDSO_TIME (LXR_VDSO_CALLS + 1)
#define LXR_VDSO_CLOCK_GETTIME (LXR_VDSO_CALLS + 2)
#define LXR_VDSO_CLOCK_GETRES (LXR_VDSO_CALLS + 3)
#define LXR_VDSO_GETCPU (LXR_VDSO_CALLS + 4)
#define LXR_VDSO_CALL_COUNT 5
