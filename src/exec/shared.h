#pragma once

#include <memory>

#include "src/exec/operator.h"

namespace gnomon::exec {

// A node with several consumers: evaluated once, when the first consumer asks, and kept until the
// last has read it. Every consumer gets a reader of its own.
class SharedInput;
std::shared_ptr<SharedInput> make_shared_input(Context& context, OperatorPtr input);
OperatorPtr make_reader(Context& context, std::shared_ptr<SharedInput> input);

}  // namespace gnomon::exec
