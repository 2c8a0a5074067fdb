#include "sluice/layers/summary.h"

#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include "sluice/layers/composite.h"

namespace sluice {

namespace {

constexpr std::array<size_t, 3> widths = {31, 22, 13};  // of the columns, as Keras has them

// How many places a text takes: bytes that go on from another are none.
size_t places(const std::string& text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

std::string repeated(const std::string& text, size_t count) {
  std::string out;
  for (size_t i = 0; i < count; ++i) out += text;
  return out;
}

// 1234567 as 1,234,567
std::string grouped(int64_t number) {
  std::string digits = std::to_string(number);
  for (auto at = static_cast<int64_t>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<size_t>(at), ",");
  return digits;
}

// The first axis is the batch's, of whatever size.
std::string shape_text(const Shape& shape) {
  std::string text = "(None";
  for (int axis = 1; axis < shape.rank(); ++axis) text += ", " + std::to_string(shape[axis]);
  return text + (shape.rank() == 1 ? ",)" : ")");
}

std::string size_text(double bytes) {
  const std::array<const char*, 4> units = {"B", "KB", "MB", "GB"};
  size_t unit = 0;
  for (; bytes >= 1024 && unit + 1 < units.size(); ++unit) bytes /= 1024;
  std::array<char, 32> text;
  const int length = std::snprintf(text.data(), text.size(), "%.2f %s", bytes, units[unit]);
  return {text.data(), static_cast<size_t>(length)};
}

struct Ends {
  const char *left, *line, *middle, *right;
};

std::string rule(const Ends& ends) {
  std::string text = ends.left;
  for (size_t column = 0; column < widths.size(); ++column)
    text += (column ? ends.middle : "") + repeated(ends.line, widths[column] + 2);
  return text + ends.right + "\n";
}

using Row = std::array<std::string, 3>;

// Texts that are too long are cut; the last column stands to the right.
std::string line(Row row, const std::string& bar) {
  std::string text = bar;
  for (size_t column = 0; column < row.size(); ++column) {
    std::string& cell = row[column];
    while (places(cell) > widths[column]) cell.pop_back();
    const std::string blank(widths[column] - places(cell), ' ');
    text += " " + (column == 2 ? blank + cell : cell + blank) + " " + bar;
  }
  return text + "\n";
}

struct Counts {
  int64_t trained = 0, fixed = 0;
};

std::string totals(const Counts& counts, double bytes_each) {
  const auto one = [&](const char* what, int64_t count) {
    return " " + std::string(what) + " params: " + grouped(count) + " (" +
           size_text(static_cast<double>(count) * bytes_each) + ")\n";
  };
  return one("Total", counts.trained + counts.fixed) + one("Trainable", counts.trained) +
         one("Non-trainable", counts.fixed);
}

}  // namespace

std::string summary(Module& model, const Shape& input) {
  std::map<const Module*, Shape> shapes;
  {
    const CallObserver observer(
        [&shapes](const Module& module, const Variable& y) { shapes[&module] = y.shape(); });
    shapes[&model] = shape_behind(model, input);
  }
  const auto* const composite = dynamic_cast<const Composite*>(&model);
  std::vector<std::pair<std::string, const Module*>> layers;
  if (composite) layers = composite->children();
  if (layers.empty()) layers = {{"layer", &model}};
  std::string text = "Model: \"" + model.type_name() + "\"\n" + rule({"┏", "━", "┳", "┓"}) +
                     line({"Layer (type)", "Output Shape", "Param #"}, "┃") +
                     rule({"┡", "━", "╇", "┩"});
  for (size_t i = 0; i < layers.size(); ++i) {
    const auto& [name, layer] = layers[i];
    const auto seen = shapes.find(layer);
    if (i > 0) text += rule({"├", "─", "┼", "┤"});
    text += line({name + " (" + layer->type_name() + ")",
                  seen == shapes.end() ? "?" : shape_text(seen->second),
                  grouped(layer->parameter_count() + layer->buffer_count())},
                 "│");
  }
  const std::vector<Variable> parameters = model.parameters();
  const double bytes = !parameters.empty() && parameters[0].dtype() == DType::f64 ? 8 : 4;
  return text + rule({"└", "─", "┴", "┘"}) +
         totals({model.parameter_count(), model.buffer_count()}, bytes);
}

}  // namespace sluice
