#include <array>
#include <cstdio>

#include "sluice/report/gnuplot.h"
#include "sluice/report/palette.h"
#include "sluice/report/text.h"

namespace sluice {

std::string gnuplot_number(double value) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%.15g", value);
  return text.data();
}

// In single quotes gnuplot knows no escape and runs nothing. A quote within becomes an apostrophe:
// the doubled quote of its manual fails at the beginning of a text.
std::string gnuplot_quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : to_utf8(text)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\'')
      result += "’";
    else
      result += byte < 32 || byte == 127 ? ' ' : c;
  }
  return result + "'";
}

// A tick's text is a number format too, so a percent sign stands doubled.
std::string gnuplot_ticks(const std::vector<Tick>& ticks) {
  std::string list;
  for (const Tick& tick : ticks) {
    std::string doubled;
    for (const char c : tick.label) doubled += c == '%' ? "%%" : std::string(1, c);
    list += (list.empty() ? "" : ", ") + gnuplot_quoted(doubled) + " " + gnuplot_number(tick.x);
  }
  return "(" + list + ")\n";
}

std::string gnuplot_terminal(int width, int height, PictureType type,
                             const std::string& picture_name) {
  // PNG at twice the pixels, so that it is sharp on any screen and on paper.
  const int factor = type == PictureType::png ? 2 : 1;
  const std::string size = std::to_string(factor * width) + "," + std::to_string(factor * height);
  const std::string rest = std::string(" background '") + light_palette.paper + "' noenhanced\n";
  std::string text = "set encoding utf8\n";
  if (type == PictureType::png)
    text += "set terminal pngcairo size " + size + " font '" + gnuplot_font +
            ",10' fontscale 1.8 linewidth 2" + rest;
  else
    text += "set terminal svg size " + size + " font '" + gnuplot_font + ",13' linewidth 1" + rest;
  return text + "set output '" + picture_name + "'\n";
}

}  // namespace sluice
