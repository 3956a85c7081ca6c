#include "src/transfer/copy.h"

#include <algorithm>
#include <bit>
#include <ctime>
#include <map>
#include <unordered_set>
#include <utility>

#include "src/base/limits.h"
#include "src/storage/metrics/each_series.h"
#include "src/storage/window.h"
#include "src/transfer/batch_writer.h"
#include "src/transfer/digest.h"

namespace gnomon::transfer {
namespace {

using storage::MetricStore;

struct Range {
  int64_t min_ms = 0, max_ms = 0;
};

struct SeriesDigest {
  model::Labels labels;
  Digest digest;
};
using Digests = std::vector<SeriesDigest>;  // by labels, none of them empty

// All series.
storage::Fragment samples_of(Range range) { return {{}, range.min_ms, range.max_ms, {}}; }

Result<Digests> digests(MetricStore& store, Range range, const std::stop_token& stop) {
  Digests found;
  TRY_VOID(
      storage::each_series(store, samples_of(range), stop,
                           [&](const model::Labels& labels, const auto& block) -> Result<void> {
                             found.push_back({labels, digest(block)});
                             return {};
                           }));
  return found;
}

// Walks through digests in step with series that come in the same order.
class Finder {
 public:
  explicit Finder(const Digests& all) : next_(all.begin()), end_(all.end()) {}
  Digest find(const model::Labels& labels) {
    while (next_ != end_ && next_->labels < labels) ++next_;
    return next_ != end_ && next_->labels == labels ? next_->digest : Digest{};
  }

 private:
  Digests::const_iterator next_, end_;
};

std::string time_text(int64_t time_ms) {
  const auto seconds = static_cast<time_t>(storage::window_of(time_ms, 1000));
  tm parts{};
  char text[64];
  if (gmtime_r(&seconds, &parts) == nullptr) return std::to_string(time_ms) + " ms";
  return std::string(text, strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts));
}

bool same(const model::Exemplar& a, const model::Exemplar& b) {
  return a.time_ms == b.time_ms && a.labels == b.labels &&
         std::bit_cast<uint64_t>(a.value) == std::bit_cast<uint64_t>(b.value);
}

class Copier {
 public:
  Copier(MetricStore& from, MetricStore& to, const CopyOptions& options, std::stop_token stop)
      : from_(from), to_(to), options_(options), stop_(std::move(stop)), writer_(to) {}

  Result<CopyReport> run() {
    TRY_VOID(copy_metadata());
    TRY_VOID(copy_samples());
    TRY_VOID(copy_exemplars());
    report_.series = seen_.size();
    const model::Refusals& refused = writer_.refused();
    for (const model::Refusal& refusal : refused.named()) {
      problem("the destination has another value for " + refusal.what);
    }
    report_.mismatches += refused.total() - refused.named().size();
    return std::move(report_);
  }

 private:
  void problem(std::string text) {
    ++report_.mismatches;
    if (report_.problems.size() < base::kRefusalsNamedMax) {
      report_.problems.push_back(std::move(text));
    }
  }

  Result<void> copy_samples() {
    TRY(const storage::Statistics statistics, from_.catalog().statistics(0, {}));
    if (statistics.series == 0) return {};
    const int64_t first_ms = std::max(statistics.min_time_ms, options_.min_time_ms);
    const int64_t last_ms = std::min(statistics.max_time_ms, options_.max_time_ms);
    if (first_ms > last_ms) return {};
    if (first_ms < storage::kStoreTimeMin || last_ms > storage::kStoreTimeMax) {
      return Error{ErrorKind::BadData,
                   "the source has samples at times that no other store can "
                   "hold; leave them out with --start and --end"};
    }
    const int64_t last = storage::window_of(last_ms);
    for (int64_t window = storage::window_of(first_ms); window <= last;) {
      const Range range{std::max(window * storage::kWindowMs, first_ms),
                        std::min((window + 1) * storage::kWindowMs - 1, last_ms)};
      TRY(const bool any, copy_window(range));
      options_.progress(
          {range.max_ms, first_ms, last_ms, report_.samples, report_.samples_written});
      ++window;
      if (!any) {
        TRY(window, skip_gap(window, last));
      }
    }
    return {};
  }

  // The first window from this one on that may have samples; last + 1 when none has. Asks about
  // longer and longer stretches of time, and about shorter ones once there is something.
  Result<int64_t> skip_gap(int64_t window, int64_t last) {
    int64_t windows = 1;
    while (window <= last) {
      const int64_t end = std::min(last, window + windows - 1);
      const storage::CatalogQuery query{
          {}, window * storage::kWindowMs, (end + 1) * storage::kWindowMs - 1};
      TRY(const auto series, from_.catalog().series(query, {}));
      if (!series.empty() && windows == 1) return window;
      if (series.empty()) window = end + 1;
      windows = series.empty() ? std::min(windows * 2, base::kTransferGapWindowsMax) : windows / 2;
    }
    return window;
  }

  // False when the source has nothing there.
  Result<bool> copy_window(Range range) {
    TRY(Digests there, digests(to_, range, stop_));
    const uint64_t written_before = report_.samples_written;
    TRY(const Digests here, copy_differing(range, there));
    if (here.empty()) return false;
    if (report_.samples_written == written_before) {
      ++report_.windows_skipped;
      return true;
    }
    ++report_.windows_copied;
    TRY(there, digests(to_, range, stop_));
    verify(range, here, there);
    return true;
  }

  // Writes the series whose samples are not the same there; returns what they should be.
  Result<Digests> copy_differing(Range range, const Digests& there) {
    Digests here;
    Finder finder(there);
    TRY_VOID(
        storage::each_series(from_, samples_of(range), stop_,
                             [&](const model::Labels& labels, const auto& block) -> Result<void> {
                               here.push_back({labels, digest(block)});
                               seen_.insert(model::hash128(labels.view()).low);
                               report_.samples += block.size();
                               if (finder.find(labels) == here.back().digest) return {};
                               report_.samples_written += block.size();
                               return writer_.add(labels, block);
                             }));
    TRY_VOID(writer_.flush());
    return here;
  }

  void verify(Range range, const Digests& here, const Digests& there) {
    Finder finder(there);
    for (const SeriesDigest& series : here) {
      const Digest found = finder.find(series.labels);
      if (found == series.digest) continue;
      problem(model::to_metric_string(series.labels.view()) + " from " + time_text(range.min_ms) +
              " to " + time_text(range.max_ms) + ": " + std::to_string(series.digest.samples) +
              " samples in the source, " + std::to_string(found.samples) + " in the destination" +
              (found.samples == series.digest.samples ? ", which differ" : ""));
    }
  }

  Result<void> copy_metadata() {
    TRY(const auto here, from_.catalog().metadata("", {}));
    TRY(auto missing, missing_metadata(here));
    for (const model::MetadataEntry& entry : missing) TRY_VOID(writer_.add(entry));
    TRY_VOID(writer_.flush());
    TRY(missing, missing_metadata(here));
    for (const model::MetadataEntry& entry : missing) {
      problem("the metadata of " + entry.metric + " differs");
    }
    report_.metadata = here.size();
    return {};
  }

  // What the destination does not know, or knows otherwise.
  using Metadata = std::vector<model::MetadataEntry>;
  Result<Metadata> missing_metadata(const Metadata& wanted) const {
    TRY(const auto there, to_.catalog().metadata("", {}));
    std::map<std::string_view, const model::Metadata*> known;
    for (const model::MetadataEntry& entry : there) known[entry.metric] = &entry.metadata;
    Metadata missing;
    for (const model::MetadataEntry& entry : wanted) {
      const auto found = known.find(entry.metric);
      if (found == known.end() || *found->second != entry.metadata) missing.push_back(entry);
    }
    return missing;
  }

  using ExemplarsBySeries = std::map<model::Labels, std::vector<model::Exemplar>>;
  Result<ExemplarsBySeries> exemplars(MetricStore& store) const {
    const storage::CatalogQuery query{{}, options_.min_time_ms, options_.max_time_ms};
    TRY(auto found, store.catalog().exemplars(query, {}));
    ExemplarsBySeries by_series;
    for (auto& one : found) by_series[one.labels] = std::move(one.exemplars);
    return by_series;
  }

  // Those of `here` that are not in `there`, by series.
  static ExemplarsBySeries missing(const ExemplarsBySeries& here, const ExemplarsBySeries& there) {
    ExemplarsBySeries missing;
    for (const auto& [labels, wanted] : here) {
      const auto found = there.find(labels);
      for (const model::Exemplar& exemplar : wanted) {
        const auto is_it = [&](const model::Exemplar& other) { return same(exemplar, other); };
        const bool has =
            found != there.end() && std::any_of(found->second.begin(), found->second.end(), is_it);
        if (!has) missing[labels].push_back(exemplar);
      }
    }
    return missing;
  }

  Result<void> copy_exemplars() {
    TRY(const auto here, exemplars(from_));
    TRY(auto there, exemplars(to_));
    for (const auto& [labels, wanted] : missing(here, there)) {
      TRY_VOID(writer_.add(labels, wanted));
    }
    TRY_VOID(writer_.flush());
    TRY(there, exemplars(to_));
    for (const auto& [labels, wanted] : missing(here, there)) {
      problem(std::to_string(wanted.size()) + " exemplars of " +
              model::to_metric_string(labels.view()) + " are not in the destination");
    }
    for (const auto& [labels, all] : here) report_.exemplars += all.size();
    return {};
  }

  MetricStore& from_;
  MetricStore& to_;
  const CopyOptions& options_;
  std::stop_token stop_;
  BatchWriter writer_;
  CopyReport report_;
  std::unordered_set<uint64_t> seen_;  // hashes of series
};

}  // namespace

Result<CopyReport> copy(MetricStore& from, MetricStore& to, const CopyOptions& options,
                        std::stop_token stop) {
  return Copier(from, to, options, std::move(stop)).run();
}

}  // namespace gnomon::transfer
