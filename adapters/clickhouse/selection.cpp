#include "adapters/clickhouse/selection.h"

#include <algorithm>

#include "src/storage/reduction.h"

namespace gnomon::clickhouse {
namespace {

constexpr size_t kBatchSamples = 4u << 20;  // aimed at
constexpr int64_t kScrapeMs = 15'000;       // a guess
constexpr size_t kBatchSeriesMin = 64;

}  // namespace

class ClickHouseCursor : public storage::SeriesCursor {
 public:
  ClickHouseCursor(const ClickHouseSelection& selection, size_t begin, size_t end,
                   std::stop_token stop)
      : selection_(selection), at_(begin), end_(end), stop_(std::move(stop)) {}

  Result<bool> next(model::SampleBlock& block) override {
    if (at_ == end_) return false;
    if (stop_.stop_requested()) return Error{ErrorKind::Canceled, "the query was canceled"};
    if (at_ < batch_begin_ || at_ >= batch_end_) {
      TRY(const auto found, selection_.batch_of(at_, stop_));
      batch_ = found.batch;
      batch_begin_ = found.begin;
      batch_end_ = found.end;
    }
    const size_t place = at_ - batch_begin_;
    const auto& reduction = selection_.plan_.fragment.reduction;
    if (const auto* rollup = std::get_if<storage::Rollup>(&reduction)) {
      batch_->read_points(place, rollup->grid, block);
    } else {
      if (!batch_->read(place, block)) TRY_VOID(selection_.read_exactly(at_, block, stop_));
      TRY_VOID(batch_->read_histograms(place, block));
      storage::reduce(reduction, block);
    }
    ++at_;
    return true;
  }

 private:
  const ClickHouseSelection& selection_;
  size_t at_;
  const size_t end_;
  const std::stop_token stop_;
  BatchPtr batch_;
  size_t batch_begin_ = 0;
  size_t batch_end_ = 0;
};

ClickHouseSelection::ClickHouseSelection(HttpClient& client, Plan plan)
    : client_(client), plan_(std::move(plan)), batch_series_(series_per_batch()) {}

size_t ClickHouseSelection::series_per_batch() const {
  const storage::Fragment& fragment = plan_.fragment;
  const double span_ms = static_cast<double>(fragment.max_time_ms) -
                         static_cast<double>(fragment.min_time_ms) + kScrapeMs;
  const double wanted = static_cast<double>(kBatchSamples) * kScrapeMs / std::max(span_ms, 1.0);
  if (wanted >= static_cast<double>(plan_.series->ids.size())) return plan_.series->ids.size();
  return std::max(static_cast<size_t>(wanted), kBatchSeriesMin);
}

bool ClickHouseSelection::rolled_up() const {
  return std::holds_alternative<storage::Rollup>(plan_.fragment.reduction);
}

Result<std::unique_ptr<storage::SeriesCursor>> ClickHouseSelection::open(
    size_t begin, size_t end, std::stop_token stop) const {
  return std::unique_ptr<storage::SeriesCursor>(
      std::make_unique<ClickHouseCursor>(*this, begin, end, std::move(stop)));
}

Result<ClickHouseSelection::Found> ClickHouseSelection::batch_of(size_t series,
                                                                 std::stop_token stop) const {
  const std::lock_guard hold(mutex_);
  while (parts_.empty() || parts_.back().end <= series) {
    const size_t begin = parts_.empty() ? 0 : parts_.back().end;
    Part part{begin, std::min(begin + batch_series_, plan_.series->ids.size()), {}};
    TRY(const BatchPtr batch, fetch(part, stop));
    if (part.end > series) return Found{batch, part.begin, part.end};
  }
  const auto at =
      std::upper_bound(parts_.begin(), parts_.end(), series,
                       [](size_t wanted, const Part& part) { return wanted < part.end; });
  if (auto batch = at->batch.lock()) return Found{std::move(batch), at->begin, at->end};
  TRY(const BatchPtr batch, fetch(*at, stop));
  return Found{batch, at->begin, at->end};
}

// Adds the part to parts_ when it is a new one, perhaps with fewer series.
Result<BatchPtr> ClickHouseSelection::fetch(Part& part, std::stop_token stop) const {
  const bool known = !parts_.empty() && part.begin < parts_.back().end;
  while (true) {
    const auto ids = std::span(plan_.series->ids).subspan(part.begin, part.end - part.begin);
    TRY(BatchPtr batch, Batch::fetch(client_, ids, plan_.fragment, plan_.starts,
                                     whole_metric() && ids.size() == plan_.series->ids.size(),
                                     plan_.histograms, stop));
    if (batch != nullptr || known) {
      if (batch == nullptr) {
        return Error{ErrorKind::Execution, "the samples of the selection grew while it was read"};
      }
      kept_[1] = std::exchange(kept_[0], batch);
      part.batch = batch;
      if (!known) parts_.push_back(part);
      return batch;
    }
    batch_series_ = std::max<size_t>(1, (part.end - part.begin) / 4);
    part.end = part.begin + batch_series_;
  }
}

// Every series of one metric is wanted: a range of ids says so.
bool ClickHouseSelection::whole_metric() const {
  const model::Matchers& matchers = plan_.fragment.matchers;
  return matchers.size() == 1 && metric_of(matchers) != nullptr;
}

Result<void> ClickHouseSelection::read_exactly(size_t series, model::SampleBlock& block,
                                               std::stop_token stop) const {
  const storage::Fragment& fragment = plan_.fragment;
  block.clear();
  const Request request{.sql =
                            select_exact(client_.options(), to_decimal(plan_.series->ids[series]),
                                         fragment.min_time_ms, fragment.max_time_ms)};
  std::vector<ColumnKind> columns = {ColumnKind::Bytes8, ColumnKind::Bytes8, ColumnKind::Bytes8};
  NativeReader reader(columns, [&](const NativeBlock& rows) {
    add_column(rows, 0, block.times);
    add_column(rows, 1, block.values);
    add_column(rows, 2, block.starts);
    return Result<void>();
  });
  TRY_VOID(client_.run(
      request, [&](std::string_view piece) { return reader.feed(piece); }, std::move(stop)));
  return reader.finish();
}

std::string ClickHouseSelection::describe() const {
  const SampleQuery query{4, plan_.starts, whole_metric()};
  std::string out = select_samples(client_.options(), plan_.fragment, query);
  if (plan_.histograms) out += "\n" + select_histograms(client_.options(), plan_.fragment, query);
  return out;
}

}  // namespace gnomon::clickhouse
