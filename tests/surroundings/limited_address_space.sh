# Four gigabytes of address space are enough for lxr and an ordinary program; the guest's own demands meet the limit.
# under: ulimit -v 4000000
ulimit -v
/usr/bin/python3 -c '
import mmap
print(len(bytearray(100 << 20)))
try: bytearray(8 << 30)
except MemoryError: print("no 8 GB")
'
seq 1 1000 | sort -n | tail -n 1
