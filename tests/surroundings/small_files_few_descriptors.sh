# Files may have one kilobyte, and there are few descriptors: what lxr needs for itself takes neither from the program.
# under: ulimit -f 1
ulimit -f
sh -c '(seq 1000 >file); echo $?' 2>/dev/null
grep -c 'stack' /proc/self/maps
grep -c '^processor' /proc/cpuinfo
head -n 1 /proc/self/status
(
    ulimit -n 5
    /bin/echo descriptors are left
)
i=0
while [ $i -lt 20000 ]; do i=$((i + 1)); done
echo $i
