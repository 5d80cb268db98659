"""Dictionaries, lists and strings of Python. Run by lxr-bench with the scale in thousandths."""

import sys

seed = 1
counts = {}
for _ in range(int(sys.argv[1]) * 600):
    seed = seed * 1103515245 + 12345 & 0x7FFFFFFF
    word = "w" + str(seed % 5003)
    counts[word] = counts.get(word, 0) + 1
most_frequent = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:10]
print(" ".join(f"{word}={count}" for word, count in most_frequent))
