// The colours of every figure, once: HTML and gnuplot use the same.
#pragma once

#include <array>

namespace sluice {

struct Palette {
  const char* ink;                       ///< real values and titles
  const char* soft;                      ///< axis texts
  const char* faint;                     ///< grid lines
  const char* paper;                     ///< background
  std::array<const char*, 6> models;     ///< nets: strong
  std::array<const char*, 6> baselines;  ///< baselines: muted
};

inline constexpr Palette light_palette{
    "#1b1f24",
    "#5c6570",
    "#e3e6ea",
    "#ffffff",
    {"#1668b8", "#cf4a3f", "#2f8f5b", "#8457bd", "#c77700", "#0b8594"},
    {"#8a94a0", "#b8904f", "#6a9c7b", "#a07fb5", "#c07f7f", "#5f8db8"}};

inline constexpr Palette dark_palette{
    "#e9ebee",
    "#a2abb6",
    "#2e343c",
    "#15181c",
    {"#6fb1f5", "#f5897c", "#6cc898", "#bb9ce8", "#efb055", "#5ccad6"},
    {"#98a2ae", "#d3b57c", "#94c4a5", "#c3a5d6", "#dea5a5", "#8db4dc"}};

/// Colours of a kind; further lines begin again.
inline constexpr int palette_size = 6;

}  // namespace sluice
