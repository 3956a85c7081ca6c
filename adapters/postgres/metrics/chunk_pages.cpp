#include "adapters/postgres/metrics/chunk_pages.h"

#include <memory>
#include <utility>

#include "adapters/postgres/metrics/tables.h"
#include "src/storage/bytes.h"

namespace gnomon::postgres {
namespace {

constexpr uint8_t kVersion = 1;
constexpr size_t kFlushBytes = 8u << 20;

Error damaged(const blocks::PageId& id) {
  return {ErrorKind::Internal, "postgres: the page of series " + std::to_string(id.first) +
                                   " in window " + std::to_string(id.window) + " of " +
                                   std::string(id.table->name) + " is damaged"};
}

Result<void> decode(const blocks::PageId& id, std::string_view data, blocks::ChunkPage& page) {
  const size_t members_size = id.table->page_series / 8;
  storage::ByteReader reader(data);
  if (reader.byte() != kVersion) return damaged(id);
  const std::string_view members = reader.take(members_size);
  if (!reader.ok()) return damaged(id);
  std::vector<std::pair<uint32_t, uint64_t>> sizes;
  uint64_t sum = 0;
  for (uint32_t i = 0; i < id.table->page_series; ++i) {
    if ((static_cast<uint8_t>(members[i / 8]) >> (i % 8) & 1) == 0) continue;
    sizes.emplace_back(i, reader.varint());
    sum += sizes.back().second;
  }
  if (!reader.ok() || sum != reader.left()) return damaged(id);
  for (const auto& [i, size] : sizes) {
    if (!page.append(id.first + i, reader.take(size))) return damaged(id);
  }
  return {};
}

}  // namespace

Result<std::vector<blocks::ChunkPagePtr>> read_pages(Connection& connection,
                                                     const std::string& schema,
                                                     std::span<const blocks::PageId> ids) {
  std::vector<blocks::ChunkPagePtr> pages;
  // One statement per window; neighbours in `ids` need not be of the same one, and a page may be
  // asked for twice.
  using PagesByNumber = std::map<uint32_t, std::shared_ptr<blocks::ChunkPage>>;
  std::map<std::pair<const blocks::ChunkTable*, int64_t>, PagesByNumber> windows;
  for (const blocks::PageId& id : ids) {
    auto& page = windows[{id.table, id.window}][id.first / id.table->page_series];
    if (page == nullptr) page = std::make_shared<blocks::ChunkPage>(id.first);
    pages.push_back(page);
  }
  std::vector<std::string> statements;
  for (const auto& [window, by_number] : windows) {
    std::vector<uint32_t> numbers;
    for (const auto& [number, page] : by_number) numbers.push_back(number);
    statements.push_back(read_pages(schema, *window.first, window.second, numbers));
  }
  TRY(const std::vector<Rows> all, connection.pipeline(statements));
  auto rows = all.begin();
  for (const auto& [window, by_number] : windows) {
    for (int r = 0; r < rows->count(); ++r) {
      const auto found = by_number.find(static_cast<uint32_t>(rows->integer(r, 0)));
      if (found == by_number.end()) continue;
      const blocks::PageId id{window.first, window.second, found->second->first()};
      TRY_VOID(decode(id, rows->bytes(r, 1), *found->second));
    }
    ++rows;
  }
  return pages;
}

Result<std::vector<bool>> read_members(Connection& connection, const std::string& schema,
                                       const blocks::ChunkTable& table, int64_t window) {
  TRY(const Rows rows,
      connection.query("SELECT page, members FROM " +
                           part_name(schema, table, part_of(table, window)) + " WHERE win = $1",
                       {Value::integer(window)}));
  std::vector<bool> set;
  for (int r = 0; r < rows.count(); ++r) {
    const size_t first = static_cast<size_t>(rows.integer(r, 0)) * table.page_series;
    const std::string_view members = rows.bytes(r, 1);
    if (set.size() < first + members.size() * 8) set.resize(first + members.size() * 8, false);
    for (size_t i = 0; i < members.size() * 8; ++i) {
      if ((static_cast<uint8_t>(members[i / 8]) >> (i % 8) & 1) != 0) set[first + i] = true;
    }
  }
  return set;
}

PageWriter::PageWriter(Connection& connection, const std::string& schema,
                       const blocks::ChunkTable& table, int64_t window)
    : connection_(connection),
      part_(part_name(schema, table, part_of(table, window))),
      table_(table),
      window_(window) {}

Result<void> PageWriter::add(uint32_t series, std::string_view chunks) {
  const uint32_t first = blocks::first_of_page(table_, series);
  if (!members_.empty() && first != first_) {
    close_page();
    if (rows_.size() > kFlushBytes) TRY_VOID(flush());
  }
  if (members_.empty()) {
    first_ = first;
    members_.assign(table_.page_series / 8, '\0');
  }
  if (chunks.empty()) return {};
  const uint32_t i = series - first_;
  members_[i / 8] = static_cast<char>(members_[i / 8] | 1 << i % 8);
  storage::put_varint(sizes_, chunks.size());
  data_ += chunks;
  ++chunks_;
  return {};
}

void PageWriter::close_page() {
  pages_.push_back(first_ / table_.page_series);
  if (!data_.empty()) {
    std::string head(1, static_cast<char>(kVersion));
    head += members_ + sizes_;
    rows_.row(4).big(window_).small(static_cast<int32_t>(pages_.back()));
    const std::string_view parts[] = {head, data_};
    rows_.bytes(members_).bytes(parts);
  }
  members_.clear();
  sizes_.clear();
  data_.clear();
}

Result<void> PageWriter::flush() {
  if (replace_) {
    std::string list;
    for (uint32_t page : pages_) list += (list.empty() ? "" : ",") + std::to_string(page);
    TRY(const Rows gone,
        connection_.run("DELETE FROM " + part_ + " WHERE win = " + std::to_string(window_) +
                        " AND page = ANY ('{" + list + "}')"));
  }
  TRY_VOID(connection_.copy(
      "COPY " + part_ + "(win, page, members, data) FROM STDIN (FORMAT binary)", rows_));
  rows_ = CopyData();
  pages_.clear();
  return {};
}

Result<void> PageWriter::finish() {
  if (!members_.empty()) close_page();
  return pages_.empty() ? Result<void>() : flush();
}

}  // namespace gnomon::postgres
