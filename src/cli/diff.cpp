#include <cstdio>
#include <fstream>
#include <thread>

#include "src/base/text.h"
#include "src/base/worker_pool.h"
#include "src/cli/command.h"
#include "src/cli/stores.h"
#include "src/cli/terminal.h"
#include "src/cli/time_argument.h"
#include "src/engine/engine.h"
#include "src/server/features.h"
#include "src/storage/metrics/metric_store.h"
#include "src/transfer/compare.h"
#include "src/transfer/queries.h"

namespace gnomon::cli {
namespace {

constexpr size_t kMetricsMax = 50;  // of the built-in queries
constexpr size_t kPoints = 250;     // of a range, when no step is given
constexpr size_t kLinesMax = 5;     // of differences, for each query

struct DiffOptions {
  StorePair stores;
  std::string queries;
  int64_t step_ms = 0;
  std::vector<std::string> features;
};

Usage diff_usage(DiffOptions& options) {
  Usage usage;
  usage.command = "diff";
  usage.description =
      "Asks two stores the same queries, each over the range and at its end, and shows where the "
      "answers differ: labels, times, bits of values, histograms, warnings. Exit status 1 when "
      "any does.";
  usage.flags = store_pair_flags(options.stores);
  usage.flags.push_back(duration_flag("step", options.step_ms,
                                      "Time (-30d, Unix seconds, RFC 3339)",
                                      "Step of the range; about 250 points if not given."));
  usage.flags.push_back(text_flag("queries", "FILE", options.queries, "Queries",
                                  "One query a line, # before a comment; if not given, queries "
                                  "about the metrics of --from."));
  usage.flags.push_back({"enable-feature", "LIST", "", "Queries",
                         "Feature flags, separated by commas, as for gnomon serve.",
                         [&options](std::string_view names) -> Result<void> {
                           server::append_features(names, options.features);
                           return {};
                         }});
  usage.examples =
      "  gnomon diff --from sqlite:gnomon.db --to postgres://gnomon@db/metrics\n"
      "  gnomon diff --from sqlite:a.db --to sqlite:b.db --queries queries.txt --start -6h\n";
  return usage;
}

Result<std::vector<std::string>> queries_of(const DiffOptions& options,
                                            storage::MetricStore& store) {
  if (options.queries.empty()) return transfer::queries_about(store.catalog(), kMetricsMax);
  std::ifstream file(options.queries);
  if (!file) return Error{ErrorKind::NotFound, "cannot read " + options.queries};
  return transfer::read_queries(file);
}

// The range asked for, within the times both stores have samples of.
Result<model::TimeGrid> grid_of(const DiffOptions& options, const OpenStores& open) {
  TRY(const auto from, open.from->metrics().catalog().statistics(0, {}));
  TRY(const auto to, open.to->metrics().catalog().statistics(0, {}));
  model::TimeGrid grid;
  grid.start_ms = std::max(open.min_time_ms, std::min(from.min_time_ms, to.min_time_ms));
  grid.end_ms = std::min(open.max_time_ms, std::max(from.max_time_ms, to.max_time_ms));
  if (grid.end_ms < grid.start_ms) grid.end_ms = grid.start_ms;
  grid.step_ms =
      options.step_ms > 0 ? options.step_ms : natural_step_ms(grid.start_ms, grid.end_ms, kPoints);
  const auto limit = static_cast<size_t>(base::kPointsPerSeriesMax);
  if (grid.steps() <= limit) return grid;
  return Error{ErrorKind::BadData, "more than " + std::to_string(limit) +
                                       " steps: choose a longer --step or a shorter range"};
}

class Comparison {
 public:
  Comparison(const OpenStores& open, const engine::EngineOptions& options)
      : from_(open.from->metrics(), workers_, options),
        to_(open.to->metrics(), workers_, options) {}

  // Prints the differences; true when there are any.
  bool differ(const std::string& query, const model::TimeGrid& grid) const {
    engine::QueryRequest range{.text = query, .grid = grid};
    engine::QueryRequest instant{
        .text = query, .grid = model::TimeGrid::instant(grid.end_ms), .instant = true};
    const auto lines = compare(range);
    return show(query, lines.empty() ? compare(instant) : lines);
  }

 private:
  std::vector<std::string> compare(const engine::QueryRequest& request) const {
    return transfer::differences(from_.run(request, {}), to_.run(request, {}), request.text,
                                 kLinesMax);
  }
  static bool show(const std::string& query, const std::vector<std::string>& lines) {
    if (lines.empty()) return false;
    print(query + "\n");
    for (const std::string& line : lines) print("  " + line + "\n");
    return true;
  }

  base::WorkerPool workers_{std::max(1u, std::thread::hardware_concurrency())};
  engine::Engine from_, to_;
};

Result<int> diff(const DiffOptions& options) {
  TRY(const OpenStores open, open_stores(options.stores, true));
  TRY(const auto queries, queries_of(options, open.from->metrics()));
  TRY(const model::TimeGrid grid, grid_of(options, open));
  engine::EngineOptions engine_options;
  engine_options.features = server::choose_features(options.features).promql;
  const Comparison comparison(open, engine_options);
  size_t different = 0;
  {
    ProgressLine line;
    for (size_t i = 0; i < queries.size(); ++i) {
      line.show(std::to_string(i) + " of " + std::to_string(queries.size()) + " queries");
      different += comparison.differ(queries[i], grid);
    }
  }
  print(std::to_string(queries.size()) + " queries, " +
        (different == 0 ? "all the same" : std::to_string(different) + " differ") + "\n");
  return different == 0 ? kExitOk : kExitFailed;
}

}  // namespace

int run_diff(std::span<const std::string> arguments) {
  DiffOptions options;
  int exit_status = kExitOk;
  if (!parse_or_exit(diff_usage(options), arguments, exit_status)) return exit_status;
  const Result<int> done = diff(options);
  return done.ok() ? *done : fail(done.error());
}

}  // namespace gnomon::cli
