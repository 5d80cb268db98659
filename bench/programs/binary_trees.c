// Binary trees that are built and freed again: malloc and free.
#include "bench/programs/workload.h"

struct Node {
    struct Node *left, *right;
};

static struct Node *grow(int depth) {
    struct Node *node = malloc(sizeof *node);
    node->left = depth > 0 ? grow(depth - 1) : NULL;
    node->right = depth > 0 ? grow(depth - 1) : NULL;
    return node;
}

static uint64_t fell(struct Node *node) {
    if (!node) return 0;
    const uint64_t count = 1 + fell(node->left) + fell(node->right);
    free(node);
    return count;
}

int main(int argc, char **argv) {
    uint64_t count = 0;
    for (long n = scaled(argc, argv, 20000); n > 0; --n) count = count * 3 + fell(grow(8 + (int)(n & 3)));
    return print_checksum(count);
}
