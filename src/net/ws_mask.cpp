#include "net/ws_mask.hpp"

#include <openssl/rand.h>

#include <stdexcept>

namespace tickgate::net {

std::uint32_t MaskSource::next() {
    if (left_ == 0) {
        if (RAND_bytes(reinterpret_cast<unsigned char*>(pool_.data()), sizeof pool_) != 1)
            throw std::runtime_error("no random numbers from OpenSSL");
        left_ = pool_.size();
    }
    return pool_[--left_];
}

} // namespace tickgate::net
