// Calls through the virtual tables of four classes in unpredictable order.
#include <cstdint>
#include <memory>
#include <vector>

#include "bench/programs/workload.h"

namespace {

struct Shape {
    virtual ~Shape() = default;
    virtual std::uint64_t area(std::uint64_t side) const = 0;
};
struct Square : Shape {
    std::uint64_t area(std::uint64_t side) const override { return side * side; }
};
struct Triangle : Shape {
    std::uint64_t area(std::uint64_t side) const override { return side * side / 2; }
};
struct Bar : Shape {
    std::uint64_t area(std::uint64_t side) const override { return side * 3; }
};
struct Point : Shape {
    std::uint64_t area(std::uint64_t) const override { return 1; }
};

std::unique_ptr<Shape> any_shape(std::uint64_t kind) {
    if (kind == 0) return std::make_unique<Square>();
    if (kind == 1) return std::make_unique<Triangle>();
    if (kind == 2) return std::make_unique<Bar>();
    return std::make_unique<Point>();
}

}  // namespace

int main(int argc, char** argv) {
    std::vector<std::unique_ptr<Shape>> shapes;
    std::uint64_t seed = 17, sum = 0;
    for (int i = 0; i < 1000; ++i) shapes.push_back(any_shape(next_random(&seed) % 4));
    for (long n = scaled(argc, argv, 150'000); n > 0; --n)
        for (const auto& shape : shapes) sum += shape->area(sum & 0xff);
    return print_checksum(sum);
}
