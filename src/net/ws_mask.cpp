#include "net/ws_mask.hpp"

#include <cerrno>
#include <sys/random.h>
#include <system_error>

namespace tickgate::net {

std::uint32_t MaskSource::next() {
    if (left_ == 0) {
        static_assert(sizeof pool_ <= 256); // the most that getentropy() gives
        if (::getentropy(pool_.data(), sizeof pool_) != 0)
            throw std::system_error(errno, std::generic_category(), "no random numbers from the system");
        left_ = pool_.size();
    }
    return pool_[--left_];
}

} // namespace tickgate::net
