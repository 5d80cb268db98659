// When translated code has the guest's x87 state in the host's registers.
#pragma once

namespace lxr {

class EngineThread;

namespace baseline {

/// Before C++ code that looks at the guest's x87 state, or uses the unit itself: takes the state out of the host's registers if
/// it is there. To be called in a bracket of Tier::begin_execution, on the thread itself.
void put_away_x87(EngineThread& thread);

}  // namespace baseline
}  // namespace lxr
