#include "src/cli/import_pieces.h"

#include <algorithm>
#include <string_view>

namespace gnomon::cli {
namespace {

// "# TYPE up gauge" -> "up"; empty when the line describes no family.
std::string_view described_family(std::string_view line) {
  for (const std::string_view keyword : {"# TYPE ", "# HELP ", "# UNIT "}) {
    if (!line.starts_with(keyword)) continue;
    line.remove_prefix(keyword.size());
    return line.substr(0, line.find(' '));
  }
  return {};
}

}  // namespace

Result<void> send_in_pieces(
    std::istream& input, const ImportFormat& format,
    const std::function<Result<void>(std::string piece, uint64_t consumed)>& send) {
  std::string piece, line, family, description;
  uint64_t consumed = 0;
  bool samples = false;  // the piece has more than descriptions
  while (std::getline(input, line)) {
    consumed += line.size() + 1;
    if (format.open_metrics && line == "# EOF") break;
    const std::string_view described = described_family(line);
    if (!described.empty()) {
      if (described != family) description.clear();
      family = described;
      description.append(line).append("\n");
    }
    piece.append(line).append("\n");
    samples |= !line.empty() && line[0] != '#';
    if (piece.size() >= format.piece_bytes && samples) {
      if (format.open_metrics) piece += "# EOF\n";
      TRY_VOID(send(std::move(piece), consumed));
      piece = description;
      samples = false;
    }
  }
  if (input.bad()) return Error{ErrorKind::Internal, "cannot read the input"};
  if (!samples && piece == description && consumed > piece.size()) return {};
  if (piece.empty()) return {};
  if (format.open_metrics) piece += "# EOF\n";
  return send(std::move(piece), consumed);
}

bool ends_as_open_metrics(std::istream& file) {
  constexpr std::string_view kEnd = "# EOF";
  std::string tail;
  file.seekg(0, std::ios::end);
  const auto size = static_cast<std::streamoff>(file.tellg());
  const std::streamoff length = std::min<std::streamoff>(size, kEnd.size() + 2);
  file.seekg(size - length);
  tail.resize(static_cast<size_t>(length));
  file.read(tail.data(), length);
  file.clear();
  file.seekg(0);
  while (tail.ends_with('\n') || tail.ends_with('\r')) tail.pop_back();
  return tail.ends_with(kEnd);
}

}  // namespace gnomon::cli
