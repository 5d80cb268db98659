# setarch -R: the kernel then puts everything at fixed places, lxr's own things too.
setarch -R /bin/sh -c 'echo in a shell; ls -d /usr; cat /proc/self/personality'
setarch -R /usr/bin/python3 -c 'print(sum(range(1000)))'
