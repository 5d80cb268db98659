# Other ways of ls and its relatives.
ls -la --time-style=full-iso /etc
ls -C -w 100 /usr/lib
ls /nowhere
ls -lRS /usr/share/doc/bash /usr/share/perl5 | tail -n 200
stat -c '%A %U %G %s %n' /bin /etc/passwd /dev/null
df --output=target / >/dev/null && du -s /usr/share/doc/bash
find /usr/share/doc -name 'c*' -type f | sort | head -n 100
