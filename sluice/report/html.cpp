#include "sluice/report/html.h"

#include <array>
#include <cstdint>
#include <vector>

#include "sluice/io/atomic_file.h"
#include "sluice/io/sha256.h"
#include "sluice/report/assets.h"
#include "sluice/report/chart_json.h"
#include "sluice/report/figures.h"
#include "sluice/report/html_parts.h"
#include "sluice/report/palette.h"
#include "sluice/report/text.h"

namespace sluice {

namespace {

std::string base64(const std::array<uint8_t, 32>& bytes) {
  constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const auto at = [&](size_t k) { return k < bytes.size() ? uint32_t{bytes[k]} : 0U; };
    const uint32_t group = at(i) << 16 | at(i + 1) << 8 | at(i + 2);
    for (int shift = 18; shift >= 0; shift -= 6) text += digits[group >> shift & 63];
  }
  text.back() = '=';  // 32 bytes leave a group of two
  return text;
}

std::string script_source(std::string_view script) {
  Sha256 hash;
  hash.update(script);
  return " 'sha256-" + base64(hash.finish()) + "'";
}

// The browser itself then refuses every request and every script but our two, whatever a column
// is called.
std::string content_policy() {
  return "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
         "style-src 'unsafe-inline'; img-src data:; script-src" +
         script_source(assets::chart_js) + script_source(assets::page_js) + "\">\n";
}

std::string color_variables(const Palette& palette) {
  std::string text;
  const auto add = [&](const std::string& name, const char* color) {
    text += "--" + name + ":" + color + ";";
  };
  add("ink", palette.ink);
  add("soft", palette.soft);
  add("faint", palette.faint);
  add("paper", palette.paper);
  for (int i = 0; i < palette_size; ++i) {
    add("model" + std::to_string(i), palette.models[static_cast<size_t>(i)]);
    add("baseline" + std::to_string(i), palette.baselines[static_cast<size_t>(i)]);
  }
  return text;
}

std::string head(const ReportDocument& document) {
  return "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n" +
         content_policy() +
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
         "<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"generator\" "
         "content=\"sluice " SLUICE_VERSION "\">\n<title>" +
         escape_html(document.title) + "</title>\n<style>\n:root{" +
         color_variables(light_palette) +
         "}\n@media screen and (prefers-color-scheme:dark){:root{" + color_variables(dark_palette) +
         "}}\n" + std::string(assets::page_css) + "</style>\n</head>\n";
}

}  // namespace

std::string render_html(const ReportDocument& document) {
  const std::vector<NamedChart> figures = figures_of(document);
  std::string page = head(document) + "<body>\n" + page_header(document) + "<main>\n";
  page += leaderboard_section(document);
  for (const NamedChart& figure : figures) {
    page += figure_section(figure);
    if (figure.name == "forecast") page += forecast_table(document);
  }
  page += facts_section(document) + recipe_section(document) + "</main>\n" + page_footer(document);
  page += "<script type=\"application/json\" id=\"charts\">" + charts_json(figures) + "</script>\n";
  page += "<script>" + std::string(assets::chart_js) + "</script>\n";
  page += "<script>" + std::string(assets::page_js) + "</script>\n</body>\n</html>\n";
  return page;
}

void write_html(const ReportDocument& document, const std::string& path) {
  write_text_file(path, render_html(document));
}

}  // namespace sluice
