// A C++ program with threads, exceptions and iostreams. Prints four lines, always the same.
#include <algorithm>
#include <future>
#include <iomanip>
#include <iostream>
#include <map>
#include <mutex>
#include <numeric>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <vector>

int main()
{
    std::map<int, long> sums;
    std::mutex lock;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; t++)
        threads.emplace_back([&, t] {
            std::vector<long> numbers(10000);
            std::iota(numbers.begin(), numbers.end(), t * 10000L);
            std::lock_guard held(lock);
            sums[t] = std::accumulate(numbers.begin(), numbers.end(), 0L);
        });
    for (auto& t : threads)
        t.join();
    long total = 0;
    for (const auto& [who, sum] : sums)
        total += sum;
    std::cout << "threads: " << sums.size() << ", total " << total << std::endl;

    auto failing = std::async(std::launch::async, [] { throw std::invalid_argument("as it should"); });
    try {
        failing.get();
    } catch (const std::invalid_argument& e) {
        std::cout << "exception: " << e.what() << '\n';
    }

    std::ostringstream text;
    text << std::hex << std::showbase << 48879 << ' ' << std::fixed << std::setprecision(3) << 3.14159;
    std::cout << "streams: " << text.str() << '\n';

    std::vector<std::string> words = {"pear", "apple", "fig"};
    std::sort(words.begin(), words.end());
    std::cout << "sorted:";
    for (const auto& w : words)
        std::cout << ' ' << w;
    std::cout << std::endl;
    return total == 799980000 ? 0 : 1;
}
