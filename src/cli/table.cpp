#include "src/cli/table.h"

#include <algorithm>

namespace gnomon::cli {
namespace {

void append_row(std::string& out, const std::vector<std::string>& row,
                const std::vector<Align>& align, const std::vector<size_t>& widths) {
  std::string line;
  for (size_t i = 0; i < row.size(); ++i) {
    if (i > 0) line += "  ";
    const size_t padding = widths[i] - text_columns(row[i]);
    if (align[i] == Align::Right) line.append(padding, ' ');
    line += row[i];
    if (align[i] == Align::Left) line.append(padding, ' ');
  }
  line.erase(line.find_last_not_of(' ') + 1);
  out.append(line).append("\n");
}

void append_csv_row(std::string& out, const std::vector<std::string>& row) {
  for (size_t i = 0; i < row.size(); ++i) {
    if (i > 0) out.push_back(',');
    if (row[i].find_first_of(",\"\r\n") == std::string::npos) {
      out += row[i];
      continue;
    }
    out.push_back('"');
    for (char c : row[i]) out.append(c == '"' ? 2 : 1, c);
    out.push_back('"');
  }
  out.push_back('\n');
}

}  // namespace

size_t text_columns(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;  // not a UTF-8 continuation byte
  }));
}

std::string render_table(const std::vector<std::string>& header, const std::vector<Align>& align,
                         const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const std::string& title : header) widths.push_back(text_columns(title));
  for (const auto& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], text_columns(row[i]));
  }
  std::string out;
  append_row(out, header, align, widths);
  for (const auto& row : rows) append_row(out, row, align, widths);
  return out;
}

std::string render_csv(const std::vector<std::string>& header,
                       const std::vector<std::vector<std::string>>& rows) {
  std::string out;
  append_csv_row(out, header);
  for (const auto& row : rows) append_csv_row(out, row);
  return out;
}

}  // namespace gnomon::cli
