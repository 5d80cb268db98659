# What a shell sees of children that signals end, and what it says about them.
for signal in HUP INT QUIT ILL TRAP ABRT BUS FPE KILL SEGV PIPE ALRM TERM USR1 XCPU SYS; do
    bash -c "ulimit -c 0; kill -$signal \$\$"
    echo "$signal: $?"
done 2>/dev/null
sh -c 'ulimit -c 0; kill -SEGV $$' | cat
echo "${PIPESTATUS[0]}"
{ timeout -s KILL 0.1 sleep 10; echo $?; } 2>/dev/null
timeout 0.1 sleep 10; echo $?
ulimit -c 0; kill -ABRT $$
