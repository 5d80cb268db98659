# node, if there is one: V8 makes its code writable and executable in turns or at once.
# timeout: 300
command -v node >/dev/null || exit 0
cat >work.js <<'END'
function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
let sum = 0;
const data = new Int32Array(50000);
for (let round = 0; round < 100; ++round)
    for (let i = 0; i < data.length; ++i) { data[i] += (i * round) ^ (i >> 3); sum = (sum + data[i]) | 0; }
const counts = new Map();
for (let i = 0; i < 100000; ++i) counts.set(i % 5003, (counts.get(i % 5003) || 0) + i);
for (const value of counts.values()) sum = (sum + value) | 0;
let kinds = 0;
for (let i = 0; i < 20000; ++i) kinds += [i, `${i}`, { i }, null][i % 4]?.toString().length ?? 1;
console.log(sum, fib(27), kinds, [3, 1, 2].sort().join(), /(\d+)-(\w+)/.exec('12-ab').slice(1));
new Function('a', 'return a.map(x => x * 2)')([1, 2]).forEach(x => console.log(x));
setTimeout(() => console.log('later'), 5);
END
node work.js
