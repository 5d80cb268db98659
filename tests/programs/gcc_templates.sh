# g++ on a source that instantiates much of the standard library, and the program that comes out.
# labels: long
# timeout: 1700
cat >program.cpp <<'END'
#include <algorithm>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <thread>
#include <vector>
int main() {
    std::map<std::string, std::vector<int>> table;
    for (int i = 0; i < 1000; ++i) table[std::to_string(i % 37)].push_back(i * i);
    for (auto& [name, numbers] : table) std::sort(numbers.rbegin(), numbers.rend());
    std::ostringstream out;
    for (auto& [name, numbers] : table) out << name << ':' << numbers.front() << ' ';
    std::thread([&] { std::cout << out.str() << std::endl; }).join();
}
END
g++ -std=c++20 -O1 -pthread -o program program.cpp; echo "g++: $?"
./program
