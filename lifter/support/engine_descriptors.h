// Descriptors that lxr keeps open while the guest runs (log file, code memory, …). The guest must neither see nor close them,
// and may use their numbers: they lie high up and give way. Called by whoever opens one, and by syscall/descriptors.cpp.
#pragma once

#include <functional>
#include <mutex>

namespace lxr {

/// Owns one descriptor of lxr's. Its number can change whenever the guest wants that number for itself: ask `get` each time.
class EngineDescriptor {
public:
    /// Takes `fd` over and moves it out of the guest's way, close-on-exec. A negative `fd` gives an empty one. If there
    /// is no room for the move (RLIMIT_NOFILE), it stays where it is.
    explicit EngineDescriptor(int fd);
    ~EngineDescriptor();
    EngineDescriptor(const EngineDescriptor&) = delete;
    EngineDescriptor& operator=(const EngineDescriptor&) = delete;

    /// The number; negative if empty, or if the guest has taken the last one that there was. Async-signal-safe.
    [[nodiscard]] int get() const;

    /// Calls `use` with the number, which is not the guest's before that returns: it must not wait. For threads of lxr's own;
    /// one of the guest's has its number as long as it lets none of the guest's other threads take it.
    template <typename Use>
    auto with(const Use& use) const {
        const std::scoped_lock lock(moves_);
        return use(get());
    }
    /// In a child of fork: nobody is in `with`.
    static void unlock_in_child();

private:
    friend void vacate_descriptor(int fd);

    static std::mutex moves_;
    int slot_ = -1;
};

/// True if the number is one of lxr's own, so that for the guest it is not open. Async-signal-safe.
bool is_engine_descriptor(int fd);

/// True if lxr has any.
bool any_engine_descriptor();

/// Moves the engine's descriptor away if it has this number, so that the guest can use it. If there is no room, it is lost.
void vacate_descriptor(int fd);

/// Calls `visit` with the number of each, in no order.
void for_each_engine_descriptor(const std::function<void(int fd)>& visit);

}  // namespace lxr
