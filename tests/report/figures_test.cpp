#include "sluice/report/figures.h"

#include <csignal>
#include <cstdlib>

#include "gtest/gtest.h"
#include "sample_document.h"
#include "sluice/io/atomic_file.h"
#include "tests/io/expect_error.h"
#include "tests/io/file_size_limit.h"
#include "tests/io/temporary_folder.h"

namespace sluice {
namespace {

#define NEEDS_GNUPLOT()                                       \
  if (std::system("gnuplot --version > /dev/null 2>&1") != 0) \
  GTEST_SKIP() << "gnuplot is not installed (apt-get install gnuplot-nox)"

struct Size {
  int width, height;
};

Size png_size(const std::string& bytes) {
  const auto number = [&](size_t at) {
    int value = 0;
    for (size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
    return value;
  };
  return bytes.starts_with("\x89PNG") ? Size{number(16), number(20)} : Size{0, 0};
}

Chart sine_chart() {
  Chart chart;
  chart.title = "Sine to cosine";
  chart.lines = {{"训练集", {}}, {"预测", {}}};
  for (int i = 0; i < 50; ++i) {
    chart.lines[0].y.push_back(std::sin(i * 0.2));
    chart.lines[1].y.push_back(std::cos(i * 0.2));
  }
  return chart;
}

TEST(Figures, OneForEachPartThatIsThere) {
  std::vector<std::string> names;
  for (const NamedChart& figure : figures_of(sample_document())) names.push_back(figure.name);
  EXPECT_EQ(names, (std::vector<std::string>{"series", "forecast", "horizon", "loss"}));
  EXPECT_TRUE(figures_of({}).empty());
}

TEST(Figures, OneForEachMetricOfTraining) {
  ReportDocument document;
  document.metrics = {{"rmse", {{"seed 0", {3, 2, 1}, {4, 3, 2}, 1}}}};
  const std::vector<NamedChart> figures = figures_of(document);
  ASSERT_EQ(figures.size(), 1u);
  EXPECT_EQ(figures[0].name, "training_rmse");
  EXPECT_EQ(figures[0].chart.y_label, "rmse");
  ASSERT_EQ(figures[0].chart.lines.size(), 2u);
  EXPECT_EQ(figures[0].chart.lines[1].y, (std::vector<double>{4, 3, 2}));
}

TEST(Figures, AModelHasOneColourEverywhere) {
  for (const NamedChart& figure : figures_of(sample_document()))
    for (const Line& line : figure.chart.lines)
      if (line.name == "seasonal_ratio") {
        EXPECT_EQ(line.color, 0) << figure.name;
      }
}

TEST(Figures, TheForecastContinuesTheDates) {
  const Chart chart = figures_of(sample_document())[1].chart;
  EXPECT_EQ(chart.lines[0].x.back(), static_cast<double>(month_start(143)));
  EXPECT_EQ(chart.lines[1].x.front(), static_cast<double>(month_start(144)));
  EXPECT_EQ(chart.point_names.back().label, "1961-12");
}

TEST(Figures, RowsWithoutDatesAreCounted) {
  ReportDocument document = sample_document();
  document.series.times.clear();
  document.forecast.times.clear();
  const std::vector<NamedChart> figures = figures_of(document);
  EXPECT_FALSE(figures[0].chart.time_axis);
  EXPECT_EQ(figures[0].chart.lines[0].x.front(), 1);
  EXPECT_EQ(figures[1].chart.lines[1].x.front(), 145);
}

TEST(Figures, AForecastWithoutADateCountsTheRowsBeforeItToo) {
  ReportDocument document = sample_document();
  document.forecast.times.clear();
  const std::vector<NamedChart> figures = figures_of(document);
  EXPECT_TRUE(figures[0].chart.time_axis);
  EXPECT_FALSE(figures[1].chart.time_axis);
  EXPECT_EQ(figures[1].chart.lines[0].x.back(), 144);
  EXPECT_EQ(figures[1].chart.lines[1].x.front(), 145);
}

TEST(Figures, ArePngAndSvgFiles) {
  NEEDS_GNUPLOT();
  const TemporaryFolder folder;
  const std::vector<std::string> paths = write_figures(sample_document(), folder.file("figures"));
  ASSERT_EQ(paths.size(), 8U);
  for (const std::string& path : paths) {
    const std::string bytes = read_bytes(path);
    if (path.ends_with(".png")) {
      EXPECT_EQ(png_size(bytes).width, 2000) << path;
      EXPECT_EQ(png_size(bytes).height, 960) << path;
    } else {
      EXPECT_NE(bytes.find("</svg>"), std::string::npos) << path;
      const bool is_loss = path.find("loss") != std::string::npos;
      EXPECT_NE(bytes.find(is_loss ? "validation" : "lstm"), std::string::npos) << path;
    }
  }
  EXPECT_EQ(folder.count(), 1);
}

TEST(WriteChart, ChineseLegendIsInTheSvg) {
  NEEDS_GNUPLOT();
  const TemporaryFolder folder;
  write_chart(sine_chart(), folder.file("sine.svg"));
  const std::string svg = read_bytes(folder.file("sine.svg"));
  for (const char* text : {"训练集", "预测", "Sine to cosine"})
    EXPECT_NE(svg.find(text), std::string::npos) << text;
}

TEST(WriteChart, TextsAreNeverCommands) {
  NEEDS_GNUPLOT();
  const TemporaryFolder folder;
  const std::string touched = folder.file("touched");
  const std::string touch = "touch " + touched;
  for (const std::string& evil :
       {"'; system('" + touch + "'); '", "`" + touch + "`", "\n! " + touch + "\n",
        "'\nsystem \"" + touch + "\"\n#", "$(" + touch + ")", "END_OF_DATA\n! " + touch,
        std::string("%s %n %% @x \\"), std::string("\xff\xfe")}) {
    Chart chart = sine_chart();
    chart.title = chart.x_label = chart.y_label = chart.caption = chart.lines[0].name = evil;
    chart.lines[1].legend = evil + "2";
    chart.marks = {{3, evil}};
    chart.ticks = {{0, evil}, {20, evil}};
    chart.bands = {{evil, {0, 1}, {0, 0}, {1, 1}}};
    write_chart(chart, folder.file("evil.svg"));
    EXPECT_FALSE(std::filesystem::exists(touched)) << evil;
  }
}

TEST(WriteChart, NamesOfFilesAreNeverCommands) {
  NEEDS_GNUPLOT();
  const TemporaryFolder folder;
  const std::string path = folder.file("'; system('touch x') #|`a` $(b).svg");
  write_chart(sine_chart(), path);
  EXPECT_GT(read_bytes(path).size(), 1000U);
  EXPECT_EQ(folder.count(), 1);
}

TEST(WriteChart, OddDataIsDrawn) {
  NEEDS_GNUPLOT();
  const TemporaryFolder folder;
  const std::string path = folder.file("odd.png");
  for (const std::vector<double>& y : {std::vector<double>{1},
                                       {5, 5, 5},
                                       {1, NAN, 2},
                                       {INFINITY, 1, -INFINITY, 2},
                                       {1e300, -1e300},
                                       {1e-300, 2e-300},
                                       {0}}) {
    Chart chart;
    chart.lines = {{"y", y}};
    chart.logarithmic = true;
    write_chart(chart, path);
    EXPECT_EQ(png_size(read_bytes(path)).width, 2000);
  }
}

TEST(WriteChart, SaysWhatIsWrong) {
  const TemporaryFolder folder;
  const auto id = [&](const Chart& chart, const char* name) {
    return error_of([&] { write_chart(chart, folder.file(name)); }).id;
  };
  Chart empty;
  empty.lines = {{"y", {NAN, INFINITY}}};
  Chart uneven;
  uneven.lines = {{"y", {1, 2}, {1}}};
  EXPECT_EQ(id(sine_chart(), "figure.jpg"), "report.figure_type");
  EXPECT_EQ(id(empty, "figure.png"), "report.empty_chart");
  EXPECT_EQ(id({}, "figure.png"), "report.empty_chart");
  EXPECT_EQ(id(uneven, "figure.png"), "report.chart");
  EXPECT_EQ(folder.count(), 0);
}

TEST(WriteChart, WithoutGnuplotTheHintSaysHowToInstallIt) {
  const TemporaryFolder folder;
  const std::string before = std::getenv("PATH");
  ::setenv("PATH", folder.string().c_str(), 1);
  const Error error = error_of([&] { write_chart(sine_chart(), folder.file("figure.png")); });
  ::setenv("PATH", before.c_str(), 1);
  EXPECT_EQ(error.id, "report.gnuplot");
  EXPECT_EQ(error.code, ExitCode::config);
  EXPECT_NE(error.hint.find("apt-get install gnuplot-nox"), std::string::npos);
  EXPECT_EQ(folder.count(), 0);
}

TEST(WriteChart, FullDiskLeavesTheOldFigure) {
  NEEDS_GNUPLOT();
  const TemporaryFolder folder;
  const std::string path = folder.file("figure.png");
  write_text_file(path, "old");
  for (const rlim_t bytes : {100, 20000}) {  // too small for the script, and for the picture
    for (const auto handler : {SIG_DFL, SIG_IGN}) {
      std::signal(SIGXFSZ, handler);
      const FileSizeLimit limit(bytes);
      const Error error = error_of([&] { write_chart(sine_chart(), path); });
      EXPECT_EQ(error.id, "io.write") << error.what();
    }
  }
  std::signal(SIGXFSZ, SIG_DFL);
  EXPECT_EQ(read_bytes(path), "old");
  EXPECT_EQ(folder.count(), 1);
}

TEST(WriteChart, UnwritablePlaceIsNamed) {
  NEEDS_GNUPLOT();
  const TemporaryFolder folder;
  const std::string path = folder.file("missing/figure.svg");
  const Error error = error_of([&] { write_chart(sine_chart(), path); });
  EXPECT_EQ(error.id, "io.write");
  EXPECT_EQ(error.where, path);
}

}  // namespace
}  // namespace sluice
