#pragma once

#include <span>
#include <string>

namespace gnomon::cli {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;

// The whole program: arguments without the program's name -> exit status.
int run(std::span<const std::string> arguments);

// One command each; arguments without the command's name.
int run_serve(std::span<const std::string> arguments);
int run_query(std::span<const std::string> arguments);
int run_import(std::span<const std::string> arguments);
int run_explain(std::span<const std::string> arguments);
int run_migrate(std::span<const std::string> arguments);
int run_diff(std::span<const std::string> arguments);
int run_functions(std::span<const std::string> arguments);
int run_version(std::span<const std::string> arguments);

}  // namespace gnomon::cli
