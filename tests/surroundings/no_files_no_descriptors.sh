# No file may grow, and there are few descriptors: what lxr needs for itself takes neither from the program.
# under: ulimit -f 0
ulimit -f
(echo text > file)
echo $?
grep -c 'stack' /proc/self/maps
grep -c '^processor' /proc/cpuinfo
head -n 1 /proc/self/status
(
    ulimit -n 4
    /bin/echo descriptors are left
)
i=0
while [ $i -lt 20000 ]; do i=$((i + 1)); done
echo $i
