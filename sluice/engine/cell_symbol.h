// Evaluates a cell's equations on symbols, to print them as the paper would.
#pragma once

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace sluice::symbolic {

#include "sluice/cells/cell.h"

/// A formula as text; `sum` says that it needs brackets inside a product.
struct Symbol {
  std::string text;
  bool sum = false;
  std::string factor() const { return sum ? "(" + text + ")" : text; }
};

inline Symbol operator+(const Symbol& a, const Symbol& b) {
  return {a.text + " + " + b.text, true};
}
inline Symbol operator-(const Symbol& a, const Symbol& b) {
  return {a.text + " - " + b.factor(), true};
}
inline Symbol operator-(const Symbol& a) { return {"-" + a.factor(), true}; }
inline Symbol operator/(const Symbol& a, const Symbol& b) {
  return {a.factor() + "/" +
          (b.sum || b.text.find_first_of("*/") != std::string::npos ? "(" + b.text + ")" : b.text)};
}
inline Symbol max(const Symbol& a, const Symbol& b) {
  return {"max(" + a.text + ", " + b.text + ")"};
}
inline Symbol where_zero(const Symbol& a, const Symbol& b, const Symbol& c) {
  return {"(" + b.text + " if " + a.text + " = 0 else " + c.text + ")"};
}
inline Symbol operator*(const Symbol& a, const Symbol& b) {
  return {a.factor() + "*" + b.factor()};
}
inline Symbol mul_add(const Symbol& a, const Symbol& b, const Symbol& c) { return a * b + c; }
inline Symbol one_minus(const Symbol& a) { return {"1 - " + a.factor(), true}; }

/// The maths object that prints.
struct Print {
  static Symbol call(const char* function, const Symbol& z) {
    return {std::string(function) + "(" + z.text + ")"};
  }
  Symbol linear(const Symbol& z) { return z; }
  Symbol sigmoid(const Symbol& z) { return call("sigmoid", z); }
  Symbol tanh(const Symbol& z) { return call("tanh", z); }
  Symbol relu(const Symbol& z) { return call("relu", z); }
  Symbol exp(const Symbol& z) { return call("exp", z); }
  Symbol log_sigmoid(const Symbol& z) { return call("log sigmoid", z); }
  Symbol positive(const Symbol& z) { return call("g", z); }
  Symbol gate(const Symbol& z) { return call("sigmoid", z); }
  Symbol activation(const Symbol& z) { return call("tanh", z); }
  Symbol output_activation(const Symbol& z) { return call("tanh", z); }
  Symbol keep(const Symbol& u) { return u; }
  Symbol dropped_update(const Symbol& a) { return a; }
  Symbol dropped_cell(const Symbol& a) { return a; }
};

/// Names by index: what z[at<0>] and s[at<1>] print.
struct Names {
  std::vector<Symbol> names;
  template <int K>
  const Symbol& operator[](Index<K>) const {
    return names[K];
  }
};

inline void append_texts(const Values<>&, std::vector<std::string>&) {}
template <class A, class... Rest>
void append_texts(const Values<A, Rest...>& all, std::vector<std::string>& to) {
  to.push_back(all.first.text);
  append_texts(all.rest, to);
}

/// The cell's functions, with as many of the inputs as they take.
template <class Cell>
Values<> message_of(Print&, const Names&, const Names&, const Names&) {
  return {};
}
template <class Cell>
  requires requires { Cell::messages; }
auto message_of(Print& m, const Names& z, const Names& s, const Names& p) {
  if constexpr (requires { Cell::message(m, z, s); })
    return Cell::message(m, z, s);
  else
    return Cell::message(m, z, s, p);
}
template <class Cell>
auto step_of(Print& m, const Names& z, const Names& s, const Names& p, const Names& q) {
  if constexpr (requires { Cell::step(m, z, s); })
    return Cell::step(m, z, s);
  else if constexpr (requires { Cell::step(m, z, s, p); })
    return Cell::step(m, z, s, p);
  else
    return Cell::step(m, z, s, p, q);
}

/// One line a message and a state: "c' = sigmoid(z_f)*c + …", with z the pre-activations.
template <class Cell>
std::vector<std::string> equations() {
  Names z, s, p, q;
  for (const GateSpec& gate : Cell::gates) {
    std::string name = std::string("z_") + gate.name;
    const auto halves = [&](const GateSpec& other) { return other.row == gate.row; };
    if (std::count_if(std::begin(Cell::gates), std::end(Cell::gates), halves) > 1)
      name += gate.reads == X ? "x" : gate.reads == H ? "h" : "q";
    z.names.push_back({name});
  }
  for (const char* state : Cell::states) s.names.push_back({state});
  if constexpr (requires { Cell::below; })
    for (const char* memory : Cell::below) s.names.push_back({std::string("below_") + memory});
  if constexpr (requires { Cell::units; })
    for (const UnitSpec& unit : Cell::units) p.names.push_back({unit.name});
  if constexpr (requires { Cell::messages; })
    for (const char* message : Cell::messages) q.names.push_back({std::string("q_") + message});
  Print m;
  std::vector<std::string> found, lines;
  append_texts(message_of<Cell>(m, z, s, p), found);
  for (size_t k = 0; k < found.size(); ++k) lines.push_back(q.names[k].text + " = " + found[k]);
  found.clear();
  append_texts(step_of<Cell>(m, z, s, p, q), found);
  std::vector<std::string> names;
  for (const char* state : Cell::states) names.push_back(std::string(state) + "'");
  if constexpr (requires { Cell::outputs; })
    names.insert(names.end(), std::begin(Cell::outputs), std::end(Cell::outputs));
  for (size_t k = 0; k < found.size(); ++k) lines.push_back(names[k] + " = " + found[k]);
  return lines;
}

}  // namespace sluice::symbolic
