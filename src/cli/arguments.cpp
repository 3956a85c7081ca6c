#include "src/cli/arguments.h"

#include <algorithm>
#include <charconv>
#include <numeric>

#include "src/base/text.h"

namespace gnomon::cli {
namespace {

Error usage_error(std::string message) { return {ErrorKind::BadData, std::move(message)}; }

Error unknown_option(const Usage& usage, std::string_view name) {
  std::string message = "unknown option \"--" + std::string(name) + "\"";
  const Flag* nearest = nullptr;
  size_t distance = 1 + name.size() / 3;
  for (const Flag& flag : usage.flags) {
    // "--timeout" means "--query.timeout".
    const size_t dot = flag.name.rfind('.');
    const std::string_view last = dot == flag.name.npos ? flag.name : flag.name.substr(dot + 1);
    const size_t here = last == name ? 0 : edit_distance(flag.name, name);
    if (here <= distance) {
      distance = here;
      nearest = &flag;
    }
  }
  if (nearest != nullptr) message += "; did you mean \"--" + std::string(nearest->name) + "\"?";
  return usage_error(std::move(message));
}

const Flag* find_flag(const Usage& usage, std::string_view name) {
  for (const Flag& flag : usage.flags) {
    if (flag.name == name) return &flag;
  }
  return nullptr;
}

// Applies arguments[i] (without its dashes) and returns how many arguments it took.
Result<size_t> apply_option(const Usage& usage, std::span<const std::string> arguments, size_t i) {
  const std::string_view option = std::string_view(arguments[i]).substr(2);
  const size_t equals = option.find('=');
  const std::string_view name = option.substr(0, equals);
  const Flag* flag = find_flag(usage, name);
  if (flag == nullptr) return unknown_option(usage, name);
  const bool is_switch = flag->placeholder.empty();
  size_t taken = 1;
  std::string_view value;
  if (equals != option.npos) {
    if (is_switch) return usage_error("option --" + std::string(name) + " takes no value");
    value = option.substr(equals + 1);
  } else if (!is_switch) {
    if (i + 1 == arguments.size()) {
      return usage_error("option --" + std::string(name) + " needs a value (" +
                         std::string(flag->placeholder) + ")");
    }
    value = arguments[i + 1];
    taken = 2;
  }
  const Result<void> set = flag->set(value);
  if (!set.ok()) {
    return usage_error("bad value for --" + std::string(name) + ": " + set.error().message);
  }
  return taken;
}

// Words of `text`, filled into lines; every line but the first begins with `indent` spaces.
void append_filled(std::string& out, std::string_view text, size_t indent, size_t columns) {
  size_t column = indent;
  bool first = true;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (!first && column + 1 + word.size() > columns) {
      out.append("\n").append(indent, ' ');
      column = indent;
      first = true;
    }
    if (!first) {
      out.push_back(' ');
      ++column;
    }
    out.append(word);
    column += word.size();
    first = false;
  }
  out.push_back('\n');
}

std::string left_side(const Flag& flag) {
  std::string text = "  --" + std::string(flag.name);
  if (!flag.placeholder.empty()) text.append(" ").append(flag.placeholder);
  return text;
}

void append_flag(std::string& out, const Flag& flag, size_t columns) {
  constexpr size_t kHelpColumn = 34;
  const std::string left = left_side(flag);
  out += left;
  if (left.size() + 2 > kHelpColumn) {
    out.append("\n").append(kHelpColumn, ' ');
  } else {
    out.append(kHelpColumn - left.size(), ' ');
  }
  std::string help(flag.help);
  if (!flag.fallback.empty()) help += " (default: " + flag.fallback + ")";
  append_filled(out, help, kHelpColumn, columns);
}

}  // namespace

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substituted = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row[b.size()];
}

Flag text_flag(std::string_view name, std::string_view placeholder, std::string& target,
               std::string_view group, std::string_view help) {
  const auto set = [&target](std::string_view value) -> Result<void> {
    target = value;
    return {};
  };
  return {name, placeholder, target, group, help, set};
}

Flag duration_flag(std::string_view name, int64_t& target_ms, std::string_view group,
                   std::string_view help) {
  const auto set = [&target_ms](std::string_view value) -> Result<void> {
    TRY(target_ms, value == "0" ? Result<int64_t>(0) : base::parse_duration(value));
    return {};
  };
  const std::string fallback = target_ms == 0 ? "" : base::format_duration(target_ms);
  return {name, "DURATION", fallback, group, help, set};
}

Flag count_flag(std::string_view name, uint64_t& target, std::string_view group,
                std::string_view help) {
  const auto set = [&target](std::string_view value) -> Result<void> {
    uint64_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc() || end != value.data() + value.size()) {
      return usage_error("not a whole number: " + base::quote(value));
    }
    target = number;
    return {};
  };
  return {name, "N", std::to_string(target), group, help, set};
}

Flag switch_flag(std::string_view name, bool& target, std::string_view group,
                 std::string_view help) {
  const auto set = [&target](std::string_view) -> Result<void> {
    target = true;
    return {};
  };
  return {name, "", "", group, help, set};
}

Result<Parsed> parse_arguments(const Usage& usage, std::span<const std::string> arguments) {
  Parsed parsed;
  bool options = true;
  for (size_t i = 0; i < arguments.size();) {
    const std::string& argument = arguments[i];
    if (options && (argument == "--help" || argument == "-h")) {
      parsed.help = true;
      return parsed;
    }
    if (options && argument == "--") {
      options = false;
      ++i;
    } else if (options && argument.starts_with("--")) {
      TRY(const size_t taken, apply_option(usage, arguments, i));
      i += taken;
    } else {
      parsed.positionals.push_back(argument);
      ++i;
    }
  }
  if (parsed.positionals.size() < usage.positionals_min) {
    return usage_error("missing argument: " + std::string(usage.positional));
  }
  if (parsed.positionals.size() > usage.positionals_max) {
    return usage_error("unexpected argument " +
                       base::quote(parsed.positionals[usage.positionals_max]));
  }
  return parsed;
}

std::string help_page(const Usage& usage, size_t columns) {
  std::string out = "Usage: gnomon " + std::string(usage.command);
  if (!usage.flags.empty()) out += " [options]";
  if (!usage.positional.empty()) out.append(" ").append(usage.positional);
  out += "\n\n";
  append_filled(out, usage.description, 0, columns);
  std::string_view group;
  for (const Flag& flag : usage.flags) {
    if (flag.group != group) out.append("\n").append(flag.group).append(":\n");
    group = flag.group;
    append_flag(out, flag, columns);
  }
  if (!usage.examples.empty()) out.append("\nExamples:\n").append(usage.examples);
  return out;
}

}  // namespace gnomon::cli
