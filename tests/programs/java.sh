# The Java virtual machine, if there is one: it writes code all the time, next to code that it runs.
# timeout: 300
command -v javac >/dev/null || exit 0
cat >Work.java <<'END'
import java.util.*;
import java.util.stream.*;
public class Work {
    static int fib(int n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
    public static void main(String[] arguments) throws Exception {
        int[] data = new int[50000];
        long sum = 0;
        for (int round = 0; round < 100; ++round)
            for (int i = 0; i < data.length; ++i) { data[i] += i * round ^ (i >> 3); sum += data[i]; }
        Map<Integer, Integer> counts = new HashMap<>();
        for (int i = 0; i < 100000; ++i) counts.merge(i % 5003, i, Integer::sum);
        for (int value : counts.values()) sum += value;
        Thread[] threads = new Thread[3];
        long[] results = new long[3];
        for (int i = 0; i < 3; ++i) { final int n = i; threads[i] = new Thread(() -> results[n] = fib(25 + n)); threads[i].start(); }
        for (Thread thread : threads) thread.join();
        int caught = 0;
        for (int i = 0; i < 20000; ++i) try { caught += data[i % 60000] / (i % 7); } catch (ArithmeticException e) { ++caught; }
        Object nothing = null;
        try { nothing.hashCode(); } catch (NullPointerException e) { ++caught; }
        System.out.println(sum + " " + Arrays.toString(results) + " " + caught);
        System.out.println(IntStream.range(0, 1000).mapToObj(Integer::toString).collect(Collectors.joining()).hashCode());
    }
}
END
javac Work.java && java Work
