# python3: json, re, hashlib, subprocess, threading, and what else the standard library does with the machine.
cat >script.py <<'END'
import json, re, hashlib, subprocess, threading, struct, zlib, math, decimal, collections, itertools, os, sys, tempfile, queue, sqlite3, random
data = {"list": [1, 2.5, None, True], "text": "h\u00e9llo \U0001f600", "nested": {str(i): i ** 3 for i in range(50)}}
text = json.dumps(data, sort_keys=True, indent=1); assert json.loads(text) == data
print(len(text), hashlib.sha256(text.encode()).hexdigest(), hashlib.md5(b"x" * 1000000).hexdigest(), hashlib.sha3_512(b"").hexdigest()[:20])
print(re.findall(r"(\w+)@(\w+)\.com", "ann@example.com, bob@test.com"), re.sub(r"(\d+)", lambda m: str(int(m[1]) * 2), "a1b22c333"))
print(zlib.crc32(text.encode()), zlib.decompress(zlib.compress(text.encode() * 100)) == text.encode() * 100)
print(subprocess.run(["sh", "-c", "echo out; echo err >&2; exit 3"], capture_output=True))
print(subprocess.check_output(["sort", "-n"], input=b"10\n9\n1\n"), subprocess.run(["sleep", "60"], timeout=None) if False else "")
try: subprocess.run(["sleep", "60"], timeout=0.1)
except subprocess.TimeoutExpired as expired: print(expired.cmd)
lock, total, q = threading.Lock(), [0], queue.Queue()
def work(n):
    for i in range(500):
        with lock: total[0] += n
    q.put(n)
threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
[t.start() for t in threads]; print(sorted(q.get() for _ in threads)); [t.join() for t in threads]; print(total)
event = threading.Event(); threading.Timer(0.05, event.set).start(); print(event.wait(20))
print(math.sin(1), math.gamma(5.5), 2 ** 200, 0.1 + 0.2, decimal.Decimal(2).sqrt(), -7 // 2, divmod(10 ** 30, 7 ** 20), float.hex(1 / 3))
print(struct.pack("<ifdq", 1, 2.5, -1e300, -5).hex(), collections.Counter("mississippi").most_common(2), list(itertools.permutations("abc"))[3])
random.seed(5); print(random.random(), random.sample(range(1000), 5), sorted(random.choices("xyz", k=5)))
db = sqlite3.connect(":memory:"); db.execute("create table t(a, b)"); db.executemany("insert into t values(?, ?)", [(i, i * i) for i in range(100)])
print(db.execute("select sum(b), avg(a) from t where a % 3 = 0").fetchall())
pid = os.fork()
if pid == 0: os._exit(17)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), os.path.basename(sys.executable), sys.maxsize)
with tempfile.NamedTemporaryFile("w+", dir=".") as f: f.write("temporary"); f.seek(0); print(f.read())
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
print(fib(18), sum(i * i for i in range(20000)), sorted({3, 1, 2}), "%r %5.2f %s" % ("q", math.pi, [1]), f"{12345.678:,.1f}")
raise SystemExit(5)
END
/usr/bin/python3 script.py
echo $?
/usr/bin/python3 -c 'raise ValueError("uncaught")'
echo $?
