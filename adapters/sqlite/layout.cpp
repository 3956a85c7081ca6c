#include "adapters/sqlite/layout.h"

#include <algorithm>
#include <string>
#include <utility>

#include "adapters/sql/chunk_table.h"

namespace gnomon::sqlite {
namespace {

Result<std::vector<int64_t>> load_windows(Connection& connection, const sql::ChunkTable& table) {
  TRY(Query query, connection.prepare("SELECT key FROM " + std::string(table.name) +
                                      " WHERE key >= ?1 ORDER BY key LIMIT 1"));
  std::vector<int64_t> windows;
  int64_t from = INT64_MIN;
  while (true) {
    query.bind(1, from);
    TRY(const bool row, query.step());
    if (!row) return windows;
    windows.push_back(sql::window_of_key(query.integer(0)));
    query.reset();
    from = sql::chunk_key(windows.back() + 1, 0);
  }
}

}  // namespace

Result<Layout> load_layout(Connection& connection) {
  Layout layout;
  TRY(layout.windows, load_windows(connection, sql::kWindowChunks));
  TRY(layout.days, load_windows(connection, sql::kDayChunks));
  return layout;
}

LayoutPtr LayoutHolder::get() const {
  const std::lock_guard hold(mutex_);
  return layout_;
}

void LayoutHolder::set(Layout layout) {
  auto next = std::make_shared<Layout>(std::move(layout));
  const std::lock_guard hold(mutex_);
  older_.push_back(layout_);
  layout_ = std::move(next);
}

bool LayoutHolder::older_ones_gone() {
  const std::lock_guard hold(mutex_);
  std::erase_if(older_, [](const auto& layout) { return layout.expired(); });
  return older_.empty();
}

void insert_sorted(std::vector<int64_t>& numbers, int64_t number) {
  const auto at = std::lower_bound(numbers.begin(), numbers.end(), number);
  if (at == numbers.end() || *at != number) numbers.insert(at, number);
}

}  // namespace gnomon::sqlite
