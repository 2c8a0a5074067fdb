// Whatever the bytes are, reading ends in a frame or in an Error.
#include <random>

#include "sluice/data/cell_text.h"
#include "sluice/data/clean.h"
#include "support.h"

namespace sluice {
namespace {

// Reads and cleans, and says nothing about the outcome but that it is one of the two.
void survive(const std::string& bytes, const CsvOptions& options = {}) {
  try {
    Frame frame = read_csv_text(bytes, "fuzz", options);
    EXPECT_EQ(frame.time.empty() || frame.time.size() == frame.row_numbers.size(), true);
    for (const Column& column : frame.columns)
      EXPECT_EQ(column.numeric() ? column.values.size() : column.codes.size(),
                frame.row_numbers.size());
    CleanOptions clean_options;
    clean_options.missing = "linear";
    clean_options.sort = true;
    clean_options.duplicates = "mean";
    clean(std::move(frame), clean_options);
  } catch (const Error& error) {
    EXPECT_FALSE(error.id.empty());
    EXPECT_FALSE(error.message.empty());
  }
}

TEST(Fuzz, RandomBytes) {
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes(random() % 300, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random() % (round % 2 == 0 ? 256 : 127) + 1);
    survive(bytes);
  }
}

TEST(Fuzz, AlmostTables) {
  const std::string alphabet = "0123456789,;\t|\"\n\r.-/: aTZ?#'+eE%";
  std::mt19937 random(2);
  for (int round = 0; round < 4000; ++round) {
    std::string text = "date,y,z\n";
    const size_t length = random() % 200;
    for (size_t i = 0; i < length; ++i) text += alphabet[random() % alphabet.size()];
    survive(text);
  }
}

TEST(Fuzz, DamagedTables) {
  const std::string whole = read_text(bundled("airline-passengers.csv"));
  std::mt19937 random(3);
  for (int round = 0; round < 1000; ++round) {
    std::string text = whole;
    for (int hit = 0; hit < 4; ++hit) {
      const size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = static_cast<char>(random() % 256);
          break;
        case 1:
          text.erase(at, random() % 20);
          break;
        default:
          text.insert(at, text.substr(random() % text.size(), random() % 20));
      }
    }
    survive(text);
  }
}

TEST(Fuzz, EveryCutOfATable) {
  const std::string whole =
      "\xEF\xBB\xBF"
      "date;\"a \"\"b\"\"\";y\r\n01.02.2020;\"x;\ny\";1,5\r\n02.02.2020;;2,5\r\n";
  for (size_t length = 0; length <= whole.size(); ++length) survive(whole.substr(0, length));
}

TEST(Fuzz, EveryCutOfAGzipFileIsRefusedOrRead) {
  const TemporaryFolder folder;
  const std::string path = folder.write_gzip("a.gz", read_text(bundled("airline-passengers.csv")));
  const std::string whole = read_text(path);
  for (size_t length = 1; length < whole.size(); length += 7) {
    const std::string cut = folder.write("cut.gz", whole.substr(0, length));
    const Error error = error_of([&] { read_csv(cut); });
    EXPECT_FALSE(error.message.empty()) << length;
  }
}

TEST(Fuzz, OddOptions) {
  std::mt19937 random(4);
  const std::string text = "a,b\n1,2\n3,4\n";
  for (int round = 0; round < 1000; ++round) {
    const auto word = [&] {
      std::string made(random() % 4, ' ');
      for (char& c : made) c = static_cast<char>(random() % 126 + 1);
      return made;
    };
    CsvOptions options;
    options.delimiter = word();
    options.decimal = word();
    options.thousands = word();
    options.comment = word();
    options.time_format = "%" + word();
    options.skip_rows = static_cast<int>(random() % 5);
    survive(text, options);
  }
}

TEST(Fuzz, Utf8IsToldFromOtherBytes) {
  for (const char* right : {"", "a", "ä", "日本", "\xF0\x9F\x98\x80"}) EXPECT_TRUE(is_utf8(right));
  for (const char* wrong : {"\xE4", "\xC0\x80", "\xE6\x97", "a\xFF", "\x80"})
    EXPECT_FALSE(is_utf8(wrong));
}

}  // namespace
}  // namespace sluice
