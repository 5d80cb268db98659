// Does nothing: what remains is the start.
int main(void) {
    return 0;
}
