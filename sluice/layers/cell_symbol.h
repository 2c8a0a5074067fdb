// Evaluates a cell's equations on symbols, to print them as the paper would.
#pragma once

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
  Symbol gate(const Symbol& z) { return call("sigmoid", z); }
  Symbol activation(const Symbol& z) { return call("tanh", z); }
  Symbol output_activation(const Symbol& z) { return call("tanh", z); }
  Symbol keep(const Symbol& u) { return u; }
};

/// Names by index: what z[at<0>] and s[at<1>] print.
struct Names {
  std::vector<Symbol> names;
  template <int K>
  const Symbol& operator[](Index<K>) const {
    return names[K];
  }
};

template <class A>
std::vector<std::string> texts(const NextStates<A>& next) {
  return {next.first.text};
}
template <class A, class B>
std::vector<std::string> texts(const NextStates<A, B>& next) {
  return {next.first.text, next.second.text};
}

/// One line a message and a state: "c' = sigmoid(zf)*c + …", with z the pre-activations.
template <class Cell>
std::vector<std::string> equations() {
  Names z, s;
  for (const GateSpec& gate : Cell::gates) {
    std::string name = std::string("z_") + gate.name;
    if (gate.reads == X) name += "x";
    if (gate.reads == H) name += "h";
    z.names.push_back({name});
  }
  for (const char* state : Cell::states) s.names.push_back({state});
  Print m;
  std::vector<std::string> lines;
  if constexpr (requires { Cell::message(m, z, s); })
    lines.push_back("q = " + Cell::message(m, z, s).text);
  const auto next = texts(Cell::step(m, z, s));
  for (size_t k = 0; k < next.size(); ++k)
    lines.push_back(std::string(Cell::states[k]) + "' = " + next[k]);
  return lines;
}

}  // namespace sluice::symbolic
