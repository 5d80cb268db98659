# Applets of the static busybox on files made here.
b=/bin/busybox
$b seq 1 2000 >numbers
$b printf 'pear\napple\nfig\napple\n' >fruit
for command in 'cat fruit' 'sort fruit' 'sort -u fruit' 'uniq -c fruit' 'wc fruit numbers' 'head -n 3 numbers' 'tail -n 3 numbers' \
    'md5sum numbers fruit' 'sha1sum numbers' 'sha256sum numbers' 'sha512sum numbers' 'cksum numbers' 'od -c fruit' 'hexdump -C fruit' \
    'tr a-z A-Z' 'cut -c1-2 fruit' 'rev fruit' 'tac fruit' 'nl fruit' 'fold -w 3 fruit' 'expr 6 * 7' 'factor 1234567890' \
    'basename /a/b.c .c' 'dirname /a/b' 'echo -e a\tb' 'grep -n app fruit' 'sed -e s/p/P/g fruit' 'awk {n+=$1}END{print(n)} numbers' \
    'cmp fruit numbers' 'diff fruit numbers' 'bc --help' 'xxd fruit' 'uname -m' 'true' 'false' 'test -f fruit' 'cal 2 2000' \
    'base64 fruit' 'uuencode fruit name' 'crc32 fruit' 'strings /bin/busybox' 'find . -type f' 'ls -l /etc' 'id' 'env' 'nosuchapplet'; do
    echo "== $command"
    set -f
    $b $command <fruit >output 2>&1
    echo "$?"
    head -n 50 output
    set +f
done
$b tar cf archive.tar numbers fruit
$b gzip -k numbers
$b bzip2 -k fruit
$b gunzip -c numbers.gz | $b cmp - numbers && echo same
$b bunzip2 -c fruit.bz2 | $b cmp - fruit && echo same
$b tar tf archive.tar
rm -f archive.tar numbers.gz # they hold the time
$b ash -c 'for i in 1 2 3; do echo $i; done | while read x; do echo "read $x"; done; exit 5'
echo $?
$b vi --help 2>&1 | head -n 2
$b nproc >/dev/null && $b mkdir -p a/b/c && $b rmdir a/b/c && $b ln -s a link && $b cp -r a copy
{ $b sh -c 'kill -9 $$'; echo $?; } 2>/dev/null # the message names the process
