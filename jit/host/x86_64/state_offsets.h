// Offsets of GuestState for assembly; baseline_stubs.cpp checks them against the structure.
#pragma once

#define LXR_STATE_GPR 0
#define LXR_STATE_RIP 128
#define LXR_STATE_STATUS_FLAGS 152
#define LXR_STATE_CONTROL_FLAGS 156
#define LXR_STATE_MXCSR 160
#define LXR_STATE_ATTENTION 164
#define LXR_STATE_VECTOR 256
#define LXR_STATE_ENTRY 2528
#define LXR_STATE_EXIT 2560
#define LXR_STATE_WIDE_VECTORS 2608
