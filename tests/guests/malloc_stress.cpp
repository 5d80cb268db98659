// The heap grows, shrinks and moves: brk, mmap and mremap under malloc and the standard containers.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

int main() {
    std::minstd_rand random(1);
    std::vector<std::pair<unsigned char*, std::size_t>> blocks;
    unsigned long sum = 0;
    for (int step = 0; step < 20000; ++step) {
        const auto choice = random() % 5;
        if (choice < 2 || blocks.empty()) {
            const std::size_t size = random() % 100 == 0 ? 1 + random() % 3000000 : 1 + random() % 2000;
            auto* block = static_cast<unsigned char*>(std::malloc(size));
            std::memset(block, step & 255, size);
            blocks.emplace_back(block, size);
        } else if (choice < 4) {
            const std::size_t index = random() % blocks.size();
            sum += blocks[index].first[blocks[index].second / 2];
            std::free(blocks[index].first);
            blocks[index] = blocks.back();
            blocks.pop_back();
        } else {
            auto& [block, size] = blocks[random() % blocks.size()];
            const std::size_t grown = size * 2 % 4000000 + 1;
            block = static_cast<unsigned char*>(std::realloc(block, grown));
            if (grown > size) std::memset(block + size, step & 255, grown - size);
            size = grown;
            sum += block[0];
        }
    }
    for (auto& [block, size] : blocks) std::free(block);
    std::map<std::string, std::unique_ptr<std::vector<int>>> table;
    for (int i = 0; i < 5000; ++i) table[std::to_string(i * 7919 % 10007)] = std::make_unique<std::vector<int>>(i % 50, i);
    for (const auto& [name, numbers] : table) sum += name.size() * numbers->size();
    std::printf("%lu %zu\n", sum, table.size());
}
