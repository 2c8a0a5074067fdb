#include "experiments/experiment.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <sstream>

#include "sluice/base/error.h"
#include "sluice/base/parallel.h"

namespace sluice::experiment {

namespace {

using Line = std::vector<std::string>;

std::string number(double value, int digits) {
  if (std::isnan(value)) return "-";
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

std::string mean_and_deviation(const std::vector<double>& values, int digits) {
  const auto count = static_cast<double>(values.size());
  double mean = 0, squares = 0;
  for (double value : values) mean += value / count;
  for (double value : values) squares += (value - mean) * (value - mean);
  if (values.size() < 2) return number(mean, digits);
  return number(mean, digits) + " ± " + number(std::sqrt(squares / (count - 1)), digits);
}

// In order of size; of many the least, the median and the greatest.
std::string sorted_numbers(std::vector<double> values, int digits) {
  std::sort(values.begin(), values.end());
  if (values.size() > 10)
    return number(values.front(), digits) + " … " + number(values[values.size() / 2], digits) +
           " … " + number(values.back(), digits);
  std::string text;
  for (double value : values) text += (text.empty() ? "" : " ") + number(value, digits);
  return text;
}

// Characters, not bytes: the bytes 10xxxxxx continue one.
size_t width(const std::string& text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

void print_lines(const std::vector<Line>& lines) {
  std::vector<size_t> widths(lines[0].size());
  for (const Line& line : lines)
    for (size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], width(line[i]));
  for (const Line& line : lines) {
    std::string text;
    for (size_t i = 0; i < line.size(); ++i)
      text += line[i] + std::string(widths[i] - width(line[i]) + 2, ' ');
    text.erase(text.find_last_not_of(' ') + 1);
    std::printf("%s\n", text.c_str());
  }
}

// All seeds of one row as a line of the table; `learnt` becomes false if a trial's loss rose.
Line run_row(const Table& table, const Row& row, const CommandLine& command_line, bool& learnt) {
  std::vector<std::vector<double>> scores(table.columns.size());
  int64_t parameters = 0;
  const std::clock_t start = std::clock();
  for (int seed = 0; seed < command_line.seeds; ++seed) {
    const Run run = row.run(static_cast<uint64_t>(seed));
    parameters = run.parameters;
    for (size_t i = 0; i < scores.size(); ++i) scores[i].push_back(run.scores[i]);
    if (command_line.updates == 0) continue;
    std::printf("%s, seed %d: loss %.4f, then %.4f\n", row.name.c_str(), seed, run.first_loss,
                run.last_loss);
    learnt = learnt && run.last_loss < run.first_loss;
  }
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  Line line = {row.name, std::to_string(parameters)};
  for (size_t i = 0; i < scores.size(); ++i)
    line.push_back(mean_and_deviation(scores[i], table.columns[i].digits));
  line.push_back(sorted_numbers(scores[0], table.columns[0].digits));
  line.push_back(number(seconds / command_line.seeds, 1));
  line.push_back(row.published);
  return line;
}

int positive_number(const std::string& option, const std::string& text) {
  if (text.empty() || text.size() > 9 || text.find_first_not_of("0123456789") != text.npos ||
      std::stoi(text) == 0)
    fail_config("usage.number", option, "\"" + text + "\" is no positive whole number",
                "write for example " + option + " 5");
  return std::stoi(text);
}

CommandLine read_command_line(int count, char** words) {
  CommandLine result;
  for (int i = 1; i < count; i += 2) {
    const std::string option = words[i];
    if (i + 1 == count) fail_config("usage.value", option, "a value is missing", "give it one");
    const std::string value = words[i + 1];
    if (option == "--seeds") {
      result.seeds = positive_number(option, value);
    } else if (option == "--updates") {
      result.updates = positive_number(option, value);
    } else if (option == "--data") {
      result.data = value;
    } else if (option == "--picture") {
      result.picture = value;
    } else if (option == "--cells") {
      std::istringstream names(value);
      for (std::string name; std::getline(names, name, ',');) result.cells.push_back(name);
    } else {
      fail_config("usage.option", option, "there is no such option",
                  "choose --seeds, --updates, --cells, --data or --picture");
    }
  }
  return result;
}

}  // namespace

bool print_table(const Table& table, const CommandLine& command_line) {
  std::printf("%s\n", table.title.c_str());
  Line heading = {"cell", "parameters"};
  for (const Column& column : table.columns) heading.push_back(column.name);
  heading.insert(heading.end(), {"seeds, sorted", "CPU s", "published"});
  std::vector<Line> lines = {heading};
  bool learnt = true;
  for (const Row& row : table.rows) {
    const auto& wanted = command_line.cells;
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), row.name) == wanted.end())
      continue;
    lines.push_back(run_row(table, row, command_line, learnt));
  }
  for (const Floor& floor : table.floors) {
    Line line = {floor.name, "-"};
    for (size_t i = 0; i < floor.scores.size(); ++i)
      line.push_back(number(floor.scores[i], table.columns[i].digits));
    line.resize(heading.size());
    lines.push_back(line);
  }
  print_lines(lines);
  if (!learnt) std::printf("a loss did not fall\n");
  return learnt;
}

int run_program(int count, char** words, const std::function<bool(const CommandLine&)>& body) {
  try {
    set_num_threads(1);
    return body(read_command_line(count, words)) ? 0 : 1;
  } catch (const Error& error) {
    std::fprintf(stderr, "%s: %s\n", words[0], error.what());
    return static_cast<int>(error.code);
  }
}

}  // namespace sluice::experiment
