#include "experiments/characters.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <unordered_map>

#include "sluice/base/error.h"
#include "sluice/data/text_source.h"

namespace sluice::experiment {

namespace {

// What followed one context in training.
struct Followers {
  std::unordered_map<uint8_t, int> counts;
  int total = 0;
};

// Contexts of up to seven characters as numbers; 1 stands before the first.
uint64_t context(const std::vector<uint8_t>& text, size_t end, int length) {
  uint64_t key = 1;
  for (size_t i = end - static_cast<size_t>(length); i < end; ++i) key = key << 8 | text[i];
  return key;
}

// Mean of −log₂ p over the test. Where the text before is shorter than the order, the lower ones
// alone speak.
class WittenBell {
 public:
  WittenBell(const Text& text, int order) : symbols_(text.symbols.size()), order_(order) {
    for (size_t i = 0; i < text.train.size(); ++i)
      for (int length = 0; length <= std::min<int>(order, static_cast<int>(i)); ++length) {
        Followers& after = followers_[context(text.train, i, length)];
        ++after.counts[text.train[i]];
        ++after.total;
      }
  }

  double bits(const std::vector<uint8_t>& test) const {
    double total = 0;
    for (size_t i = 0; i < test.size(); ++i) {
      double p = 1 / static_cast<double>(symbols_);
      for (int length = 0; length <= std::min<int>(order_, static_cast<int>(i)); ++length) {
        const auto found = followers_.find(context(test, i, length));
        if (found == followers_.end()) break;
        const Followers& after = found->second;
        const auto one = after.counts.find(test[i]);
        const auto kinds = static_cast<double>(after.counts.size());
        const double count = one == after.counts.end() ? 0 : one->second;
        p = (count + kinds * p) / (after.total + kinds);
      }
      total -= std::log2(p);
    }
    return total / static_cast<double>(test.size());
  }

 private:
  size_t symbols_;
  int order_;
  std::unordered_map<uint64_t, Followers> followers_;
};

}  // namespace

Text read_text(const std::string& path) {
  if (path.empty())
    fail_config("usage.data", "--data", "the text does not come with sluice",
                "give --data and the path of a text file, as tinyshakespeare's input.txt");
  const auto source = open_text(path);
  std::string bytes;
  std::array<char, 1 << 16> part;
  for (size_t count; (count = source->read(part)) > 0;) bytes.append(part.data(), count);
  constexpr size_t least = 1000;
  if (bytes.size() < least)
    fail_data("data.text", path, "it has " + std::to_string(bytes.size()) + " characters",
              "give a text of a thousand or more");
  Text text;
  text.symbols = bytes;
  std::sort(text.symbols.begin(), text.symbols.end());
  text.symbols.erase(std::unique(text.symbols.begin(), text.symbols.end()), text.symbols.end());
  std::array<uint8_t, 256> place{};
  for (size_t i = 0; i < text.symbols.size(); ++i)
    place[static_cast<uint8_t>(text.symbols[i])] = static_cast<uint8_t>(i);
  const size_t end = bytes.size() / 10 * 9 + bytes.size() % 10 * 9 / 10;
  for (size_t i = 0; i < bytes.size(); ++i)
    (i < end ? text.train : text.test).push_back(place[static_cast<uint8_t>(bytes[i])]);
  return text;
}

std::vector<Floor> text_floors(const Text& text) {
  // Counted in training, each starting at one.
  const size_t symbols = text.symbols.size();
  std::vector<double> alone(symbols, 1), pairs(symbols * symbols, 1), first(symbols);
  for (const uint8_t symbol : text.train) alone[symbol] += 1;
  for (size_t i = 1; i < text.train.size(); ++i)
    pairs[text.train[i - 1] * symbols + text.train[i]] += 1;
  for (size_t i = 0; i < pairs.size(); ++i) first[i / symbols] += pairs[i];
  const auto all = static_cast<double>(text.train.size() + symbols);
  double single = 0, paired = 0;
  uint8_t before = text.train.back();
  for (const uint8_t symbol : text.test) {
    single -= std::log2(alone[symbol] / all);
    paired -= std::log2(pairs[before * symbols + symbol] / first[before]);
    before = symbol;
  }
  const auto tested = static_cast<double>(text.test.size());
  return {{"how often each comes", {single / tested}},
          {"given the one before", {paired / tested}},
          {"given five before", {WittenBell(text, 5).bits(text.test)}}};
}

}  // namespace sluice::experiment
