#include "tests/unit/promql/golden.h"

#include <fstream>

namespace gnomon::promql {

namespace {

std::string unescape(const std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    switch (text[++i]) {
      case 'n':
        out += '\n';
        break;
      case 't':
        out += '\t';
        break;
      case 'x':
        out += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
        i += 2;
        break;
      default:
        out += text[i];
    }
  }
  return out;
}

}  // namespace

std::vector<GoldenCase> read_golden(const std::string& name) {
  std::ifstream file(GNOMON_SOURCE_DIR "/testdata/parse/" + name);
  std::vector<GoldenCase> cases;
  bool all_features = true;
  bool open = false;
  for (std::string line; std::getline(file, line);) {
    const bool escaped = line.rfind("escaped ", 0) == 0;
    if (open && !line.empty()) {
      std::string& answer = cases.back().answer;
      answer += (answer.empty() ? "" : "\n") + line;
    } else if (escaped || line.rfind("expr", 0) == 0) {
      const std::string rest = line.size() < 5 ? "" : line.substr(line.find(' ') + 1);
      cases.push_back({all_features, escaped ? unescape(rest) : rest, ""});
      open = true;
    } else {
      if (line.rfind("features ", 0) == 0) all_features = line == "features all";
      open = false;
    }
  }
  return cases;
}

}  // namespace gnomon::promql
