#include "adapters/clickhouse/selection.h"

#include <algorithm>

#include "adapters/clickhouse/rollups.h"
#include "src/storage/reduction.h"
#include "src/storage/window.h"

namespace gnomon::clickhouse {
namespace {

constexpr double kBatchSamples = 4'000'000;  // aimed at
constexpr int64_t kWideMs = 300'000;
constexpr int64_t kScrapeMs = 15'000;  // a guess
constexpr size_t kBatchSeriesMin = 64;

// The multiples of a unit around a time; the time itself where no sample can be.
int64_t floor_to(int64_t time_ms, int64_t unit_ms) {
  if (time_ms < storage::kStoreTimeMin || time_ms > storage::kStoreTimeMax) return time_ms;
  return storage::window_of(time_ms, unit_ms) * unit_ms;
}
int64_t ceil_to(int64_t time_ms, int64_t unit_ms) {
  if (time_ms < storage::kStoreTimeMin || time_ms > storage::kStoreTimeMax) return time_ms;
  return floor_to(time_ms, unit_ms) + unit_ms - 1;
}

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
    TRY_VOID(read(at_ - batch_begin_, block));
    ++at_;
    return true;
  }

 private:
  Result<void> read(size_t place, model::SampleBlock& block) {
    const auto& [matchers, min_ms, max_ms, reduction] = selection_.plan_.fragment;
    if (const auto* rollup = std::get_if<storage::Rollup>(&reduction)) {
      if (batch_->read_points(place, rollup->grid, block)) return {};
      TRY_VOID(selection_.read_exactly(at_, block, stop_));
      roll_up(*rollup, block);
      return {};
    }
    if (!batch_->read(place, min_ms, max_ms, block)) {
      TRY_VOID(selection_.read_exactly(at_, block, stop_));
    }
    TRY_VOID(batch_->read_histograms(place, min_ms, max_ms, block));
    storage::reduce(reduction, block);
    return {};
  }

  const ClickHouseSelection& selection_;
  size_t at_;
  const size_t end_;
  const std::stop_token stop_;
  BatchPtr batch_;
  size_t batch_begin_ = 0;
  size_t batch_end_ = 0;
};

ClickHouseSelection::ClickHouseSelection(HttpClient& client, BatchCache& cache, Plan plan)
    : client_(client), cache_(cache), plan_(std::move(plan)), fetched_(plan_.fragment) {
  choose_fetch();
}

void ClickHouseSelection::choose_fetch() {
  const storage::Fragment& fragment = plan_.fragment;
  const size_t series = plan_.series->ids.size();
  const double span_ms = std::max(
      static_cast<double>(fragment.max_time_ms) - static_cast<double>(fragment.min_time_ms),
      static_cast<double>(kScrapeMs));
  const double samples_per_series = span_ms / kScrapeMs;
  const double fit = kBatchSamples / samples_per_series;
  batch_series_ = fit >= static_cast<double>(series)
                      ? series
                      : std::max(static_cast<size_t>(fit), kBatchSeriesMin);
  kept_for_others_ = series > 0 && !rolled_up() &&
                     static_cast<double>(series) * samples_per_series <= kKeptSamples;
  if (!kept_for_others_) return;
  const auto unit_ms = static_cast<int64_t>(span_ms / 8);
  const bool few = static_cast<double>(series) * kWideMs / kScrapeMs <= kKeptSamples / 2;
  const int64_t wide_ms = few ? std::max(unit_ms, kWideMs) : unit_ms;
  fetched_.reduction = std::monostate();
  fetched_.min_time_ms = floor_to(fragment.min_time_ms, wide_ms);
  fetched_.max_time_ms = ceil_to(fragment.max_time_ms, wide_ms);
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
  if (parts_.empty() && kept_for_others_) {
    const storage::Fragment& wanted = plan_.fragment;
    kept_[0] = cache_.find(plan_.series, plan_.version, wanted.min_time_ms, wanted.max_time_ms);
    if (kept_[0] != nullptr) parts_.push_back({0, plan_.series->ids.size(), kept_[0]});
  }
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
    TRY(BatchPtr batch, Batch::fetch(client_, ids, fetched_, plan_.starts,
                                     whole_metric() && ids.size() == plan_.series->ids.size(),
                                     plan_.histograms, stop));
    if (batch != nullptr || known) {
      if (batch == nullptr) {
        return Error{ErrorKind::Execution, "the samples of the selection grew while it was read"};
      }
      kept_[1] = std::exchange(kept_[0], batch);
      part.batch = batch;
      if (!known) parts_.push_back(part);
      if (kept_for_others_ && ids.size() == plan_.series->ids.size()) {
        cache_.store(plan_.series, plan_.version, fetched_.min_time_ms, fetched_.max_time_ms,
                     batch);
      }
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
  const Request request{
      .sql = select_exact(client_.options(), to_decimal(plan_.series->ids[series]),
                          fragment.min_time_ms, fragment.max_time_ms),
      .reads_only = true};
  std::vector<ColumnKind> columns = {ColumnKind::Bytes8, ColumnKind::Bytes8, ColumnKind::Bytes8};
  NativeReader reader(columns, [&](const NativeBlock& rows) {
    add_column(rows, 0, block.times);
    add_column(rows, 1, block.values);
    add_column(rows, 2, block.starts);
    return Result<void>();
  });
  TRY_VOID(client_.run(
      request, [&](std::string_view piece) { return reader.feed(piece); }, std::move(stop)));
  TRY_VOID(reader.finish());
  const auto none = [](int64_t start) { return start == 0; };
  if (std::all_of(block.starts.begin(), block.starts.end(), none)) block.starts.clear();
  return {};
}

std::string ClickHouseSelection::describe() const {
  const SampleQuery query{whole_metric() ? size_t{8} : size_t{4}, plan_.starts, whole_metric()};
  std::string out = select_samples(client_.options(), fetched_, query);
  if (plan_.histograms) out += "\n" + select_histograms(client_.options(), fetched_, query);
  return out;
}

}  // namespace gnomon::clickhouse
