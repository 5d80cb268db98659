# A bash script with pipes, subshells, here-documents, traps, kill, jobs, arrays, arithmetic and process substitution.
trap 'echo "caught USR1"' USR1
trap 'echo "leaving with $?"' EXIT
kill -USR1 $$
( trap 'echo "subshell got TERM"; exit 3' TERM; kill -TERM $BASHPID; echo "not reached" )
echo "subshell ended with $?"
cat <<END | tr a-z A-Z | sed 's/^/> /'
here is $((6 * 7)), $(echo nested $(echo deeper)), ${BASH_VERSION%%.*}
END
cat <<'END'
literal $HOME
END
read -r first rest <<<"one two three"
echo "$first / $rest"
declare -A table=([x]=1 [y]=2 [z]=3)
for key in $(printf '%s\n' "${!table[@]}" | sort); do echo "$key=${table[$key]}"; done
list=(a b 'c d'); echo "${#list[@]} ${list[2]} ${list[*]:1}"
sleep 0.05 & sleeper=$!
wait $sleeper; echo "sleeper: $?"
sleep 100 & sleep 0.3; kill -KILL $!; wait $! 2>/dev/null; echo "killed: $?"
diff <(seq 1 5) <(seq 2 6)
seq 1 1000 | while read -r n; do ((sum += n)); echo $sum; done | tail -n 1
exec 3>file; echo "by descriptor 3" >&3; exec 3>&-; cat file
f() { local x=$1; ((x <= 1)) && { echo 1; return; }; echo $((x * $(f $((x - 1))))); }
f 10
case "$(printf 'a\tb')" in a*b) echo matched;; esac
[[ "abc123" =~ ([a-z]+)([0-9]+) ]] && echo "${BASH_REMATCH[2]}"
echo {1..10} {a..e}; printf '%05d|%-8s|%x\n' 42 left 255
yes | head -n 3; echo "${PIPESTATUS[@]}"
false || true && echo logic
sh -c 'echo "$0 $@"' name 1 2
nosuchcommand; echo $?
ulimit -n
umask
time_out() { sleep 30 & local p=$!; sleep 0.3; kill $p; wait $p; echo "ended: $?"; }
time_out 2>/dev/null
exit 7
