#pragma once

#include <functional>

namespace gnomon::postgres {

// Runs `call`, which may block for as long as a network lets it, on a thread of its own that is
// waited for by no other. False, and nothing is run, where base::kPostgresDetachedCallsMax run
// already or there is no thread to be had. `call` owns what it uses. Any thread.
bool call_detached(std::function<void()> call);

}  // namespace gnomon::postgres
