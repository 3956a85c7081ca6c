#include <cstdio>

#include "src/base/clock.h"
#include "src/cli/chart.h"
#include "src/cli/command.h"
#include "src/cli/stores.h"
#include "src/cli/terminal.h"
#include "src/storage/metrics/metric_store.h"
#include "src/transfer/copy.h"

namespace gnomon::cli {
namespace {

Usage migrate_usage(StorePair& stores) {
  Usage usage;
  usage.command = "migrate";
  usage.description =
      "Copies everything from one store into another, two hours of data after two hours, and "
      "compares count and checksum of every series in both. What is there already is left out: "
      "started again after an interruption, it goes on where it ended. Exit status 1 when "
      "something in the destination differs.";
  usage.flags = store_pair_flags(stores);
  usage.examples =
      "  gnomon migrate --from sqlite:gnomon.db --to postgres://gnomon@db/metrics\n"
      "  gnomon migrate --from sqlite:gnomon.db --to sqlite:recent.db --start -7d\n";
  return usage;
}

std::string number(uint64_t n) { return std::to_string(n); }

// 34%, 12.3M samples, 10.1M new, 2.5M/s
std::string progress_text(const transfer::CopyProgress& progress, double seconds) {
  const auto done = static_cast<double>(progress.done_until_ms - progress.first_ms);
  const auto all = static_cast<double>(progress.last_ms - progress.first_ms);
  const auto samples = static_cast<double>(progress.samples);
  return std::to_string(all > 0 ? static_cast<int>(done / all * 100) : 100) + "%, " +
         short_number(samples) + " samples, " +
         short_number(static_cast<double>(progress.samples_written)) + " new, " +
         short_number(samples / std::max(seconds, 1e-3)) + "/s";
}

void print_report(const transfer::CopyReport& report) {
  print(number(report.series) + " series, " + number(report.samples) + " samples, " +
        number(report.metadata) + " metadata, " + number(report.exemplars) + " exemplars\n" +
        number(report.windows_copied) + " windows copied, " + number(report.windows_skipped) +
        " were there already, " + number(report.samples_written) + " samples written\n");
  for (const std::string& problem : report.problems) {
    std::fprintf(stderr, "gnomon: %s\n", problem.c_str());
  }
  if (report.mismatches > report.problems.size()) {
    std::fprintf(stderr, "gnomon: and %s more\n",
                 number(report.mismatches - report.problems.size()).c_str());
  }
  print(report.mismatches == 0 ? "verified: both sides are the same\n"
                               : number(report.mismatches) + " differences\n");
}

Result<int> migrate(const StorePair& stores) {
  TRY(OpenStores open, open_stores(stores, false));
  transfer::CopyOptions options;
  options.min_time_ms = open.min_time_ms;
  options.max_time_ms = open.max_time_ms;
  const int64_t begin_ns = base::monotonic_ns();
  Result<transfer::CopyReport> report = Error{};
  {
    ProgressLine line;
    options.progress = [&](const transfer::CopyProgress& progress) {
      line.show(
          progress_text(progress, static_cast<double>(base::monotonic_ns() - begin_ns) / 1e9));
    };
    report = transfer::copy(open.from->metrics(), open.to->metrics(), options, {});
  }
  if (!report.ok()) return report.error();
  print_report(*report);
  return report->mismatches == 0 ? kExitOk : kExitFailed;
}

}  // namespace

int run_migrate(std::span<const std::string> arguments) {
  StorePair stores;
  int exit_status = kExitOk;
  if (!parse_or_exit(migrate_usage(stores), arguments, exit_status)) return exit_status;
  const Result<int> done = migrate(stores);
  return done.ok() ? *done : fail(done.error());
}

}  // namespace gnomon::cli
