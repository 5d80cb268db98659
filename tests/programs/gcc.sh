# gcc -O2 compiles programs that then run; g++ too; the objects are the same bytes.
# timeout: 280
cat >program.c <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
struct node { struct node *left, *right; int value; };
static struct node* insert(struct node* tree, int value) {
    if (!tree) { tree = calloc(1, sizeof *tree); tree->value = value; }
    else if (value < tree->value) tree->left = insert(tree->left, value);
    else if (value > tree->value) tree->right = insert(tree->right, value);
    return tree;
}
static long walk(const struct node* tree, int depth) { return tree ? tree->value * depth + walk(tree->left, depth + 1) + walk(tree->right, depth + 1) : 0; }
int main(void) {
    struct node* tree = NULL;
    unsigned seed = 1;
    for (int i = 0; i < 20000; ++i) tree = insert(tree, (int)((seed = seed * 1103515245 + 12345) >> 8) % 100000);
    double matrix[20][20], sum = 0;
    for (int i = 0; i < 20; ++i) for (int j = 0; j < 20; ++j) matrix[i][j] = i / (j + 1.0);
    for (int i = 0; i < 20; ++i) for (int j = 0; j < 20; ++j) for (int k = 0; k < 20; ++k) sum += matrix[i][k] * matrix[k][j];
    printf("%ld %.12g\n", walk(tree, 1), sum);
    return 3;
}
END
gcc -O2 -Wall -o program program.c; echo "gcc: $?"
./program; echo "program: $?"
gcc -O2 -c program.c -o program.o && gcc -S -O1 program.c
cat >wrong.c <<'END'
int main(void) { return undeclared; }
END
gcc -c wrong.c; echo "gcc: $?"
printf '#include <vector>\n#include <algorithm>\nint main() { std::vector<int> v{3, 1, 2}; std::sort(v.begin(), v.end()); return v[2]; }\n' >sort.cpp
g++ -O1 -o sort sort.cpp; echo "g++: $?"
./sort; echo "sort: $?"
