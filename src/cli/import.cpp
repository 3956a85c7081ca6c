#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "src/base/clock.h"
#include "src/base/text.h"
#include "src/cli/chart.h"
#include "src/cli/command.h"
#include "src/cli/connect.h"
#include "src/cli/import_pieces.h"
#include "src/cli/terminal.h"

namespace gnomon::cli {
namespace {

struct ImportOptions {
  Connect connect;
  std::string format;  // "", "text", "openmetrics"
};

Usage import_usage(ImportOptions& options) {
  Usage usage;
  usage.command = "import";
  usage.positional = "FILE";
  usage.description =
      "Writes samples from a file (- for standard input) in Prometheus' text format or in "
      "OpenMetrics. Samples without a timestamp get the current time.";
  usage.positionals_min = usage.positionals_max = 1;
  usage.flags = connect_flags(options.connect);
  usage.flags.push_back(text_flag(
      "format", "FORM", options.format, "Input",
      "text or openmetrics; if not given, a file that ends in \"# EOF\" is OpenMetrics."));
  usage.examples =
      "  gnomon import metrics.txt\n"
      "  curl -s localhost:9100/metrics | gnomon import -\n";
  return usage;
}

// 12.3M of 80M bytes, 15%, 3.1M/s
class Progress {
 public:
  explicit Progress(uint64_t total) : total_(total) {}

  void show(uint64_t bytes) {
    const double seconds = static_cast<double>(base::monotonic_ns() - begin_ns_) / 1e9;
    std::string text = short_number(static_cast<double>(bytes));
    if (total_ > 0) {
      text += " of " + short_number(static_cast<double>(total_)) + " bytes, " +
              std::to_string(bytes * 100 / total_) + "%";
    } else {
      text += " bytes";
    }
    text += ", " + short_number(static_cast<double>(bytes) / std::max(seconds, 1e-3)) + "/s";
    line_.show(text);
  }

 private:
  uint64_t total_;
  ProgressLine line_;
  int64_t begin_ns_ = base::monotonic_ns();
};

// A refusal's text: the API's JSON error, or the body as it is.
std::string refusal(const ApiResponse& response) {
  const auto document = nlohmann::json::parse(response.body, nullptr, false);
  if (document.is_object() && document.contains("error")) return document.value("error", "");
  std::string text = response.body;
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

Result<void> import_stream(std::istream& input, const ImportFormat& format, uint64_t total,
                           ApiClient& client) {
  Progress progress(total);
  size_t refused = 0;
  std::string first_refusal;
  const std::string_view type =
      format.open_metrics ? "application/openmetrics-text; version=1.0.0" : "text/plain";
  TRY_VOID(send_in_pieces(input, format, [&](std::string piece, uint64_t consumed) -> Result<void> {
    TRY(const ApiResponse response,
        client.post("/api/v1/import/prometheus", type, std::move(piece)));
    if (response.status / 100 == 5) return Error{ErrorKind::Unavailable, refusal(response)};
    if (response.status / 100 != 2) {
      if (refused++ == 0) first_refusal = refusal(response);
    }
    progress.show(consumed);
    return {};
  }));
  if (refused == 0) return {};
  return Error{ErrorKind::BadData, "some samples were refused: " + first_refusal};
}

Result<void> import_file(const ImportOptions& options, const std::string& path) {
  ImportFormat format;
  format.open_metrics = options.format == "openmetrics";
  if (path == "-") {
    TRY(const auto client, connect(options.connect));
    return import_stream(std::cin, format, 0, *client);
  }
  std::error_code error;
  const uint64_t size = std::filesystem::file_size(path, error);
  std::ifstream file(path, std::ios::binary);
  if (error || !file) {
    return Error{ErrorKind::NotFound,
                 "cannot read " + path + (error ? ": " + error.message() : "")};
  }
  if (options.format.empty()) format.open_metrics = ends_as_open_metrics(file);
  TRY(const auto client, connect(options.connect));
  return import_stream(file, format, size, *client);
}

}  // namespace

int run_import(std::span<const std::string> arguments) {
  ImportOptions options;
  int exit_status = kExitOk;
  const auto parsed = parse_or_exit(import_usage(options), arguments, exit_status);
  if (!parsed) return exit_status;
  if (!options.format.empty() && options.format != "text" && options.format != "openmetrics") {
    fail({ErrorKind::BadData, "--format must be text or openmetrics"});
    return kExitUsage;
  }
  const Result<void> done = import_file(options, parsed->positionals[0]);
  return done.ok() ? kExitOk : fail(done.error());
}

}  // namespace gnomon::cli
