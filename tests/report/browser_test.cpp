// The page in a real browser: it loads, draws, asks for nothing and logs nothing.
#include <sys/wait.h>

#include <cstdlib>

#include "gtest/gtest.h"
#include "sample_document.h"
#include "sluice/report/html.h"
#include "tests/io/temporary_folder.h"

namespace sluice {
namespace {

/// The path of a Chromium, or "" where there is none. SLUICE_BROWSER names another.
std::string find_browser() {
  if (const char* chosen = std::getenv("SLUICE_BROWSER")) return chosen;
  for (const char* name : {"chromium", "chromium-browser", "google-chrome"})
    if (std::system(("command -v " + std::string(name) + " > /dev/null 2>&1").c_str()) == 0)
      return name;
  return "";
}

struct Visit {
  int exit_code = -1;
  std::string dom, messages;
};

Visit visit(const std::string& browser, const TemporaryFolder& folder,
            const ReportDocument& document, const std::string& options) {
  const std::string page = folder.file("page.html");
  write_html(document, page);
  const std::string command = "timeout 120 '" + browser +
                              "' --headless --no-sandbox --disable-gpu --enable-logging=stderr " +
                              "--user-data-dir='" + folder.file("profile") + "' " + options +
                              " --dump-dom 'file://" + page + "#check' > '" + folder.file("dom") +
                              "' 2> '" + folder.file("messages") + "'";
  const int status = std::system(command.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_bytes(folder.file("dom")),
          read_bytes(folder.file("messages"))};
}

void expect_clean(const Visit& result, const std::string& charts) {
  EXPECT_EQ(result.exit_code, 0);
  const std::string root = result.dom.substr(0, result.dom.find("<head>"));
  EXPECT_NE(root.find("data-charts=\"" + charts + "\""), std::string::npos) << root;
  EXPECT_NE(root.find("data-errors=\"0\""), std::string::npos) << root;
  EXPECT_NE(root.find("data-requests=\"0\""), std::string::npos) << root;
  EXPECT_EQ(result.messages.find("CONSOLE"), std::string::npos) << result.messages;
}

class Browser : public ::testing::Test {
 protected:
  void SetUp() override {
    browser_ = find_browser();
    if (browser_.empty()) GTEST_SKIP() << "no Chromium (SLUICE_BROWSER names one)";
  }
  std::string browser_;
  TemporaryFolder folder_;
};

TEST_F(Browser, DrawsEveryChartWithoutAnError) {
  expect_clean(visit(browser_, folder_, sample_document(), "--window-size=1200,900"), "4");
}

TEST_F(Browser, DrawsOnAPhoneInTheDark) {
  expect_clean(visit(browser_, folder_, sample_document(),
                     "--window-size=390,800 --blink-settings=preferredColorScheme=0"),
               "4");
}

TEST_F(Browser, AChartWithoutItsValuesCountsAsEmpty) {
  ReportDocument document = sample_document();
  document.loss = {{"seed 1", {0.5}, {}}};  // one point is too little ink
  expect_clean(visit(browser_, folder_, document, "--window-size=1200,900"), "3");
}

TEST_F(Browser, RunsNoScriptOfTheDataAndDrawsAHundredThousandPoints) {
  const std::string evil =
      "</script><script>document.documentElement.dataset.evil = 1</script>"
      "<img src=x onerror=\"document.documentElement.dataset.evil = 1\">";
  ReportDocument document = sample_document();
  document.title = document.recipe = document.series.name = document.loss_name = evil;
  document.series.predicted[0].name = evil;
  document.leaderboard.rows[0].model = evil;
  document.series.marks[1].label = evil;
  document.series.times.clear();
  document.series.actual.clear();
  for (int i = 0; i < 100000; ++i) {
    document.series.times.push_back(int64_t{i} * 3600);
    document.series.actual.push_back(std::sin(i * 0.1) + i * 1e-5);
  }
  const Visit result = visit(browser_, folder_, document, "--window-size=1200,900");
  expect_clean(result, "4");
  EXPECT_EQ(result.dom.find("data-evil"), std::string::npos);
}

}  // namespace
}  // namespace sluice
