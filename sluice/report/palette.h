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
    {"#8a94a0", "#b0935f", "#789a84", "#9d84ae", "#b98282", "#6b8aa9"}};

inline constexpr Palette dark_palette{
    "#e9ebee",
    "#a2abb6",
    "#2e343c",
    "#15181c",
    {"#6fb1f5", "#f5897c", "#6cc898", "#bb9ce8", "#efb055", "#5ccad6"},
    {"#98a2ae", "#cdb488", "#9fc2ab", "#c3abd2", "#dbabab", "#96b4d2"}};

/// Colours of a kind; further lines begin again.
inline constexpr int palette_size = 6;

}  // namespace sluice
