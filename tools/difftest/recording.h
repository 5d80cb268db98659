// Vectors: batches with what the processor made of them, in a file, so that tiers can be checked where the processor is not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <fstream>
#include <span>
#include <string>
#include <vector>

#include "tools/difftest/machine_state.h"

namespace lxr::difftest {

/// Writes batches. The file begins with a magic word, the version of the format, and the sizes of its structures,
/// little-endian.
class Recorder {
public:
    /// An empty path records nothing.
    explicit Recorder(const std::string& path);

    /// True unless the file could not be opened or written.
    [[nodiscard]] bool good() const { return !recording_ || file_.good(); }
    /// Appends the batch, whose native outcomes are there.
    void write(const std::string& form, std::span<const std::byte> code, const Batch& batch);
    void flush() { file_.flush(); }

private:
    bool recording_;
    std::ofstream file_;
};

/// Reads them back.
class Recording {
public:
    /// Errors: a sentence.
    static std::expected<Recording, std::string> open(const std::string& path);

    /// The next batch with its native outcomes. @return false at the end of the file.
    /// Errors: a sentence, if the file is cut or holds what cannot be.
    std::expected<bool, std::string> read(std::string& form, std::vector<std::byte>& code, Batch& batch);

private:
    std::ifstream file_;
    std::string path_;
};

}  // namespace lxr::difftest
