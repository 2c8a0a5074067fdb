#include "sluice/report/html.h"

#include <algorithm>
#include <chrono>
#include <regex>

#include "gtest/gtest.h"
#include "sample_document.h"

namespace sluice {
namespace {

std::string without_scripts(const std::string& page) {
  std::string rest = page;
  for (size_t begin = rest.find("<script"); begin != std::string::npos;
       begin = rest.find("<script"))
    rest.erase(begin, rest.find("</script>", begin) + 9 - begin);
  return rest;
}

/// The first tag that is closed without being open, or left open; "" if all match.
std::string first_unbalanced_tag(const std::string& html) {
  const std::regex tag("<(/?)([a-z][a-z0-9]*)[^>]*>");
  std::vector<std::string> open;
  for (auto it = std::sregex_iterator(html.begin(), html.end(), tag); it != std::sregex_iterator();
       ++it) {
    const std::string name = (*it)[2];
    if (name == "meta") continue;
    if ((*it)[1].length() == 0) {
      open.push_back(name);
    } else {
      if (open.empty() || open.back() != name) return "</" + name + ">";
      open.pop_back();
    }
  }
  return open.empty() ? "" : "<" + open.back() + ">";
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(Html, SaysWhatTheDocumentSays) {
  const std::string page = render_html(sample_document());
  for (const char* part :
       {"<title>airline-passengers.csv</title>", "lstm wins: RMSE", "客运量", "seasonal_ratio",
        "fit_on=all", "lookback 12, horizon 12", "hidden_size: 32", "1961-01", "80 % interval",
        "id=\"series\"", "id=\"forecast\"", "id=\"horizon\"", "id=\"loss\""})
    EXPECT_TRUE(contains(page, part)) << part;
}

TEST(Html, TagsMatch) {
  EXPECT_EQ(first_unbalanced_tag(without_scripts(render_html(sample_document()))), "");
  EXPECT_EQ(first_unbalanced_tag(without_scripts(render_html({}))), "");
}

TEST(Html, AsksNothingOfTheNetwork) {
  const std::string page = without_scripts(render_html(sample_document()));
  for (const char* part : {"http:", "https:", "src=", "href=", "url(", "@import", "<link"})
    EXPECT_FALSE(contains(page, part)) << part;
  EXPECT_TRUE(contains(page, "default-src 'none'"));
}

TEST(Html, TextsCannotBecomeMarkup) {
  const std::string evil = "</script></title><img src=x onerror=alert(1)>\"'&";
  ReportDocument document = sample_document();
  document.title = document.subtitle = document.created = document.recipe = evil;
  document.facts = {{evil, evil}};
  document.notes = document.warnings = {evil};
  document.loss_name = document.series.name = document.horizon.metric = evil;
  for (ModelValues& model : document.series.predicted) model.name += evil;
  for (SplitMark& mark : document.series.marks) mark.label = evil;
  for (LossCurve& curve : document.loss) curve.name = evil;
  document.forecast.models[0].name = document.forecast.interval = evil;
  document.forecast.labels.assign(12, evil);
  document.leaderboard.rows[0].model = document.leaderboard.sentence = evil;
  document.leaderboard.metrics[0].name = evil;
  const std::string page = render_html(document);
  EXPECT_FALSE(contains(page, "<img"));
  EXPECT_EQ(first_unbalanced_tag(without_scripts(page)), "");
  size_t ends = 0;
  for (size_t at = page.find("</script>"); at != std::string::npos;
       at = page.find("</script>", at + 1))
    ++ends;
  EXPECT_EQ(ends, 3U) << "the JSON, Chart.js and our script";
}

TEST(Html, EmptyPartsAreLeftOut) {
  ReportDocument document;
  document.title = "nothing";
  const std::string page = without_scripts(render_html(document));
  EXPECT_FALSE(contains(page, "<section"));
  EXPECT_FALSE(contains(page, "<canvas"));
}

TEST(Html, LongSeriesStaySmallAndQuick) {
  ReportDocument document = sample_document();
  document.series = sample_series(1200);
  std::vector<int64_t>& times = document.series.times;
  times.clear();
  document.series.actual.clear();
  for (int i = 0; i < 100000; ++i) {
    times.push_back(int64_t{i} * 3600);
    document.series.actual.push_back(std::sin(i * 0.1));
  }
  const auto start = std::chrono::steady_clock::now();
  const std::string page = render_html(document);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  EXPECT_LT(seconds.count(), 3);
  EXPECT_LT(page.size(), 2'000'000U);
  EXPECT_TRUE(contains(page, "Of 100,000 points"));
}

}  // namespace
}  // namespace sluice
