// The API's options from the configuration's.
#pragma once

#include "api/api.hpp"
#include "config/config.hpp"

namespace tickgate::app {

api::AccessOptions access_of(const config::Http& http); // also for Api::set_access() after a reload
api::ApiOptions api_options_of(const config::Http& http);

} // namespace tickgate::app
