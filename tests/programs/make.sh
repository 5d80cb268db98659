# make -j2 with many small jobs, a failing target, and a second run that has nothing to do.
# timeout: 280
for i in $(seq 1 12); do echo "int f$i(int x) { return x * $i; }" >f$i.c; done
{
    for i in $(seq 1 12); do echo "int f$i(int);"; done
    echo '#include <stdio.h>'
    echo 'int main(void) { int s = 0;'
    for i in $(seq 1 12); do echo "s += f$i($i);"; done
    echo 'printf("%d\n", s); return 0; }'
} >main.c
cat >Makefile <<'END'
OBJECTS = $(patsubst %.c,%.o,$(wildcard *.c))
all: program
program: $(OBJECTS)
	@gcc -o $@ $(sort $^)
%.o: %.c
	@gcc -O1 -c -o $@ $<
broken:
	@echo about to fail; exit 4
.PHONY: all broken
END
make -j2; echo $?
./program
make -j2; echo $?
make broken; echo $?
