# The guest's vDSO (runtime/loader/vdso/) as data in lxr's image, on every host. VDSO_IMAGE comes from runtime/CMakeLists.txt.
        .section .rodata
        .globl  lxr_vdso_begin, lxr_vdso_end
        .balign 16
lxr_vdso_begin:
        .incbin VDSO_IMAGE
lxr_vdso_end:
        .section .note.GNU-stack, "", @progbits
