// sluice report: one HTML page, and figures, from a model file.
#include "sluice/report/html.h"

#include <memory>

#include "console.h"
#include "csv_text.h"
#include "document.h"
#include "sluice/report/figures.h"
#include "verbs.h"

namespace sluice::cli {
namespace {

struct ReportWords {
  std::string model, out = "report.html", figures;
};

void report(const ReportWords& arguments, const Shared& shared) {
  if (shared.json && arguments.out == "-")
    fail_config("usage.stdout", "--out", "--json and --out - both want stdout", "name a file");
  Console console(shared.json);
  if (arguments.out == "-") console.yield_stdout();
  check_output(arguments.out);
  const ReportDocument document = document_of(load_stored(arguments.model));
  std::vector<std::string> figures;
  if (!arguments.figures.empty()) figures = write_figures(document, arguments.figures);
  if (arguments.out == "-") {
    write_output("-", render_html(document));
  } else {
    write_html(document, arguments.out);
    console.say("written   " + arguments.out + "\n");
  }
  for (const std::string& figure : figures) console.say("written   " + figure + "\n");
  console.result({{"command", "report"},
                  {"model_file", arguments.model},
                  {"out", arguments.out},
                  {"figures", figures},
                  {"sentence", document.leaderboard.sentence}});
}

}  // namespace

void add_report(CLI::App& app, Shared& shared) {
  CLI::App* verb = app.add_subcommand("report", "A self-contained HTML page, and figures");
  auto arguments = std::make_shared<ReportWords>();
  verb->add_option("model", arguments->model, "Model file of `sluice fit`")->required();
  verb->add_option("--out", arguments->out, "HTML file to write (- is stdout)");
  verb->add_option("--figures", arguments->figures, "Folder for the figures as PNG and SVG");
  verb->callback([arguments, &shared] { report(*arguments, shared); });
}

}  // namespace sluice::cli
