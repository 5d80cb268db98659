# sort, awk, sed, grep, tar, gzip, xz and their relatives on real files.
# timeout: 280
cat /usr/share/common-licenses/* /etc/services /etc/passwd 2>/dev/null | head -n 4000 >text
sort text | uniq -c | sort -k1,1nr -k2 | head -n 20
sort -f -t: -k3,3n -k1,1 /etc/passwd
awk '{ for (i = 1; i <= NF; ++i) count[$i]++ } END { for (w in count) if (count[w] > 50) print w, count[w] }' text | sort
awk 'BEGIN { printf "%.6f %d %s\n", sin(1) + exp(2) + log(10), 2 ^ 31, substr("substring", 4) } /the/ { n += length } END { print n, toupper("done") }' text
gawk 'BEGIN { s = "a1b22"; gsub(/[0-9]+/, "<&>", s); print s, strftime("%Y", 0, 1) }'
sed -n -e '/GNU/{s/GNU/gnu/g;p}' -e '$=' text | tail -n 30
sed -E 's/([A-Za-z]+) ([A-Za-z]+)/\2 \1/; y/abc/xyz/' text | md5sum
grep -c the text; grep -nE '^.{75,}$' text | head -n 5; grep -o -i 'copy[a-z]*' text | sort | uniq -c; grep -P '(?<=free )software' text | wc -l; grep nothing-like-this text; echo $?
cut -d: -f1,7 /etc/passwd | paste - - | column -t 2>/dev/null | head -n 5; tr -cs A-Za-z '\n' <text | sort -u | wc -l
head -c 1000000 /usr/bin/git >binary
for tool in gzip bzip2 xz zstd; do
    [[ $tool = gzip ]] && tool="gzip -n"; $tool -c <text >text.${tool%% *}; $tool -d -c <text.${tool%% *} | cmp - text && echo "$tool: $(md5sum <text.${tool%% *})"
    $tool -c <binary | $tool -d -c | cmp - binary && echo "$tool: binary too"
done
xz -T2 -9 -c binary | md5sum
mkdir -p tree/a/b && cp text tree/a && ln -s a/text tree/link && chmod 700 tree/a/b
tar --sort=name --mtime=@0 --owner=0 --group=0 -cf tree.tar tree && md5sum tree.tar && tar -tvf tree.tar
mkdir out && tar -C out -xf tree.tar && diff -r tree out/tree && echo same
tar --sort=name --mtime=@0 -czf - tree | tar -tzf -
md5sum text; sha256sum text; cksum text; b2sum text; od -A x -t x1z text | head -n 5; base64 text | md5sum; split -l 1000 text part.; wc -l part.*; comm -12 <(sort -u text) <(sort -u /etc/services) | wc -l
bc -l <<<'scale=60; 4*a(1); 2^200; sqrt(2)'; file text binary /usr/bin/git | sed 's/, BuildID.*//'; seq -s, 1 0.5 5; factor 1234567 99999999; printf '%s\n' "$(date -u -d @1000000000)"; expr 5 \* 9; numfmt --to=iec 123456789
diff <(head -n 100 text) <(head -n 110 text | sed 's/the/THE/'); shuf -n 3 --random-source=text text; nl text | tail -n 2; fmt -w 40 text | md5sum; join <(seq 1 5) <(seq 3 8); tsort <<<'a b b c'; patch --version >/dev/null; env -i true; nice -n 5 nice; timeout 0.1 sleep 10; echo $?
