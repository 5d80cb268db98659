// The quick way from bytes to Encoding: a table that generate_encoding_table.cpp fills by asking Zydis, and a walk over the
// bytes. What the table does not know (LOCK, odd prefixes, EVEX, rare operands) is left to Zydis.
#pragma once

#include <cstdint>
#include <cstring>
#include <expected>
#include <span>

#include "lifter/encoding.h"

namespace lxr {

/// The quick way. @return false where Zydis is to be asked; `encoding` is then of no use. Thread-safe.
/// @param encoding  new. It is filled where it lies: a copy would wait for the stores of its many small fields.
bool decode_encoding_by_table(std::span<const std::byte> bytes, GuestAddress address, Encoding& encoding);
/// The long way, by Zydis. Thread-safe.
std::expected<Encoding, DecodeError> decode_encoding_by_zydis(std::span<const std::byte> bytes, GuestAddress address);

/// The opcode maps: legacy encodings' one-byte, 0F, 0F 38 and 0F 3A, then VEX's 1 to 3.
inline constexpr unsigned legacy_maps = 4;
inline constexpr unsigned opcode_maps = legacy_maps + 3;

/// Of what a row depends on besides map and opcode.
struct EncodingVariant {
    unsigned prefix = 0;  // mandatory, as VEX.pp: 0 none, 1 66, 2 F3, 3 F2
    bool w = false;       // REX.W, VEX.W
    bool l = false;       // VEX.L
    bool mod3 = false;    // ModRM names a register
    unsigned reg = 0;     // ModRM.reg without its extension
};

/// How a field is used that holds a general-purpose register.
struct FieldUse {
    bool is_gpr : 1 = false;
    bool is_byte : 1 = false;  // numbers 4 to 7 are AH … BH without REX
    bool is_read : 1 = false;
    bool is_written : 1 = false;
    bool operator==(const FieldUse&) const = default;
};

/// What all encodings of one opcode and variant have in common.
struct EncodingRow {
    bool is_known = false;  // else Zydis is asked
    Mnemonic mnemonic = Mnemonic::unknown;
    std::uint16_t implicitly_read = 0;
    std::uint16_t implicitly_written = 0;
    FieldUse reg, rm, opcode_reg, vvvv;
    std::uint8_t operand_bits = 0;
    std::uint8_t immediate_bytes = 0;
    OperandKind first_operand = OperandKind::none;
    bool first_operand_is_64_bits = false;
    bool is_relative = false;  // the immediate is, to the next instruction
    bool has_memory_operand = false;
    bool writes_memory = false;
    bool x87 = false;
    bool touches_other_state = false;
    bool has_vvvv = false;      // else its bits have to be set
    bool takes_segment = true;  // else a prefix of FS or GS means nothing to the operand, as before LEA; Zydis is asked then
    bool operator==(const EncodingRow&) const = default;
};

/// In the table's index of opcodes.
inline constexpr unsigned has_modrm_bit = 1U << 15;

/// One walk over an instruction's bytes. `Table` has
///   bool has_modrm(unsigned map, unsigned opcode)
///   const EncodingRow& row(unsigned map, unsigned opcode, const EncodingVariant&)
template <typename Table>
class EncodingWalk {
public:
    EncodingWalk(std::span<const std::byte> bytes, GuestAddress address, const Table& table, Encoding& result)
        : bytes_(reinterpret_cast<const std::uint8_t*>(bytes.data())),
          available_(bytes.size()),
          address_(address),
          table_(table),
          result_(result) {}

    /// @return false where Zydis is to be asked.
    bool run() {
        if (available_ < longest_instruction_bytes) return false;  // so that nothing below needs to look
        if (!take_prefixes() || !take_opcode()) return false;
        const EncodingRow* row = nullptr;
        if (table_.has_modrm(map_, result_.opcode)) {
            take_modrm();
            variant_.mod3 = mod_ == 3;
            variant_.reg = reg_ & 7;
            row = &table_.row(map_, result_.opcode, variant_);
            if (!row->is_known) return false;
            if (mod_ != 3) take_memory_operand();
        } else {
            row = &table_.row(map_, result_.opcode, variant_);
            if (!row->is_known) return false;
        }
        return apply(*row);
    }

private:
    static constexpr unsigned most_prefixes = 4;

    bool take_prefixes() {
        bool operand_size = false;
        unsigned repeat = 0;
        unsigned other_segments = 0;
        for (;; ++position_) {
            if (position_ > most_prefixes) return false;
            switch (bytes_[position_]) {
                case 0x66:
                    operand_size = true;
                    continue;
                case 0xf2:
                case 0xf3:
                    if (repeat != 0) return false;
                    repeat = bytes_[position_] == 0xf3 ? 2 : 3;
                    continue;
                case 0x26:
                case 0x2e:
                case 0x36:
                case 0x3e:
                    ++other_segments;
                    continue;
                case 0x64:
                case 0x65:
                    if (result_.segment != Segment::ds) return false;
                    result_.segment = bytes_[position_] == 0x64 ? Segment::fs : Segment::gs;
                    continue;
                default:
                    break;
            }
            break;
        }
        if (operand_size && repeat != 0) return false;
        if (result_.segment != Segment::ds && other_segments != 0) return false;
        result_.prefix_bytes = static_cast<std::uint8_t>(position_);
        variant_.prefix = operand_size ? 1 : repeat;
        return true;
    }

    bool take_opcode() {
        const unsigned first = bytes_[position_];
        if (first == 0xc4 || first == 0xc5) return take_vex(first == 0xc4 ? 3 : 2);
        if ((first & 0xf0) == 0x40) {
            result_.rex = static_cast<std::uint8_t>(first);
            variant_.w = (first & 8) != 0;
            r_ = (first & 4) << 1;
            x_ = (first & 2) << 2;
            b_ = (first & 1) << 3;
            ++position_;
        }
        result_.opcode_offset = static_cast<std::uint8_t>(position_);
        map_ = 0;
        if (bytes_[position_] == 0x0f) {
            const unsigned second = bytes_[++position_];
            map_ = second == 0x38 ? 2 : second == 0x3a ? 3 : 1;
            if (map_ != 1) ++position_;
        }
        result_.opcode = bytes_[position_++];
        return true;
    }

    bool take_vex(unsigned size_bytes) {
        if (variant_.prefix != 0) return false;
        const unsigned first = ~static_cast<unsigned>(bytes_[position_ + 1]);
        const unsigned last = bytes_[position_ + size_bytes - 1];
        r_ = first >> 4 & 8;
        unsigned map = 1;
        if (size_bytes == 3) {
            x_ = first >> 3 & 8;
            b_ = first >> 2 & 8;
            map = ~first & 31;
            variant_.w = (last & 0x80) != 0;
        }
        if (map < 1 || map > 3) return false;
        map_ = legacy_maps + map - 1;
        variant_.l = (last & 4) != 0;
        variant_.prefix = last & 3;
        vvvv_ = ~last >> 3 & 15;
        result_.vex_offset = static_cast<std::uint8_t>(position_);
        result_.vex_bytes = static_cast<std::uint8_t>(size_bytes);
        position_ += size_bytes;
        result_.opcode_offset = static_cast<std::uint8_t>(position_);
        result_.opcode = bytes_[position_++];
        return true;
    }

    void take_modrm() {
        const unsigned modrm = bytes_[position_];
        result_.modrm_offset = static_cast<std::uint8_t>(position_++);
        mod_ = modrm >> 6;
        reg_ = (modrm >> 3 & 7) | r_;
        rm_ = modrm & 7;
    }

    /// SDM Vol. 2A, Tables 2-2 and 2-3.
    void take_memory_operand() {
        unsigned displacement_bytes = mod_ == 1 ? 1 : mod_ == 2 ? 4 : 0;
        if (rm_ == 4) {
            const unsigned sib = bytes_[position_];
            result_.sib_offset = static_cast<std::uint8_t>(position_++);
            const unsigned index = (sib >> 3 & 7) | x_;
            if (index != 4) result_.index = static_cast<std::uint8_t>(index);
            if ((sib & 7) == 5 && mod_ == 0) {
                displacement_bytes = 4;
            } else {
                result_.base = static_cast<std::uint8_t>((sib & 7) | b_);
            }
        } else if (rm_ == 5 && mod_ == 0) {
            result_.rip_relative = true;
            displacement_bytes = 4;
        } else {
            result_.base = static_cast<std::uint8_t>(rm_ | b_);
        }
        if (displacement_bytes == 0) return;
        result_.displacement = signed_at(position_, displacement_bytes);
        result_.displacement_offset = static_cast<std::uint8_t>(position_);
        result_.displacement_bytes = static_cast<std::uint8_t>(displacement_bytes);
        position_ += displacement_bytes;
    }

    bool apply(const EncodingRow& row) {
        const bool takes_segment = row.takes_segment && row.has_memory_operand && result_.modrm_offset != 0;
        if (result_.segment != Segment::ds && !takes_segment) return false;
        if (result_.vex_bytes != 0 && !row.has_vvvv && vvvv_ != 0) return false;
        if (row.immediate_bytes != 0) {
            if (row.first_operand == OperandKind::immediate) result_.immediate = signed_at(position_, row.immediate_bytes);
            result_.immediate_offset = static_cast<std::uint8_t>(position_);
            position_ += row.immediate_bytes;
        }
        if (position_ > longest_instruction_bytes) return false;
        result_.length_bytes = static_cast<std::uint8_t>(position_);
        const auto next = static_cast<std::int64_t>((address_ + position_).value());
        if (row.is_relative) result_.immediate += next;
        if (result_.rip_relative) result_.displacement += next;

        result_.mnemonic = row.mnemonic;
        result_.operand_bits = row.operand_bits;
        result_.first_operand = row.first_operand;
        result_.first_operand_is_64_bits = row.first_operand_is_64_bits;
        result_.has_memory_operand = row.has_memory_operand;
        result_.writes_memory = row.writes_memory;
        result_.x87 = row.x87;
        result_.touches_other_state = row.touches_other_state;
        result_.gprs_read = row.implicitly_read;
        result_.gprs_written = row.implicitly_written;
        if (result_.base != no_gpr) result_.gprs_read |= bit(result_.base);
        if (result_.index != no_gpr) result_.gprs_read |= bit(result_.index);
        use(row.reg, reg_, result_.reg);
        use(row.rm, rm_ | b_, result_.rm);
        use(row.opcode_reg, (result_.opcode & 7) | b_, result_.opcode_reg);
        use(row.vvvv, vvvv_, result_.vvvv);
        return true;
    }

    void use(FieldUse use, unsigned number, std::uint8_t& field) {
        if (!use.is_gpr) return;
        const bool high_byte = use.is_byte && result_.rex == 0 && result_.vex_bytes == 0 && number >= 4;
        if (high_byte) {  // its field is not the register's number: it stays as it is
            result_.uses_high_byte = true;
            number -= 4;
        } else {
            field = static_cast<std::uint8_t>(number);
        }
        if (use.is_read) result_.gprs_read |= bit(number);
        if (use.is_written) result_.gprs_written |= bit(number);
    }

    static std::uint16_t bit(unsigned number) { return static_cast<std::uint16_t>(1U << number); }

    [[nodiscard]] std::int64_t signed_at(unsigned position, unsigned size_bytes) const {
        std::uint64_t value = 0;
        std::memcpy(&value, bytes_ + position, size_bytes);
        const unsigned unused_bits = 64 - 8 * size_bytes;
        return static_cast<std::int64_t>(value << unused_bits) >> unused_bits;
    }

    const std::uint8_t* bytes_;
    std::size_t available_;
    GuestAddress address_;
    const Table& table_;
    Encoding& result_;
    EncodingVariant variant_;
    unsigned position_ = 0;
    unsigned map_ = 0;
    unsigned r_ = 0, x_ = 0, b_ = 0;  // extensions, as the 8 that they add
    unsigned mod_ = 0, reg_ = 0, rm_ = 0, vvvv_ = 0;
};

}  // namespace lxr
