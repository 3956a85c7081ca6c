#include <algorithm>

#include "src/base/text.h"
#include "tests/differential/query.h"

namespace gnomon::differential {

using functions::Function;

namespace {

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

std::string QueryMaker::metric(Want want) {
  std::vector<const Metric*> fitting;
  for (const Metric& metric : data_.metrics) {
    const bool native =
        metric.kind == Kind::Native || metric.kind == Kind::Custom || metric.kind == Kind::Mixed;
    const bool fits =
        want == Want::Any ||
        (want == Want::Native && native && (metric.kind != Kind::Mixed || random_.chance(20))) ||
        (want == Want::Buckets && metric.kind == Kind::Buckets) || (want == Want::Float && !native);
    if (fits) fitting.push_back(&metric);
  }
  if (fitting.empty() || random_.chance(1)) return "nothing";
  return random_.pick(fitting)->name;
}

std::string QueryMaker::matchers(bool named) {
  static const std::string kMatchers[] = {
      "job=\"api\"",      "job!=\"db\"",        "job=~\"api|web\"", "job=~\".*b\"",
      "instance=\"0\"",   "instance=~\"[01]\"", "instance!=\"1\"",  "zone=\"\"",
      "zone=\"eu\"",      "zone!=\"us\"",       "job!~\"a.*\"",     "zone!~\".+\"",
      "version=~\"2.*\"", "nolabel=\"\"",       "le=\"+Inf\"",      "\"odd.label\"=\"\"",
  };
  if (named && random_.chance(55)) return "";
  std::string text = random_.pick(kMatchers);
  while (random_.chance(25)) text += ", " + random_.pick(kMatchers);
  return text;
}

std::string QueryMaker::selector(Want want) {
  const std::string name = metric(want);
  const std::string more = matchers(true);
  std::string text;
  if (want == Want::Any && random_.chance(4)) {
    // Several metrics at once.
    static const std::string kNames[] = {"__name__=~\".+_total\"", "__name__=~\"native.*|custom\"",
                                         "__name__!=\"up\"", "__name__=~\"m.*|l.*\""};
    text = "{" + random_.pick(kNames) + ", job=\"api\"" + (more.empty() ? "" : ", " + more) + "}";
  } else if (name.find('.') != name.npos) {
    text = "{" + base::quote(name) + (more.empty() ? "" : ", " + more) + "}";
  } else {
    text = name + (more.empty() ? "" : "{" + more + "}");
  }
  if (!options_.prometheus35 && random_.chance(3)) text += " smoothed";
  return text + modifiers();
}

// Durations of a millisecond to a day, in all their spellings.
std::string QueryMaker::literal(int64_t ms) {
  if (ms % 1000 == 0 && random_.chance(15)) return std::to_string(ms / 1000);
  return base::format_duration(ms);
}

std::string QueryMaker::duration(int64_t min_s, int64_t max_s) {
  int64_t ms = random_.between(min_s, max_s) * 1000;
  if (random_.chance(70)) ms = std::max<int64_t>(ms / 60'000, 1) * 60'000;
  if (random_.chance(3)) ms += random_.between(1, 999);
  const std::string text = literal(ms);
  if (options_.prometheus35 || random_.chance(90)) return text;
  static const std::string kFrames[] = {
      "1m + #",     "2 * #",       "# + step()", "max_of(#, 90s)", "min_of(#, 1h)",
      "# / 2 + 1s", "# % 7m + 1m", "-(-(#))",    "2 ^ 3 + #",      "# + range() / 2"};
  std::string frame = random_.pick(kFrames);
  return frame.replace(frame.find('#'), 1, text);
}

std::string QueryMaker::modifiers() {
  std::string text;
  if (random_.chance(12)) {
    const std::string length = duration(1, 3'600);
    text += std::string(" offset ") + (random_.chance(20) ? "-" : "") +
            (std::isdigit(static_cast<unsigned char>(length[0])) && length.find(' ') == length.npos
                 ? length
                 : "(" + length + ")");
  }
  if (random_.chance(8)) {
    const int64_t at = random_.between(data_.start_ms / 1000, data_.end_ms / 1000);
    static const std::string kEnds[] = {"start()", "end()"};
    text += " @ " + (random_.chance(50) ? random_.pick(kEnds) : std::to_string(at));
  }
  return text;
}

std::string QueryMaker::matrix(Want want, bool extended_border, bool extended_smooth) {
  std::string text = selector(want);
  // Modifiers go behind the range.
  for (const char* word : {" offset ", " @ ", " smoothed"}) {
    if (const size_t at = text.find(word); at != text.npos) text.resize(at);
  }
  static constexpr int64_t kLengths[] = {30, 60, 300, 300, 900, 3'600, 3 * 3'600};
  const int64_t length = random_.pick(kLengths);
  text += "[" + duration(length / 2, length) + "]";
  if (!options_.prometheus35 && extended_border && random_.chance(12))
    text += " anchored";
  else if (!options_.prometheus35 && extended_smooth && random_.chance(12))
    text += " smoothed";
  return text + modifiers();
}

std::string QueryMaker::range(int depth, Want want, const Function& function) {
  if (depth > 0 && subqueries_ < 2 && random_.chance(25)) {
    ++subqueries_;
    std::string inner = vector(depth - 1, want);
    static constexpr int64_t kLengths[] = {60, 300, 600, 1'800, 3'600};
    const int64_t length = random_.pick(kLengths);
    const std::string step =
        random_.chance(25) ? "" : duration(std::max<int64_t>(length / 30, 5), length / 4);
    return "(" + inner + ")[" + duration(length / 2, length) + ":" + step + "]" + modifiers();
  }
  const bool border = is_one_of(function.name, {"changes", "delta", "increase", "rate", "resets"});
  const bool smooth = is_one_of(function.name, {"delta", "increase", "rate"});
  return matrix(want, border, smooth);
}

std::string QueryMaker::number() {
  static const std::string kNumbers[] = {"0",   "1",    "2",   "-1",   "0.5", "10", "3.7",  "100",
                                         "1e3", "-0.1", "Inf", "-Inf", "NaN", "5m", "0x1f", "1e-9"};
  return kNumbers[random_.chance(75) ? random_.below(8) : random_.below(std::size(kNumbers))];
}

std::string QueryMaker::quantile() {
  static const std::string kQuantiles[] = {"0.5", "0.9", "0.99", "0.1", "0",
                                           "1",   "-1",  "1.5",  "NaN", "0.25"};
  return kQuantiles[random_.chance(75) ? random_.below(4) : random_.below(std::size(kQuantiles))];
}

}  // namespace gnomon::differential
