// 128-bit atomics, which C++ offers only through a library call.
#pragma once

namespace lxr::host {

/// Sequentially consistent compare and exchange of 16 aligned bytes. @return the old value.
unsigned __int128 compare_exchange_128(unsigned __int128* address, unsigned __int128 expected, unsigned __int128 desired);

}  // namespace lxr::host
