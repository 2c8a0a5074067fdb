// A text as characters: what a model of characters learns from, and what needs no network.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "experiments/experiment.h"

namespace sluice::experiment {

/// The first nine tenths are trained on, the last tenth is the test.
struct Text {
  std::string symbols;               ///< every character of the text once, in order
  std::vector<uint8_t> train, test;  ///< places in `symbols`
};

/// A file of bytes, plain or gzip-compressed. Throws Error "usage.data" for no path, "data.text"
/// for a text too short, and "data.file" and the like.
Text read_text(const std::string& path);

/// Bits a character on the test of what needs no network: counts of each character and of each pair
/// (starting at 1), and counts of what followed the five characters before, mixed with those of
/// four, three, … (Witten and Bell 1991): p_n(c) = (count + kinds · p_{n−1}(c)) / (total + kinds).
std::vector<Floor> text_floors(const Text& text);

}  // namespace sluice::experiment
