// Who gets which stream, and frames made once for all who get them.
#pragma once

#include "binance/venue/session.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tickgate::binance_venue {

// One stream that somebody has.
struct StreamSlot {
    std::string name;
    StreamName parsed;
    std::vector<VenueSession*> sessions; // that really get it: the wrong USD-M path never does
    std::int64_t gap = 0;                // frames to leave out
};

// A WebSocket frame in the four forms in which sessions want it, each made when first needed.
class FrameForms {
public:
    // Begins a new payload; what was made before is void.
    void begin(std::string_view stream_name, bool has_times);
    struct Made {
        std::string_view frame, text;
    };
    // `payload` appends the bare payload, with times in microseconds or milliseconds.
    template <class F>
    Made get(bool combined, bool micros, F&& payload) {
        auto& form = forms_[(combined ? 2u : 0u) + (micros && has_times_ ? 1u : 0u)];
        if (form.bytes.empty()) {
            text_.clear();
            if (combined)
                text_.append(R"({"stream":")").append(stream_).append(R"(","data":)");
            payload(text_, micros);
            if (combined)
                text_.push_back('}');
            encode(form);
        }
        return {form.bytes, std::string_view(form.bytes).substr(form.text_at)};
    }

private:
    struct Form {
        std::string bytes;
        std::size_t text_at = 0;
    };
    void encode(Form& form);

    std::string_view stream_;
    bool has_times_ = false;
    Form forms_[4];
    std::string text_;
};

// The streams of one kind (spot or USD-M).
class StreamHub {
public:
    // Called when a stream gets its first session; the slot lives until the hub does.
    explicit StreamHub(std::function<void(StreamSlot&)> opened) : opened_(std::move(opened)) {}

    void add(VenueSession& session, const std::string& name);
    void remove(VenueSession& session, const std::string& name) noexcept;
    StreamSlot* find(std::string_view name) noexcept;
    void each(const std::function<void(StreamSlot&)>& visit);

    // True if nobody gets the next frame of this stream, for lack of sessions or by a fault. Uses up a gap.
    static bool skips(StreamSlot& slot, const kit::FaultBoard& faults) noexcept {
        if (slot.sessions.empty())
            return true;
        if (slot.gap > 0) {
            --slot.gap;
            return true;
        }
        return faults.any() && faults.silences(slot.parsed.symbol);
    }

    // Frames that nobody may ask for stay bounded: at most so many unknown names are kept.
    static constexpr std::size_t max_slots = 200'000;

private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view s) const noexcept { return std::hash<std::string_view>()(s); }
    };
    std::function<void(StreamSlot&)> opened_;
    std::unordered_map<std::string, std::unique_ptr<StreamSlot>, Hash, std::equal_to<>> slots_;
};

} // namespace tickgate::binance_venue
